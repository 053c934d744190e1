package ui

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// raw sends bytes over a connection of its own and returns the answer.
func raw(t *testing.T, address, request string) (status int, header http.Header, body string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	answer, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	// Who sends too much is cut off while still sending.
	if err != nil && answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Fatalf("%q: %v", request, err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// TestHosts asks a server under many names. Only the three of this machine with
// the port that it has are its own; 400 is net/http's own refusal.
func TestHosts(t *testing.T) {
	at := strings.TrimPrefix(start(t, database(t)), "http://")
	_, port, _ := net.SplitHostPort(at)
	ok := []string{"localhost:P", "127.0.0.1:P", "[::1]:P", "LOCALHOST:P", "LocalHost:P"}
	bad := []string{
		"", "localhost", "127.0.0.1", "[::1]", "::1", "localhost:", "localhost:80", "127.0.0.1:80", "[::1]:80", "localhost:1", "localhost:0P", "localhost:P0", "localhost:+P",
		"localhost.:P", "LOCALHOST.:P", "localhost.evil:P", "localhost.evil.example:P", "evil.localhost:P", "xlocalhost:P", "localhostx:P", "localhost%00:P", "localhost%2eevil:P",
		"evil.example", "evil.example:P", "evil.example.:P", "user@localhost:P", "localhost:P@evil.example", "localhost:P:P", "localhost:P,evil.example", "localhost:P, localhost:P",
		"127.0.0.1.:P", "127.0.0.1.nip.io:P", "127.1:P", "127.0.0.2:P", "2130706433:P", "0x7f.0.0.1:P", "017700000001:P", "0.0.0.0:P", "0:P", "[::]:P", "[::1%25lo]:P", "[0:0:0:0:0:0:0:1]:P", "[::ffff:127.0.0.1]:P",
		"10.0.0.1:P", "192.168.0.1:P", "169.254.169.254:P", "metadata.google.internal:P", "local\u017fost:P", "localho\u017ft:P", "xn--localhost-:P", "localhost/:P", "localhost\\:P", "http://localhost:P", "localhost:P/", "//localhost:P", "*:P",
	}
	if n := len(ok) + len(bad); n < 40 {
		t.Errorf("%d hosts, want at least 40", n)
	}
	for _, host := range ok {
		host = strings.ReplaceAll(host, "P", port)
		if status, _, body := raw(t, at, "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"); status != 200 || !strings.Contains(body, "Experiments") {
			t.Errorf("Host %q: status %d", host, status)
		}
	}
	for _, host := range bad {
		host = strings.ReplaceAll(host, "P", port)
		status, _, body := raw(t, at, "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		if status != 421 && status != 400 || strings.Contains(body, "Experiments") {
			t.Errorf("Host %q: status %d, want 421", host, status)
		}
	}
	own := "localhost:" + port
	for request, want := range map[string]int{
		"GET / HTTP/1.1\r\n\r\n": 400,
		"GET / HTTP/1.0\r\n\r\n": 421,
		"GET / HTTP/1.1\r\nHost: " + own + "\r\nHost: evil.example\r\n\r\n":                     400,
		"GET / HTTP/1.1\r\nHost: " + own + "\r\nHost: " + own + "\r\n\r\n":                      400,
		"GET http://evil.example/ HTTP/1.1\r\nHost: " + own + "\r\n\r\n":                        421,
		"GET http://" + own + "/ HTTP/1.1\r\nHost: " + own + "\r\n\r\n":                         421, // no proxy
		"GET https://" + own + "/ HTTP/1.1\r\nHost: " + own + "\r\n\r\n":                        421,
		"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n":                   421,
		"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: " + own + "\r\n\r\n":         421,
		"GET / HTTP/1.1\r\nHost: " + own + "\r\nX-Forwarded-Host: evil.example\r\n\r\n":         200,
		"GET / HTTP/1.1\r\nHost: evil.example\r\nForwarded: host=\"" + own + "\"\r\n\r\n":       421,
		"GET / HTTP/1.1\r\nHost: " + own + "\r\nX-Big: " + strings.Repeat("x", 22<<10) + "\r\n": 431,
	} {
		if status, _, _ := raw(t, at, request); status != want {
			t.Errorf("%.90q: status %d, want %d", request, status, want)
		}
	}
}

func TestTokenAndNetworkHosts(t *testing.T) {
	db := database(t, plainNames())
	h := New(Options{Database: db, Hosts: append(Hosts("8080"), "lab.example:8080"), Port: "8080", AnyIP: true, Token: "a secret"})
	ask := func(host, path, cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.URL.Host, r.URL.Scheme, r.Host = "", "", host
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for host, status := range map[string]int{"10.1.2.3:8080": 401, "[fe80::1]:8080": 401, "lab.example:8080": 401, "localhost:8080": 401, "10.1.2.3:80": 421, "10.1.2.3": 421, "evil.example:8080": 421,
		"[fe80::1%25eth0]:8080": 421, "010.1.2.3:8080": 421, "10.1.2.3:08080": 421} {
		if w := ask(host, "/", ""); w.Code != status || strings.Contains(w.Body.String(), "legal") {
			t.Errorf("Host %q without a token: status %d, want %d", host, w.Code, status)
		}
	}
	for _, path := range []string{"/?token=wrong", "/?token=", "/?token=a+secre", "/style.css", "/nothing", "/report?id=legal-1"} {
		if w := ask("10.1.2.3:8080", path, "runexp-8080=wrong"); w.Code != 401 {
			t.Errorf("%s without the token: status %d", path, w.Code)
		}
	}
	for path, to := range map[string]string{
		"/?token=a+secret": "/", "/report?id=legal-1&token=a+secret": "/report?id=legal-1", "//evil.example?token=a+secret": "/", "/%2f/evil.example?token=a+secret": "/",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		u, err := url.ParseRequestURI(path)
		if err != nil {
			t.Fatal(err)
		}
		if u.Host != "" { // as a server reads it: a path
			u.Path, u.Host = "//"+u.Host, ""
		}
		r.URL, r.Host = u, "10.1.2.3:8080"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 303 || w.Header().Get("Location") != to {
			t.Errorf("%s leads to %q with status %d, want %q", path, w.Header().Get("Location"), w.Code, to)
		}
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
			t.Errorf("%s: cookies %v", path, cookies)
		}
	}
	w := ask("10.1.2.3:8080", "/?token=a+secret", "")
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	if w := ask("10.1.2.3:8080", "/invocation?id=legal-1", cookie); w.Code != 200 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("with the cookie: status %d", w.Code)
	}
}

func TestOnlyReading(t *testing.T) {
	r := local(t, database(t, plainNames()))
	for path := range map[string]bool{"/": true, "/invocation?id=legal-1": true, "/style.css": true, "/nothing": true} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "QUERY", "X"} {
			q := httptest.NewRequest("GET", path, strings.NewReader("a=1"))
			q.Method, q.URL.Host, q.URL.Scheme, q.Host = method, "", "", "localhost:"+port
			w := httptest.NewRecorder()
			r.ServeHTTP(w, q)
			if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: status %d", method, path, w.Code)
			}
		}
	}
}

