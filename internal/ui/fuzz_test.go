package ui

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// FuzzGuard sends requests with any Host, Origin and path: only one that names
// this server, letter case aside, reaches the pages, and with an origin only
// its own.
func FuzzGuard(f *testing.F) {
	f.Add("localhost:8080", "", "/", false)
	f.Add("LOCALHOST:8080", "http://localhost:8080", "/run?id=1", false)
	f.Add("[::1]:8080", "http://evil.example", "/", true)
	f.Add("10.1.2.3:8080", "null", "/%2e%2e/", true)
	f.Add("local\u017fost:8080", "", "/", false)
	f.Fuzz(func(t *testing.T, host, origin, path string, anyIP bool) {
		reached := false
		g := newGuard(Options{Hosts: Hosts("8080"), Port: "8080", AnyIP: anyIP}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Host, r.URL.Scheme, r.URL.Path, r.Host = "", "", path, host
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if !reached {
			if w.Code < 300 {
				t.Fatalf("Host %q, Origin %q: refused with status %d", host, origin, w.Code)
			}
			return
		}
		own := slices.ContainsFunc(Hosts("8080"), func(h string) bool { return len(h) == len(host) && strings.EqualFold(h, host) })
		address, err := netip.ParseAddrPort(host)
		if !own && !(anyIP && err == nil && address.Port() == 8080) {
			t.Fatalf("Host %q is taken for this server", host)
		}
		if origin != "" && !strings.EqualFold(origin, "http://"+host) {
			t.Fatalf("Origin %q reaches the pages of %q", origin, host)
		}
	})
}
