package csctest

import (
	"fmt"
	"strings"
)

// evaluate computes an auth.expression (v2 §11.5): object ids joined by AND,
// OR, XOR and parentheses. AND binds tighter than XOR, XOR tighter than OR.
// The empty expression is true.
func evaluate(expression string, has func(id string) bool) (bool, error) {
	spaced := strings.NewReplacer("(", " ( ", ")", " ) ").Replace(expression)
	e := &evaluator{words: strings.Fields(spaced), has: has}
	if len(e.words) == 0 {
		return true, nil
	}
	v := e.binary(0)
	if e.err == nil && len(e.words) > 0 {
		e.err = fmt.Errorf("csctest: expression %q goes on after its end", expression)
	}
	return v, e.err
}

type evaluator struct {
	words []string
	has   func(string) bool
	depth int
	err   error
}

func (e *evaluator) binary(level int) bool {
	operators := []string{"OR", "XOR", "AND"}
	if level == len(operators) {
		return e.operand()
	}
	v := e.binary(level + 1)
	for len(e.words) > 0 && e.words[0] == operators[level] {
		e.words = e.words[1:]
		w := e.binary(level + 1)
		switch level {
		case 0:
			v = v || w
		case 1:
			v = v != w
		default:
			v = v && w
		}
	}
	return v
}

func (e *evaluator) operand() bool {
	if len(e.words) == 0 || e.depth > 50 {
		e.err = fmt.Errorf("csctest: expression is cut short or nested too deeply")
		e.words = nil
		return false
	}
	w := e.words[0]
	e.words = e.words[1:]
	if w != "(" {
		return e.has(w)
	}
	e.depth++
	v := e.binary(0)
	e.depth--
	if len(e.words) == 0 || e.words[0] != ")" {
		e.err = fmt.Errorf("csctest: expression lacks a closing parenthesis")
		return false
	}
	e.words = e.words[1:]
	return v
}
