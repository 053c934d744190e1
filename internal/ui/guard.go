package ui

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Content security policies. A page loads its own script, style and icon and
// nothing else; figures carry their colours in style attributes. A report is
// one document with its style inside and no script at all.
const (
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	documentPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
	strictPolicy   = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

// guard stands before the site. A page of another origin in the same browser
// can send requests here, and after rebinding its own name to this address it
// could even read the answers; so only requests count that name this server as
// their host and were not sent by a foreign page.
type guard struct {
	options Options
	cookie  string
	next    http.Handler
}

func newGuard(o Options, next http.Handler) *guard {
	return &guard{options: o, cookie: "runexp-" + o.Port, next: next}
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", strictPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // frame-ancestors, for browsers that do not know it
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")

	refuse := func(status int, why string) {
		send(w, status, "text/plain; charset=utf-8", []byte(why+"\n"))
	}
	switch {
	case r.URL.Host != "" || !g.ownHost(r.Host):
		refuse(http.StatusMisdirectedRequest, "this server does not answer for the host that was asked for")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		refuse(http.StatusMethodNotAllowed, "this page can only be read")
	case g.foreign(r):
		refuse(http.StatusForbidden, "this page answers its own pages only")
	case g.options.Token != "" && g.admits(r.URL.Query().Get("token")):
		g.welcome(w, r)
	case g.options.Token != "" && !g.known(r):
		refuse(http.StatusUnauthorized, "open the address with the token that runexp ui printed")
	default:
		g.next.ServeHTTP(w, r)
	}
}

// ownHost compares in lower case, byte by byte: names with a trailing dot, a
// missing or another port, or letters that only fold to ours are others.
func (g *guard) ownHost(host string) bool {
	lower := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, host)
	if slices.Contains(g.options.Hosts, lower) {
		return true
	}
	// An address in digits cannot be rebound by whoever owns a name.
	if !g.options.AnyIP {
		return false
	}
	at, err := netip.ParseAddrPort(lower)
	return err == nil && at.Addr().Zone() == "" && at.String() == lower && strings.HasSuffix(lower, ":"+g.options.Port)
}

// foreign reports whether a page of another origin sent the request. Following
// a link to this page from elsewhere is no harm: who sent it cannot read the answer.
func (g *guard) foreign(r *http.Request) bool {
	sent := r.Header
	if origins := sent.Values("Origin"); len(origins) > 0 {
		u, err := url.Parse(origins[0])
		if err != nil || len(origins) > 1 || u.Scheme != "http" || u.Host != r.Host {
			return true
		}
	}
	switch sent.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return sent.Get("Sec-Fetch-Mode") != "navigate" || sent.Get("Sec-Fetch-Dest") != "document"
}

// admits compares in a time that does not depend on where the texts differ.
func (g *guard) admits(token string) bool {
	a, b := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(g.options.Token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// known reports whether the reader has shown the token before.
func (g *guard) known(r *http.Request) bool {
	c, err := r.Cookie(g.cookie)
	return err == nil && g.admits(c.Value)
}

// welcome keeps the token in a cookie and takes it out of the address, which
// browsers remember and people copy.
func (g *guard) welcome(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.options.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	q := r.URL.Query()
	q.Del("token")
	to := r.URL.EscapedPath()
	if !exists(to) {
		to = "/"
	}
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	w.Header().Set("Location", to)
	send(w, http.StatusSeeOther, "text/plain; charset=utf-8", nil)
}

// Hosts are the values of the Host header under which a browser on this machine
// reaches a port of the loopback interface.
func Hosts(port string) []string {
	var hosts []string
	for _, h := range []string{"localhost", "127.0.0.1", "::1"} {
		hosts = append(hosts, net.JoinHostPort(h, port))
		if port == "80" { // browsers leave it out
			hosts = append(hosts, strings.TrimSuffix(net.JoinHostPort(h, port), ":80"))
		}
	}
	return hosts
}
