package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"hashout/csc/csctest"
)

type flags struct {
	addr, serviceAddr string
	root              string
	service           string
	open, json        bool
	testControl       bool
}

func main() {
	var f flags
	flag.StringVar(&f.addr, "addr", "127.0.0.1:8443", "address of the page; a free port is taken when this one is busy")
	flag.StringVar(&f.serviceAddr, "service-addr", "127.0.0.1:8444", "address of the test signing service; likewise")
	flag.StringVar(&f.root, "root", ".", "top folder of the repository")
	flag.StringVar(&f.service, "service", "", "use this CSC service (https://…/csc/v1) instead of the built-in one")
	flag.BoolVar(&f.open, "open", false, "open the page in the default browser")
	flag.BoolVar(&f.json, "json", false, "print one line of JSON instead of words")
	flag.BoolVar(&f.testControl, "test-control", false, "serve /test-control/: faults and request logs, for tests")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "devserver:", err)
		os.Exit(1)
	}
}

// announcement is what a visitor or a test has to know.
type announcement struct {
	URL      string `json:"url"`
	Service  string `json:"service"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	PIN      string `json:"pin,omitempty"`
	OTP      string `json:"otp,omitempty"`
	Phone    string `json:"phone,omitempty"` // page that stands for the user's phone
	RootPEM  string `json:"rootPEM,omitempty"`
}

// run serves until ctx ends.
func run(ctx context.Context, f flags, out io.Writer) error {
	if _, err := os.Stat(filepath.Join(f.root, "web", "index.html")); err != nil {
		return fmt.Errorf("no web/index.html below %q: start from the top folder of the repository, or give -root", f.root)
	}
	pageListener, err := listen(f.addr)
	if err != nil {
		return err
	}
	defer pageListener.Close()
	said := announcement{URL: "http://" + pageListener.Addr().String() + "/", Service: f.service}
	var service *csctest.Server
	if f.service == "" {
		var forget func()
		if service, forget, err = startService(f.serviceAddr, &said); err != nil {
			return err
		}
		defer forget()
	}
	page, err := newPage(f.root, said, service)
	if err != nil {
		return err
	}
	var handler http.Handler = page
	if f.testControl {
		handler = newControl(page, service)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(pageListener) }()
	if err := say(out, f, said); err != nil {
		return err
	}
	if f.open {
		openBrowser(ctx, said.URL)
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// startService starts the test service and writes its root certificate to a
// file for outside verifiers. forget ends both.
func startService(addr string, said *announcement) (s *csctest.Server, forget func(), err error) {
	l, err := listen(addr)
	if err != nil {
		return nil, nil, err
	}
	// csctest opens the address itself; between the two calls somebody else
	// could take the port, and then the start fails with a plain message.
	addr = l.Addr().String()
	l.Close()
	if s, err = csctest.New(csctest.Options{Addr: addr}); err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "hashout-demo-")
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	said.RootPEM = filepath.Join(dir, "root.pem")
	if err := os.WriteFile(said.RootPEM, s.RootPEM(), 0o644); err != nil {
		s.Close()
		return nil, nil, err
	}
	go func() { _ = s.Warm() }() // the keys are ready before the first login; a failure shows there
	user := csctest.DemoUser()
	said.Service, said.User, said.Password, said.PIN = s.ServiceURL("v1"), user.Name, user.Password, csctest.DemoPIN
	said.OTP, said.Phone = csctest.DemoOTP, s.PhoneURL()
	return s, func() {
		s.Close()
		_ = os.RemoveAll(dir)
	}, nil
}

// listen opens addr, or a free port of the same host when addr is taken.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, splitErr := net.SplitHostPort(addr)
		if splitErr != nil {
			return nil, err
		}
		return net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	return l, err
}

func say(out io.Writer, f flags, a announcement) error {
	if f.json {
		return json.NewEncoder(out).Encode(a)
	}
	text := fmt.Sprintf("\n  hashout demo    %s\n  service         %s\n", a.URL, a.Service)
	if a.User != "" {
		text += fmt.Sprintf("  log in with     user %s, password %s\n  PIN             %s\n  codes appear at %s\n  root            %s\n", a.User, a.Password, a.PIN, a.Phone, a.RootPEM)
	}
	_, err := fmt.Fprintf(out, "%s\n  Ctrl-C stops both.\n\n", text)
	return err
}

// openBrowser asks the system for its browser; without one the printed address
// has to do.
func openBrowser(ctx context.Context, url string) {
	command := map[string][]string{
		"darwin":  {"open", url},
		"windows": {"rundll32", "url.dll,FileProtocolHandler", url},
	}[runtime.GOOS]
	if command == nil {
		command = []string{"xdg-open", url}
	}
	_ = exec.CommandContext(ctx, command[0], command[1:]...).Start()
}
