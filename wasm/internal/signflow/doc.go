// Package signflow puts the steps of signing in their order: the only place where the rooms meet.
//
//	Prepare   each document: open → plan of the level → incremental update with an empty Contents → document digest
//	          → timestamp over it, if wanted → signed attributes → toBeSignedDigest             state: prepared
//	Finish    all documents: one signer call per digest algorithm; each hash is marked before its request leaves
//	                                                                                            state: submitted
//	          each document: SignedData → Embed → reread from bytes and verify                  state: signed, failed or unknown
//
// A few documents are prepared at the same time, and those whose signature came are completed while the next request is on its way. Which
// hashes an authorization covers must be known before it is asked for (CSC §11.6), so no request leaves before all are prepared.
//
// A document that fails at any step carries its own error and never holds up or loses the others. A document whose hash left for the
// service without an answer ends as unknown (OUTCOME_UNKNOWN): the service may have signed, so nothing here asks again.
//
// The package knows the order of steps and nothing else: no HTTP, no JavaScript, no PDF syntax, no CMS structure. It does not read the
// clock or random numbers on its own; both come in by Options. It never holds a whole document: a Source is read in slices and hashed
// by its owner.
package signflow
