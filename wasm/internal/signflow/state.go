package signflow

import (
	"context"

	"hashout/pdfprep/pades"
)

// State is where a document stands on its way. It only moves forward.
type State string

// The states. Signed, Failed and Unknown are final. A document may carry an error and yet be Prepared (its hash never left) or Received
// (its signature is there): then it can be tried again.
const (
	Prepared  State = "prepared"  // its hash is known, nothing left the page
	Submitted State = "submitted" // its hash left for the service
	Received  State = "received"  // its signature came back and is good; it is not yet in the document
	Signed    State = "signed"    // finished and verified
	Failed    State = "failed"    // ended by an error; no signature was made, or the one made was refused
	Unknown   State = "unknown"   // submitted, and the answer was lost: the service may have signed
)

// Change is a new state of one document, with its signature value if it is Received.
type Change struct {
	Document  int    `json:"document"`
	State     State  `json:"state"`
	Signature []byte `json:"signature,omitempty"`
}

// Hooks follow a batch through Finish. Each may be nil.
type Hooks struct {
	// Keep must have kept the changes for good when it returns. Of Submitted it is told before the request leaves, and its error keeps the
	// request from leaving; of Received as soon as the answer is there, and then its error changes nothing.
	Keep func(ctx context.Context, changes []Change) error
	// Deliver is given each document as it ends.
	Deliver func(document int, r Result)
	// Extend says who helps with levels above B-B: Authorities, Collect with its Now, Random. The rest of it is filled in here.
	Extend pades.ExtendOptions
}

// Phase names a step for progress reports.
type Phase string

// The phases, in the order in which a document meets them.
const (
	PhaseOpen      Phase = "open"
	PhasePrepare   Phase = "prepare"
	PhaseHash      Phase = "hash"
	PhaseTimestamp Phase = "timestamp" // over the document, before it is signed
	PhaseAuthorize Phase = "authorize"
	PhaseSign      Phase = "sign"
	PhaseAssemble  Phase = "assemble"
	PhaseVerify    Phase = "verify"
	PhaseExtend    Phase = "extend" // to a level above B-T
	PhaseDone      Phase = "done"
	PhaseFailed    Phase = "failed"
)

// Event reports that a document (by index; -1 for the batch) entered a phase. Done counts the documents that have left the phase
// or, for PhaseDone and PhaseFailed, that are finished; Total is the size of the batch.
type Event struct {
	Document    int
	Phase       Phase
	Done, Total int
}

// Observer receives events one after the other, on the goroutine that does the work; it must return soon.
type Observer func(Event)
