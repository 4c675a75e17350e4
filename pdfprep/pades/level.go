package pades

// Level is a baseline level of EN 319 142-1 6, in the form users write it.
type Level string

const (
	BB   Level = "B-B"   // a signature
	BT   Level = "B-T"   // and a proof of its time
	BLT  Level = "B-LT"  // and the certificates and revocation data to judge it
	BLTA Level = "B-LTA" // and a timestamp over all that
)

// ParseLevel reads a level; "" is B-B.
func ParseLevel(s string) (Level, error) {
	switch l := Level(s); l {
	case "":
		return BB, nil
	case BB, BT, BLT, BLTA:
		return l, nil
	}
	return "", &Error{Code: InvalidArgument, Msg: "unknown level", Details: map[string]any{"level": s}}
}
