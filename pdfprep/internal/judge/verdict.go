package judge

import (
	"fmt"
	"strings"
)

// Outcome of one check.
type Outcome string

const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	NotApplicable Outcome = "not applicable"
	Waived        Outcome = "waived"
	Skipped       Outcome = "skipped" // the judge is not installed
)

// Check is what one judge says about one property.
type Check struct {
	Name    string  `json:"name"` // tool.property
	Outcome Outcome `json:"outcome"`
	Detail  string  `json:"detail,omitempty"`
}

// Verdict is everything the judges said about one pair.
type Verdict struct {
	Original string  `json:"original"`
	Signed   string  `json:"signed"`
	OK       bool    `json:"ok"`
	Checks   []Check `json:"checks"`
}

// Err is nil if the verdict is OK; otherwise it lists the failed checks.
func (v *Verdict) Err() error {
	if v.OK {
		return nil
	}
	var b strings.Builder
	for _, c := range v.Checks {
		if c.Outcome == Fail {
			fmt.Fprintf(&b, "\n  %s: %s", c.Name, c.Detail)
		}
	}
	if b.Len() == 0 {
		b.WriteString("\n  no outside judge accepted a new signature")
	}
	return fmt.Errorf("%s is rejected:%s", v.Signed, b.String())
}

// Outcome of the named check: a failure if it was made several times and failed once, empty if it was not made.
func (v *Verdict) Outcome(name string) Outcome {
	var o Outcome
	for _, c := range v.Checks {
		if c.Name == name && o != Fail {
			o = c.Outcome
		}
	}
	return o
}

// decide sets OK. Structure and rendering alone prove no signature, so one judge of signatures must have passed it.
func (v *Verdict) decide() {
	v.OK = false
	for _, c := range v.Checks {
		if c.Outcome == Fail {
			v.OK = false
			return
		}
		if c.Outcome == Pass && (c.Name == "pdfsig.valid" || c.Name == "openssl.cms" || c.Name == "pyhanko.integrity") {
			v.OK = true
		}
	}
}

// collector gathers checks and applies waivers.
type collector struct {
	waive  map[string]string
	checks []Check
}

func (c *collector) add(name string, o Outcome, detail string) {
	if why, ok := c.waive[name]; ok && o == Fail {
		o, detail = Waived, why+"; "+detail
	}
	if len(detail) > 600 {
		detail = detail[:600] + "…"
	}
	c.checks = append(c.checks, Check{Name: name, Outcome: o, Detail: detail})
}

// hold adds a pass or a failure; problem says what is wrong.
func (c *collector) hold(name string, ok bool, problem string) {
	if ok {
		c.add(name, Pass, "")
	} else {
		c.add(name, Fail, problem)
	}
}
