package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"hashout/csc/csctest"
)

// page serves the portal: an allowed set of files, and config.json.
type page struct {
	files   http.Handler
	config  []byte
	headers map[string]string
}

// contentTypes is complete for what is served, so that nothing depends on the
// MIME table of the machine.
var contentTypes = map[string]string{
	".bcmap": "application/octet-stream",
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".icc":   "application/octet-stream",
	".js":    "text/javascript; charset=utf-8",
	".mjs":   "text/javascript; charset=utf-8",
	".map":   "application/json",
	".pdf":   "application/pdf",
	".pfb":   "application/octet-stream",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".wasm":  "application/wasm",
}

func newPage(root string, said announcement, service *csctest.Server) (*page, error) {
	origin, err := originOf(said.Service)
	if err != nil {
		return nil, err
	}
	config := map[string]any{"name": origin, "service": said.Service}
	if service != nil {
		config["name"] = "Test signing service"
		config["trust"] = string(service.RootPEM())
		config["oauth"] = map[string]string{"clientID": csctest.DemoClient().ID}
		config["demo"] = map[string]string{"user": said.User, "password": said.Password, "pin": said.PIN, "phone": said.Phone}
	}
	body, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	serve := func(pattern, dir string) {
		prefix := strings.TrimSuffix(pattern, "{file}")
		mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
			file := path.Base(strings.TrimPrefix(r.URL.Path, prefix))
			if r.URL.Path == "/" {
				file = "index.html"
			}
			kind, known := contentTypes[path.Ext(file)]
			if !known {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", kind)
			http.ServeFile(w, r, filepath.Join(root, filepath.FromSlash(dir), file))
		})
	}
	// One level deep each: neither tests nor node_modules can be reached.
	serve("/{$}", "web")
	serve("/{file}", "web")
	serve("/app/{file}", "web/app")
	serve("/samples/{file}", "web/samples")
	serve("/hashout/{file}", "js/dist")
	// pdf.js, which shows the pages on which a signature is placed.
	serve("/pdfjs/{file}", "web/node_modules/pdfjs-dist/legacy/build")
	for _, folder := range []string{"cmaps", "iccs", "standard_fonts", "wasm"} {
		serve("/pdfjs/"+folder+"/{file}", "web/node_modules/pdfjs-dist/"+folder)
	}
	return &page{files: mux, config: body, headers: securityHeaders(origin)}, nil
}

func originOf(service string) (string, error) {
	u, err := url.Parse(service)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("-service %q is not an http address", service)
	}
	return u.Scheme + "://" + u.Host, nil
}

// securityHeaders is what a portal should send too. The page works under the
// strictest policy that still allows it to do its work: no inline code, one
// foreign origin, Trusted Types with the policy of the package and that of the
// page, which starts the worker of pdf.js.
func securityHeaders(serviceOrigin string) map[string]string {
	policy := []string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"style-src 'self'",
		"img-src 'self' blob: data:",
		"worker-src 'self'",
		"connect-src 'self' " + serviceOrigin,
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types hashout portal",
	}
	return map[string]string{
		"Content-Security-Policy": strings.Join(policy, "; "),
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
		"Permissions-Policy":      "camera=(), geolocation=(), microphone=()",
		"Cache-Control":           "no-cache", // a rebuilt package must show at once
	}
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range p.headers {
		w.Header().Set(name, value)
	}
	if r.URL.Path == "/config.json" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(p.config)
		return
	}
	p.files.ServeHTTP(w, r)
}
