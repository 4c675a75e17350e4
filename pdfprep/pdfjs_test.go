package pdfprep_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"
)

// pdfjsHome is the pdf.js that the portal shows pages with.
const pdfjsHome = "../web/node_modules/pdfjs-dist"

// chromium finds the browser under the names that .ci/setup takes for it, or where CHROMIUM says.
func chromium() (path string, err error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium")
}

// drawByPDFJS has pdf.js, in headless Chromium, draw the first page of each file into its place in outs. With forms it draws as viewers do
// that show the fields of forms by elements of the page (Firefox): the signature must then be on the canvas all the same.
func drawByPDFJS(t *testing.T, forms bool, pdfs, outs []string) {
	t.Helper()
	browser, err := chromium()
	if err == nil {
		_, err = os.Stat(pdfjsHome)
	}
	if err != nil {
		missing(t, err)
	}
	mode := "ENABLE"
	if forms {
		mode = "ENABLE_FORMS"
	}
	var (
		mux  http.ServeMux
		over = make(chan string, 1)
	)
	mux.Handle("GET /pdfjs/", http.StripPrefix("/pdfjs/", http.FileServer(http.Dir(pdfjsHome))))
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, pdfjsPage, len(pdfs), float64(lookDPI)/72, mode)
	})
	for i := range pdfs {
		mux.HandleFunc(fmt.Sprintf("GET /%d", i), func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, pdfs[i]) })
		mux.HandleFunc(fmt.Sprintf("POST /%d", i), func(_ http.ResponseWriter, r *http.Request) {
			data, err := io.ReadAll(r.Body)
			if err == nil {
				err = os.WriteFile(outs[i], data, 0o600)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	mux.HandleFunc("POST /over", func(_ http.ResponseWriter, r *http.Request) {
		said, _ := io.ReadAll(r.Body)
		over <- string(said)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// The browser ends when the page is loaded, and that waits for this picture.
	mux.HandleFunc("GET /loaded", func(http.ResponseWriter, *http.Request) {
		select {
		case said := <-over:
			if said != "" {
				t.Errorf("pdf.js: %s", said)
			}
		case <-ctx.Done():
		}
	})
	server := httptest.NewServer(&mux)
	defer server.Close()
	said, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", server.URL+"/page").CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, said)
	}
}

// pdfjsPage draws the files 0 to n and sends their pictures to where the files come from.
const pdfjsPage = `<!doctype html><img src="/loaded"><script type="module">
const [n, scale, mode] = [%d, %g, %q]
async function work() {
  const pdfjs = await import("/pdfjs/build/pdf.min.mjs")
  pdfjs.GlobalWorkerOptions.workerSrc = "/pdfjs/build/pdf.worker.min.mjs"
  for (let i = 0; i < n; i++) {
    const task = pdfjs.getDocument({ url: "/" + i, useSystemFonts: false, standardFontDataUrl: "/pdfjs/standard_fonts/", cMapUrl: "/pdfjs/cmaps/" })
    const page = await (await task.promise).getPage(1)
    const viewport = page.getViewport({ scale })
    const canvas = document.createElement("canvas")
    canvas.width = Math.round(viewport.width)
    canvas.height = Math.round(viewport.height)
    await page.render({ canvas, viewport, annotationMode: pdfjs.AnnotationMode[mode] }).promise
    await fetch("/" + i, { method: "POST", body: await new Promise((resolve) => canvas.toBlob(resolve)) })
    await task.destroy()
  }
}
work().then(() => "", String).then((said) => fetch("/over", { method: "POST", body: said }))
</script>`

// missing skips loudly what cannot be done here; in CI that is a failure.
func missing(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skipf("SKIPPED: %v, so nobody looks at the appearances; run .ci/setup and make web/node_modules/.installed", err)
}
