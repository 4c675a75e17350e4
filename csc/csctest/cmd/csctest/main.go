package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"hashout/csc/csctest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, flag.Args()); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, "csctest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, command []string) error {
	server, err := csctest.New(csctest.Options{Addr: addr})
	if err != nil {
		return err
	}
	defer server.Close()
	if err := server.Warm(); err != nil {
		return err
	}
	token := server.AccessToken()
	if len(command) == 0 {
		err := json.NewEncoder(os.Stdout).Encode(map[string]string{"service": server.URL, "token": token, "rootPEM": string(server.RootPEM())})
		<-ctx.Done()
		return err
	}
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = append(os.Environ(), "HASHOUT_SERVICE="+server.URL, "HASHOUT_TOKEN="+token)
	return c.Run()
}
