package main

import (
	"crypto/rand"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"runexp/internal/ui"
)

func uiCommand(s *streams) *cobra.Command {
	var dir, addr string
	var open, withToken bool
	cmd := &cobra.Command{
		Use: "ui", Short: "Serve a local, read-only page over the results until Ctrl-C", Args: exactly(0),
		Long: "The page shows experiments, comparison tables to sort and filter, figures, runs with their curves and the rows they got\n" +
			"wrong, two runs side by side, and the reports. It never writes, and shows what a running experiment recorded on reload.\n" +
			"It is reached from this machine alone. Another -addr lets the network in and needs -token: a secret made for this call,\n" +
			"part of the address that is printed. The connection is not encrypted.",
		Example: "  runexp ui\n  runexp ui -results results -addr 127.0.0.1:8080 -open\n  runexp ui -addr 0.0.0.0:8080 -token",
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !ui.Loopback(addr) && !withToken:
				return usage("-addr %s: the network would reach the page; add -token, or use 127.0.0.1 or ::1", addr)
			case open && withToken:
				return usage("-open and -token exclude each other: other users would see the token among the browser's arguments")
			}
			ctx, stop := withSignals(cmd.Context())
			defer stop()
			l, err := ui.Listen(ctx, addr)
			if err != nil {
				return usage("%v", err)
			}
			database, token, query := filepath.Join(dir, "runexp.db"), "", ""
			if withToken {
				token = rand.Text()
				query = "?token=" + token
			}
			page := "http://" + shownAddress(l.Addr(), addr) + "/" + query
			printf(s.out, "%s shows %s; Ctrl-C ends it\n", page, database)
			if open {
				if err := browse(page); err != nil {
					printf(s.err, "runexp: warning: %v\n", err)
				}
			}
			return ui.Serve(ctx, l, database, addr, token)
		},
	}
	cmd.Flags().StringVar(&dir, "results", "results", "folder of the database")
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:0", "address and port to serve on; port 0 is any that is free")
	cmd.Flags().BoolVar(&open, "open", false, "open the page in a browser")
	cmd.Flags().BoolVar(&withToken, "token", false, "ask readers for a secret that is made for this call")
	return cmd
}

// shownAddress is what to type: the name that was asked for, with the port that
// was given; an address of all interfaces is reached as localhost from here.
func shownAddress(at net.Addr, asked string) string {
	_, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return at.String()
	}
	host, _, err := net.SplitHostPort(asked)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// browse asks the desktop to show a page.
func browse(page string) error {
	opener := "xdg-open"
	if runtime.GOOS == "darwin" {
		opener = "open"
	}
	cmd := exec.Command(opener, page)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open a browser: %w", err)
	}
	go cmd.Wait() // whether the desktop could is its own affair
	return nil
}
