package csctest

import "net/http"

// phoneEntry is one thing the user's phone shows.
type phoneEntry struct {
	Credential, Code, ID string
	Signatures           int
}

// PhoneURL is a web page that stands for the user's phone: one-time codes and
// questions to approve. Demos link to it.
func (s *Server) PhoneURL() string { return s.URL + "/phone" }

func (s *Server) servePhone(x *exchange) {
	if x.http.Method == http.MethodPost {
		form, p := readForm(x)
		if p != nil {
			s.errorPage(x, http.StatusBadRequest, p.text)
			return
		}
		s.mu.Lock()
		for _, a := range s.approvals {
			if a.id == form.Get("id") {
				a.settle(form.Get("decision") == "allow")
			}
		}
		s.mu.Unlock()
		x.response.header.Set("Location", s.PhoneURL())
		x.response.status = http.StatusSeeOther
		return
	}
	d := pageData{Title: "Demo phone", Action: s.base + "/phone"}
	s.mu.Lock()
	for _, k := range s.order {
		if k.otp != "" {
			d.Codes = append(d.Codes, phoneEntry{Credential: k.spec.Name, Code: k.otp})
		} else if k.spec.OTP == OTPOffline {
			d.Codes = append(d.Codes, phoneEntry{Credential: k.spec.Name, Code: k.spec.OTPValue})
		}
	}
	for _, a := range s.approvals {
		if !a.settled {
			d.Questions = append(d.Questions, phoneEntry{
				Credential: a.auth.credential.spec.Name, ID: a.id, Signatures: a.auth.left,
			})
		}
	}
	s.mu.Unlock()
	x.response.header.Set("Refresh", "3")
	s.render(x, http.StatusOK, phoneTemplate, d)
}
