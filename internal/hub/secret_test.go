package hub

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTokenGoesToTheEndpointAlone fetches with a token, with every kind of
// failure, and looks for it in all that comes out.
func TestTokenGoesToTheEndpointAlone(t *testing.T) {
	h := newFakeHub(t)
	h.set(func() { h.private = true })
	var out bytes.Buffer
	dir := t.TempDir()
	c, _ := client(t, h, func(o *Options) {
		o.Dir = filepath.Join(dir, "store")
		o.Token = canary
		o.Progress = func(file string, done, total int64) { fmt.Fprintln(&out, file, done, total) }
	})
	lock, err := OpenLock(filepath.Join(dir, "experiment.hub.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), lock); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "%v %+v %#v\n", c, c, *c)

	faults := map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"busy":     func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(503); return true },
		"refused":  func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(403); return true },
		"missing":  func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(404); return true },
		"odd":      func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(418); return true },
		"broken":   func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"not JSON": func(w http.ResponseWriter, r *http.Request) bool { w.Write([]byte("{")); return true },
		"echo":     func(w http.ResponseWriter, r *http.Request) bool { fmt.Fprint(w, r.Header); return true },
		"echo code": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("X-Error-Code", r.Header.Get("Authorization"))
			w.WriteHeader(404)
			return true
		},
		"nowhere": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://127.0.0.1:1/?signature=SIGNED", http.StatusFound)
			return true
		},
		"to http": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://192.0.2.1/?signature=SIGNED", http.StatusFound)
			return true
		},
		"in circles": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.Path+"?signature=SIGNED", http.StatusFound)
			return true
		},
	}
	for name, fault := range faults {
		h.set(func() { h.fault = fault })
		_, err := c.Fetch(t.Context(), ref(t, Model, "org/name@other"), ModelFiles(), lock)
		if err == nil {
			t.Errorf("%s: Fetch succeeded", name)
		}
		fmt.Fprintf(&out, "%s: %v %+v %#v\n", name, err, err, err)
	}
	h.set(func() { h.fault = nil })
	if containsSecret(out.Bytes()) {
		t.Errorf("the output holds a secret:\n%s", out.String())
	}
	if len(h.leaks) > 0 {
		t.Errorf("the storage host was sent the token: %v", h.leaks)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if containsSecret(text) || containsSecret([]byte(path)) {
			t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTokenIsNeededForPrivateOnes(t *testing.T) {
	h := newFakeHub(t)
	h.set(func() { h.private = true })
	c, pauses := client(t, h, nil)
	_, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t))
	if err == nil || !strings.Contains(err.Error(), "HF_TOKEN") || !strings.Contains(err.Error(), "GatedRepo") || len(*pauses) > 0 {
		t.Errorf("Fetch without a token = %v, want advice at once", err)
	}
}

func TestRedirectsWithinTheHubKeepTheToken(t *testing.T) {
	h := newFakeHub(t)
	h.set(func() { h.private = true })
	h.set(func() {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/api/models/old/") {
				http.Redirect(w, r, strings.Replace(r.URL.String(), "/old/", "/org/", 1), http.StatusTemporaryRedirect)
				return true
			}
			if strings.HasPrefix(r.URL.Path, "/old/") {
				http.Redirect(w, r, strings.Replace(r.URL.String(), "/old/", "/org/", 1), http.StatusTemporaryRedirect)
				return true
			}
			return false
		}
	})
	c, _ := client(t, h, func(o *Options) { o.Token = canary })
	if _, err := c.Fetch(t.Context(), ref(t, Model, "old/name"), ModelFiles(), openLock(t)); err != nil {
		t.Error(err)
	}
}

func TestEncryptedHubDoesNotLeadToPlainHTTP(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("the plain server was asked")
	}))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusFound)
	}))
	defer secure.Close()
	c, err := New(Options{Dir: t.TempDir(), Endpoint: secure.URL, Token: canary})
	if err != nil {
		t.Fatal(err)
	}
	// Trust the test server's certificate for the length of this test.
	old := http.DefaultTransport
	http.DefaultTransport = secure.Client().Transport
	defer func() { http.DefaultTransport = old }()
	c.http = newHTTPClient(c.endpoint, canary)
	_, err = c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t))
	if err == nil || !strings.Contains(err.Error(), "without encryption") {
		t.Errorf("Fetch = %v, want a refusal to follow", err)
	}
}

func TestEndpoints(t *testing.T) {
	for address, want := range map[string]string{
		"":                                        "",
		"https://hub.example":                     "",
		"https://hub.example/mirror/":             "",
		"http://localhost:8080":                   "",
		"http://127.0.0.1:8080":                   "",
		"http://[::1]:8080":                       "",
		"http://hub.example":                      "must use https",
		"http://localhost.evil":                   "must use https",
		"http://10.0.0.1":                         "must use https",
		"ftp://hub.example":                       "must use https",
		"file:///etc/passwd":                      "not an address",
		"hub.example":                             "not an address",
		"https://user:" + canary + "@hub.example": "holds a user name",
		"https://hub.example?x=" + canary:         "not an address",
		"https://hub.example/%zz" + canary:        "not an address",
	} {
		_, err := New(Options{Dir: "x", Endpoint: address})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("New with endpoint %q = %v, want %q", address, err, want)
		}
		if err != nil && containsSecret([]byte(err.Error())) {
			t.Errorf("the error repeats a secret: %v", err)
		}
	}
}

func TestPathsBehindTheEndpoint(t *testing.T) {
	c, err := New(Options{Dir: "x", Endpoint: "https://hub.example/mirror/"})
	if err != nil {
		t.Fatal(err)
	}
	r := ref(t, Dataset, "org/name@refs/pr/1")
	for got, want := range map[string]string{
		c.url(r.apiPath("revision", r.Revision), ""):            "https://hub.example/mirror/api/datasets/org/name/revision/refs%2Fpr%2F1",
		c.url(r.apiPath("tree", commit1), "recursive=true"):     "https://hub.example/mirror/api/datasets/org/name/tree/" + commit1 + "?recursive=true",
		c.url(r.filePath(commit1, "a b/c#d?.parquet"), ""):      "https://hub.example/mirror/datasets/org/name/resolve/" + commit1 + "/a%20b/c%23d%3F.parquet",
		c.url(ref(t, Model, "gpt2").filePath(commit1, "x"), ""): "https://hub.example/mirror/gpt2/resolve/" + commit1 + "/x",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
