package judge

import (
	"context"
	"fmt"
)

// Opinion is what pyHanko thinks of one signature in a file that need not be ours.
type Opinion struct {
	Field     string
	ByteRange [4]int64
	Intact    bool // digest and value hold
	Accepted  bool // that, trusted, and nothing suspicious happened afterwards
	Why       string
}

// PyHanko asks pyHanko about every signature of a file. ok is false when it is not installed; the error is its refusal of the file.
func (j *Judge) PyHanko(ctx context.Context, path, password string) (opinions []Opinion, ok bool, err error) {
	if j.absent["pyhanko"] {
		return nil, false, nil
	}
	answer, err := j.python.ask(ctx, map[string]any{"original": "", "signed": path, "password": password, "roots": j.roots, "level": ""})
	if err != nil {
		return nil, true, err
	}
	for _, text := range []string{answer.Error, answer.Signed.Error} {
		if text != "" {
			return nil, true, fmt.Errorf("pyHanko: %s", text)
		}
	}
	for _, s := range answer.Signed.Signatures {
		opinions = append(opinions, Opinion{
			Field: s.Field, ByteRange: s.Range, Intact: s.Error == "" && s.Intact && s.Valid,
			Accepted: s.Error == "" && s.Intact && s.Valid && s.Trusted && s.DocMDP && s.Modification != "OTHER",
			Why:      fmt.Sprintf("intact %v, valid %v, trusted %v, DocMDP %v, %s %s %s", s.Intact, s.Valid, s.Trusted, s.DocMDP, s.Modification, s.Why, s.Error),
		})
	}
	return opinions, true, nil
}