// TestForeignPages sends what browsers send for pages of other origins.
func TestForeignPages(t *testing.T) {
	r := local(t, database(t, plainNames()))
	for _, c := range []struct {
		site, mode, dest, origin string
		status                   int
	}{
		{"", "", "", "", 200},                            // curl, old browsers
		{"none", "navigate", "document", "", 200},        // typed
		{"same-origin", "navigate", "document", "", 200}, // a link of ours
		{"same-origin", "no-cors", "script", "", 200},    // our script
		{"same-origin", "cors", "empty", "http://localhost:8080", 200},
		{"cross-site", "navigate", "document", "", 200}, // a link from elsewhere
		{"same-site", "navigate", "document", "", 200},  // a link from another port
		{"cross-site", "navigate", "iframe", "", 403},
		{"cross-site", "navigate", "object", "", 403},
		{"cross-site", "no-cors", "script", "", 403},
		{"cross-site", "no-cors", "image", "", 403},
		{"cross-site", "no-cors", "style", "", 403},
		{"cross-site", "cors", "empty", "", 403},
		{"cross-site", "no-cors", "document", "", 403},
		{"same-site", "cors", "empty", "", 403}, // another server on this machine
		{"same-site", "no-cors", "script", "", 403},
		{"Cross-Site", "cors", "empty", "", 403},
		{"something", "cors", "empty", "", 403},
		{"", "", "", "http://evil.example", 403},
		{"", "", "", "null", 403},
		{"", "", "", "https://localhost:8080", 403},
		{"", "", "", "http://localhost:8081", 403},
		{"", "", "", "http://localhost:8080.evil.example", 403},
		{"", "", "", "http://localhost:8080@evil.example", 403},
		{"", "", "", "http://[::1", 403},
	} {
		for _, path := range []string{"/", "/invocation?id=legal-1", "/style.css", "/report?id=legal-1"} {
			q := httptest.NewRequest("GET", path, nil)
			q.URL.Host, q.URL.Scheme, q.Host = "", "", "localhost:"+port
			for k, v := range map[string]string{"Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode, "Sec-Fetch-Dest": c.dest, "Origin": c.origin} {
				if v != "" {
					q.Header.Set(k, v)
				}
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, q)
			if w.Code != c.status {
				t.Errorf("%s %+v: status %d", path, c, w.Code)
			}
			for _, forbidden := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Server"} {
				if w.Header().Get(forbidden) != "" {
					t.Errorf("%s: header %s", path, forbidden)
				}
			}
		}
	}
}

