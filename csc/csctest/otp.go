package csctest

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
)

// sendOTP is v1 §11.8. In v2 getChallenge takes its place.
func (s *Server) sendOTP(c *call) (*reply, *problem) {
	k := c.credential()
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	if k.spec.OTP != OTPOnline {
		return nil, refuse("Invalid parameter credentialID: it has no online OTP")
	}
	if p := s.newOTP(k); p != nil {
		return nil, p
	}
	return noContent(), nil
}

// getChallenge is v2 §11.8.
func (s *Server) getChallenge(c *call) (*reply, *problem) {
	k := c.credential()
	id := c.id("authObjectID")
	c.text("lang", false)
	c.clientData()
	if p := c.finish(); p != nil {
		return nil, p
	}
	if id != "OTP" || k.spec.OTP != OTPOnline {
		return nil, refuse("Invalid parameter authObjectID")
	}
	if p := s.newOTP(k); p != nil {
		return nil, p
	}
	if s.opts.Dialect.ChallengeInAnswer {
		return ok(map[string]any{"challenge": "Type the code that the phone shows"}), nil
	}
	return noContent(), nil
}

// newOTP puts a fresh password in force and the one before out of it.
func (s *Server) newOTP(k *credential) *problem {
	otp := k.spec.OTPValue
	if otp == "" {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return &problem{http.StatusInternalServerError, serverError, err.Error()}
		}
		otp = fmt.Sprintf("%06d", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.wrongOTP >= s.opts.MaxWrongFactors {
		return refuse("OTP locked")
	}
	k.otp = otp
	return nil
}

// OTP is the one-time password that the user of a credential would read off
// the phone now; empty when there is none.
func (s *Server) OTP(credentialID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.creds[credentialID]
	switch {
	case k == nil:
		return ""
	case k.spec.OTP == OTPOffline:
		return k.spec.OTPValue
	}
	return k.otp
}
