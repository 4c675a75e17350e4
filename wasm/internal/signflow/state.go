package signflow

// State is where a document stands on its way. It only moves forward.
type State string

// The states. Signed, Failed and Unknown are final.
const (
	Prepared  State = "prepared"  // its hash is known, nothing left the page
	Submitted State = "submitted" // its hash left for the service
	Signed    State = "signed"    // finished and verified
	Failed    State = "failed"    // ended by an error; no signature was made, or the one made was refused
	Unknown   State = "unknown"   // submitted, and the answer was lost: the service may have signed
)

// Phase names a step for progress reports.
type Phase string

// The phases, in the order in which a document meets them.
const (
	PhaseOpen      Phase = "open"
	PhasePrepare   Phase = "prepare"
	PhaseHash      Phase = "hash"
	PhaseAuthorize Phase = "authorize"
	PhaseSign      Phase = "sign"
	PhaseAssemble  Phase = "assemble"
	PhaseVerify    Phase = "verify"
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

// Observer receives events on the goroutine that does the work; it must return soon.
type Observer func(Event)