// TestHeaders looks at every kind of answer.
func TestHeaders(t *testing.T) {
	at := strings.TrimPrefix(start(t, database(t, plainNames())), "http://")
	_, port, _ := net.SplitHostPort(at)
	requests := map[string]int{"POST / ": 405, "GET /nothing ": 404, "GET /run?r=x ": 400, "GET /run?r=99:legal-1 ": 404, "GET /report?id=no ": 404, "GET /style.css ": 200, "GET /table.js ": 200, "GET /icon.svg ": 200, "HEAD / ": 200}
	for _, path := range pages("legal-1", "legal") {
		requests["GET "+path+" "] = 200
	}
	look := func(what string, want, status int, h http.Header) {
		if status != want {
			t.Errorf("%s: status %d, want %d", what, status, want)
		}
		for name, value := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := h.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", what, name, got, value)
			}
		}
		policy := h.Get("Content-Security-Policy")
		for _, must := range []string{"default-src 'none';", "frame-ancestors 'none'", "base-uri 'none'", "form-action"} {
			if !strings.Contains(policy, must) {
				t.Errorf("%s: the policy %q lacks %s", what, policy, must)
			}
		}
		for _, never := range []string{"script-src 'unsafe", "unsafe-eval", "*", "http", "data:"} {
			if strings.Contains(policy, never) {
				t.Errorf("%s: the policy allows %s", what, never)
			}
		}
		if h.Get("Content-Type") == "" {
			t.Errorf("%s: no content type", what)
		}
	}
	for request, want := range requests {
		status, h, body := raw(t, at, fmt.Sprintf("%sHTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n", request, port))
		look(request, want, status, h)
		if strings.HasPrefix(request, "HEAD") && body != "" {
			t.Errorf("%s has a body", request)
		}
	}
	status, h, _ := raw(t, at, "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
	look("another host", 421, status, h)
}

// TestAddressesToListenOn is about what needs a token before anything is bound.
func TestAddressesToListenOn(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:0": true, "[::1]:8080": true, "localhost:80": true, "127.9.9.9:0": true, "[::ffff:127.0.0.1]:0": true,
		":0": false, "0.0.0.0:0": false, "[::]:0": false, "10.0.0.1:80": false, "localhost.evil.example:80": false, "example.org:80": false, "127.0.0.1": false, "": false, "LOCALHOST.:1": false,
	} {
		if got := Loopback(addr); got != want {
			t.Errorf("Loopback(%q) = %v", addr, got)
		}
	}
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if at := l.Addr().(*net.TCPAddr); !at.IP.IsLoopback() {
		t.Errorf("listens on %s", at)
	}
	l.Close()
	all, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Skipf("this machine does not let a test listen on all interfaces: %v", err)
	}
	if err := Serve(t.Context(), all, "", "0.0.0.0:0", ""); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("Serve on all interfaces without a token: %v", err)
	}
}
