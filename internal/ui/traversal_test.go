package ui

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

// climbs are ways in which servers of results were talked into reading files.
var climbs = []string{
	"/..", "/../", "/../runexp.db", "/../../etc/passwd", "/../../../../../../../../etc/passwd", "/./", "/.", "/./style.css", "/x/../style.css", "/style.css/..", "/style.css/", "/style.css/.",
	"//", "//style.css", "///etc/passwd", "//etc/passwd", "//evil.example/", "//evil.example/%2f..", "/\\etc\\passwd", "/..\\..\\etc\\passwd", "/..\\", "/\\..\\runexp.db", "\\", "/%5c..%5cetc",
	"/%2e%2e", "/%2e%2e/", "/%2e%2e/%2e%2e/etc/passwd", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/..%2f..%2fetc%2fpasswd", "/.%2e/etc/passwd", "/%2e./etc/passwd", "/%2E%2E/etc/passwd", "/..%2F", "/%2f", "/%2fetc%2fpasswd",
	"/%252e%252e/etc/passwd", "/%252e%252e%252fetc%252fpasswd", "/..%252f..%252fetc", "/%25252e%25252e/", "/..%c0%af..%c0%afetc", "/%c0%ae%c0%ae/etc", "/..%ef%bc%8fetc", "/%uff0e%uff0e/", "/..%u2215etc",
	"/style.css%00", "/style.css%00.html", "/%00", "/%00/etc/passwd", "/..%00/etc", "/style.css%0a", "/style.css%20", "/%20", "/style.css%2f", "/style%2ecss", "/%73tyle.css", "/STYLE.CSS", "/Style.css",
	"/style.css;", "/;/style.css", "/..;/", "/..;/..;/etc/passwd", "/style.css;.html", "/style.css#x", "/#/../../etc/passwd", "/style.css%23", "/style.css%3f", "/?/../x", "/x?../../etc/passwd",
	"/runexp.db", "/runexp.db-wal", "/runexp.db.lock", "/.git/config", "/assets/style.css", "/assets/", "/assets", "/testdata", "/ui.go", "/favicon.ico", "/robots.txt", "/etc/passwd", "/proc/self/environ", "/proc/self/fd/3", "/debug/pprof/", "/debug/vars", "/metrics", "/api", "/static/../runexp.db",
	"/get-artifact?path=../../etc/passwd", "/ajax-api/2.0/mlflow/experiments/list", "/model-versions/get-artifact?path=..%2f..%2f", "/file:///etc/passwd", "/file%3a%2f%2f%2fetc%2fpasswd", "/C:/Windows/win.ini", "/c%3a%5cwindows%5cwin.ini", "/~root/", "/%7eroot/",
	"/report/", "/report/legal-1", "/report%2f", "/run/..", "/invocation/../report", "/report/../../etc/passwd", "/" + strings.Repeat("../", 500) + "etc/passwd", "/" + strings.Repeat("a", 8000),
}

// harmless are those of climbs whose query or fragment says nothing: the path
// before it is one of ours.
var harmless = map[string]bool{"/?/../x": true}

// TestNoPathLeadsOut sends each payload as it stands. Nothing but 404 may come
// back (400 where net/http does not take it for a request), and no other address.
func TestNoPathLeadsOut(t *testing.T) {
	if len(climbs) < 60 {
		t.Errorf("%d payloads, want at least 60", len(climbs))
	}
	at := strings.TrimPrefix(start(t, database(t, plainNames())), "http://")
	_, port, _ := net.SplitHostPort(at)
	for _, path := range climbs {
		status, h, body := raw(t, at, "GET "+path+" HTTP/1.1\r\nHost: localhost:"+port+"\r\nConnection: close\r\n\r\n")
		want := http.StatusNotFound
		if harmless[path] {
			want = http.StatusOK
		}
		if status != want && status != http.StatusBadRequest && !(status == http.StatusMisdirectedRequest && strings.Contains(path, "file:")) {
			t.Errorf("%.80q: status %d, want %d", path, status, want)
		}
		if h.Get("Location") != "" || strings.Contains(body, "root:") || strings.Contains(body, "SQLite format") {
			t.Errorf("%.80q: answered with %q, %.80q", path, h.Get("Location"), body)
		}
	}
}

// TestNoNameLeadsOut puts the payloads where pages expect names.
func TestNoNameLeadsOut(t *testing.T) {
	r := local(t, database(t, plainNames()))
	for k, payload := range append(climbs, "'; drop table run; --", "\" or 1=1", "file:/etc/passwd?mode=rw", "%", "_", "*", "\x00", "-1", "0:", ":", "0", "9223372036854775808:legal-1", "-1:legal-1", "1e3:legal-1", " 1:legal-1") {
		for path, parameters := range map[string][]string{"/invocation": {"id"}, "/figures": {"id"}, "/report": {"id"}, "/run": {"r"}, "/pair": {"a", "b"}, "/changes": {"a", "b"}, "/history": {"experiment"}} {
			var query []string
			for _, p := range parameters {
				query = append(query, p, payload)
			}
			if w := r.get(address(path, query...)); w.Code != 404 && w.Code != 400 {
				t.Errorf("%s of %.60q: status %d", path, payload, w.Code)
			}
		}
		if k%4 != 0 { // the pages below are large
			continue
		}
		// What only chooses among the rows of a known run is ignored or finds nothing.
		for _, address := range []string{
			address("/invocation", "id", "legal-1", "metric", payload, "slice", payload, "dataset", payload, "selected", payload),
			address("/run", "r", "2:legal-1", "split", payload, "from", payload), address("/pair", "a", "2:legal-1", "b", "4:legal-1", "split", payload, "from", payload),
		} {
			if w := r.get(address); w.Code != 200 {
				t.Errorf("%.120s: status %d\n%s", address, w.Code, fmt.Sprintf("%.300s", w.Body))
			}
		}
	}
}
