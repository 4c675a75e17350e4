// Package pades knows the PAdES baseline levels of ETSI EN 319 142-1: which CMS, which PDF objects and how much room each level needs. The rules
// of a level live here and nowhere else, so whoever runs a signature asks for a [Plan] and follows it:
//
//	plan, err := pades.NewPlan(pades.BB, cms.Options{…})
//	prepared, err := document.Prepare(ctx, pdfprep.SignOptions{SubFilter: plan.SubFilter, ReservedBytes: plan.ReservedBytes, …})
//	attrs, err := cms.NewSignedAttributes(plan.CMS, documentDigest)
//	der, err := plan.Complete(ctx, attrs, signature, authorities)
//	err = plan.Check(der, documentDigest)                  // on the bytes read back from the finished file
//
// B-B, the adbe.pkcs7.detached form of it, and B-T are made with the signature. B-LT and B-LTA come afterwards, by further updates of the file, and so
// does B-T where a signature has no timestamp: [Extend] does that to any signed file, and renews what is B-LTA.
//
// What a validator needs later is gathered by [Collect]: chains, OCSP responses and revocation lists, each verified. [Verify] is such a
// validator for a whole file and speaks in the words of EN 319 102-1: it reads bytes, and trusts nothing that was known when they were written.
// What it says of one CMS alone, without the file around it, is [Validate].
//
// It never opens a connection itself: it asks a [Fetcher] and a [Timestamper] of the host. It holds no key and knows no signing service. Errors
// are [*Error], *cms.Error or *sigalg.Error, all with a stable code.
package pades
