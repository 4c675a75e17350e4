package csctest

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A browser sends a preflight for every API call, because of the JSON content
// type and of Authorization, and never authenticates it (Fetch standard,
// CORS-preflight fetch). The authorize page takes part in no CORS at all: it
// is navigated to.

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
		r.Header.Get("Access-Control-Request-Method") != ""
}

func (s *Server) setCORS(h http.Header, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, s.base)
	if strings.HasSuffix(path, "/oauth2/authorize") || path == "/phone" {
		return
	}
	if s.opts.PKIWithoutCORS && (isPKI(strings.TrimPrefix(path, "/")) || strings.HasPrefix(path, "/ocsp/")) {
		return
	}
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); s.originAllowed(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate")
	}
}

func (s *Server) preflight(resp *response, r *http.Request) {
	if resp.header.Get("Access-Control-Allow-Origin") == "" {
		resp.text(http.StatusForbidden, "origin not allowed")
		return
	}
	resp.header.Set("Access-Control-Allow-Methods", "GET, POST")
	resp.header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	resp.header.Set("Access-Control-Max-Age", "600")
	resp.status = http.StatusNoContent
}

func (s *Server) originAllowed(origin string) bool {
	if origin == "" || origin == "null" {
		return false
	}
	if s.opts.AllowedOrigins != nil {
		return slices.Contains(s.opts.AllowedOrigins, origin)
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
