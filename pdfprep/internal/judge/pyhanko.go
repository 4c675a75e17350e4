package judge

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

//go:embed verify.py
var program string

// pyhankoTimeout is longer than the other tools' have: the difference analysis reads every object.
const pyhankoTimeout = 3 * time.Minute

type pySignature struct {
	Field, Type, SubFilter string
	Range                  [4]int64
	Intact, Valid, Trusted bool
	Coverage, Modification string
	DocMDP                 bool
	Seed, Timestamp        *bool
	Profile                []string
	Level, Why, Error      string
	Widget                 *placement
}

// placement is where a signature shows, in the units of the page.
type placement struct {
	Page              int
	Rect, Media, Crop [4]float64
	Rotate            int
	Unit              float64
}

type pyDocument struct {
	Error      string
	Revisions  int
	Signatures []pySignature
}

type pyAnswer struct {
	Error            string
	Original, Signed pyDocument
	Objects          struct {
		Error    string
		Problems []string
	}
}

// pyhanko returns where the new signatures show; nil when it cannot say.
func (j *Judge) pyhanko(ctx context.Context, col *collector, c Case, news []signature) []placement {
	if !j.have(col, "pyhanko.integrity", "pyhanko") {
		return nil
	}
	answer, err := j.python.ask(ctx, map[string]any{"original": c.Original, "signed": c.Signed, "password": c.Password, "roots": j.roots, "level": c.Level})
	switch {
	case err != nil:
		col.add("pyhanko.integrity", Fail, err.Error())
		return nil
	case answer.Error != "":
		col.add("pyhanko.integrity", Fail, answer.Error)
		return nil
	case answer.Original.Error != "" && answer.Signed.Error != "":
		col.add("pyhanko.integrity", NotApplicable, "pyHanko cannot read the original: "+answer.Original.Error)
		return nil
	case answer.Signed.Error != "":
		col.add("pyhanko.integrity", Fail, answer.Signed.Error)
		return nil
	}
	at := map[[4]int64]pySignature{}
	for _, s := range answer.Signed.Signatures {
		at[s.Range] = s
	}
	col.hold("pyhanko.earlier", len(answer.lost(at)) == 0, strings.Join(answer.lost(at), "; "))
	shown := []placement{}
	for i, s := range news {
		got, ok := at[s.byteRange]
		if !ok {
			col.add("pyhanko.integrity", Fail, "the new signature is not found")
			continue
		}
		if got.Error != "" {
			col.add("pyhanko.integrity", Fail, got.Error)
			continue
		}
		got.judge(col, c, i == len(news)-1)
		if got.Widget != nil {
			shown = append(shown, *got.Widget)
		}
	}
	if answer.Objects.Error != "" {
		col.add("pyhanko.objects", NotApplicable, answer.Objects.Error)
	} else {
		col.hold("pyhanko.objects", len(answer.Objects.Problems) == 0, strings.Join(answer.Objects.Problems, "; "))
	}
	return shown
}

func (s *pySignature) judge(col *collector, c Case, last bool) {
	col.hold("pyhanko.integrity", s.Intact && s.Valid && s.DocMDP, fmt.Sprintf("intact %v, valid %v, DocMDP %v %s", s.Intact, s.Valid, s.DocMDP, s.Why))
	col.hold("pyhanko.trust", s.Trusted, "no path to the given roots")
	if last && !c.laterUpdate() {
		col.hold("pyhanko.coverage", s.Coverage == "ENTIRE_FILE", s.Coverage)
	} else {
		col.hold("pyhanko.coverage", s.Coverage == "ENTIRE_FILE" || s.Coverage == "ENTIRE_REVISION" && s.Modification != "OTHER", s.Coverage+" "+s.Modification)
	}
	if s.SubFilter == "ETSI.CAdES.detached" {
		col.hold("pyhanko.profile", len(s.Profile) == 0, strings.Join(s.Profile, "; "))
	}
	if s.Seed != nil {
		col.hold("pyhanko.seed", *s.Seed, "the seed values of the field are not obeyed")
	}
	if s.Timestamp != nil {
		col.hold("pyhanko.timestamp", *s.Timestamp, "the signature timestamp is not valid or not trusted")
	}
	if c.Level != "" && s.Type != "DocTimeStamp" {
		// Levels sort as their names do up to B-T, and B-LT sorts before B-T: compare by rank.
		rank := map[string]int{"B-B": 1, "B-T": 2, "B-LT": 3, "B-LTA": 4}
		col.hold("pyhanko.level", rank[s.Level] >= rank[c.Level], fmt.Sprintf("reaches %q, not %q", s.Level, c.Level))
	}
}

// lost lists earlier signatures that pyHanko judges worse than in the original.
func (a *pyAnswer) lost(at map[[4]int64]pySignature) []string {
	var out []string
	for _, old := range a.Original.Signatures {
		now, ok := at[old.Range]
		switch {
		case !ok:
			out = append(out, old.Field+" is gone")
		case old.Error != "":
		case now.Error != "":
			out = append(out, old.Field+": "+now.Error)
		case old.Intact && !now.Intact, old.Valid && !now.Valid:
			out = append(out, old.Field+" is broken")
		case old.DocMDP && !now.DocMDP:
			out = append(out, old.Field+": its permissions are violated "+now.Why)
		case old.Modification != "OTHER" && now.Modification == "OTHER":
			out = append(out, old.Field+": suspicious modification "+now.Why)
		}
	}
	return out
}

// python is one long-lived interpreter, started when first asked: it takes longer to start than to judge.
type python struct {
	interpreter string

	mu     sync.Mutex
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

// ask sends one question. When the answer does not come the interpreter is replaced, so that no file harms the next.
func (p *python) ask(ctx context.Context, question any) (*pyAnswer, error) {
	b, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		if err := p.start(); err != nil {
			return nil, err
		}
	}
	type reply struct {
		line []byte
		err  error
	}
	ch := make(chan reply, 1)
	stdin, stdout := p.stdin, p.stdout
	go func() {
		if _, err := stdin.Write(append(b, '\n')); err != nil {
			ch <- reply{err: err}
			return
		}
		line, err := stdout.ReadBytes('\n')
		ch <- reply{line, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, pyhankoTimeout)
	defer cancel()
	select {
	case r := <-ch:
		var a pyAnswer
		if r.err == nil {
			r.err = json.Unmarshal(r.line, &a)
		}
		if r.err != nil {
			p.stop()
			return nil, fmt.Errorf("pyHanko died: %w", r.err)
		}
		return &a, nil
	case <-ctx.Done():
		p.stop()
		return nil, errors.Join(errors.New("pyHanko did not answer"), ctx.Err())
	}
}

func (p *python) start() error {
	cmd := exec.Command(p.interpreter, "-I", "-c", program)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.stdin, p.stdout = cmd, stdin, bufio.NewReader(stdout)
	return nil
}

func (p *python) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.cmd = nil
}

func (p *python) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
}
