package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// client makes a client of the fake hub that never waits; its pauses are collected.
func client(t *testing.T, h *fakeHub, change func(*Options)) (*Client, *[]time.Duration) {
	t.Helper()
	o := Options{Dir: filepath.Join(t.TempDir(), "store"), Endpoint: h.URL}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	pauses := &[]time.Duration{}
	c.sleep = func(ctx context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		*pauses = append(*pauses, d)
		return ctx.Err()
	}
	return c, pauses
}

func openLock(t *testing.T) *Lock {
	t.Helper()
	l, err := OpenLock(filepath.Join(t.TempDir(), "experiment.hub.lock"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func ref(t *testing.T, kind Kind, text string) Ref {
	t.Helper()
	r, err := ParseRef(kind, text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(s *Snapshot) (out []string) {
	for _, f := range s.Files {
		out = append(out, f.Name)
	}
	return out
}

func TestModelIsFetchedCheckedAndPinned(t *testing.T) {
	h := newFakeHub(t)
	var heard []string
	c, _ := client(t, h, func(o *Options) {
		o.Progress = func(file string, done, total int64) {
			if done == total {
				heard = append(heard, file)
			}
		}
	})
	lock := openLock(t)
	main := ref(t, Model, "org/name")
	s, err := c.Fetch(t.Context(), main, ModelFiles(), lock)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"config.json", "model.safetensors", "vocab.txt"}
	if !slices.Equal(names(s), want) || s.Commit != commit1 || !slices.Equal(heard, want) {
		t.Errorf("Fetch = %v at %s, progress of %v, want %v at %s", names(s), s.Commit, heard, want, commit1)
	}
	for _, f := range s.Files {
		got, err := os.ReadFile(filepath.Join(s.Dir, f.Name))
		if content := h.commits[commit1][f.Name]; err != nil || string(got) != content || f.SHA256 != sha256Of(content) {
			t.Errorf("%s: content or checksum differs (%v)", f.Name, err)
		}
	}

	// The branch moves; the lock, read anew, does not, and nothing is asked.
	h.set(func() { h.branches["main"] = commit2 })
	again, err := OpenLock(lock.path)
	if err != nil {
		t.Fatal(err)
	}
	requests := h.asked()
	s2, err := c.Fetch(t.Context(), main, ModelFiles(), again)
	if err != nil || s2.Commit != commit1 || s2.Dir != s.Dir || !slices.Equal(s2.Files, s.Files) || h.asked() != requests {
		t.Errorf("second Fetch = %+v, %v with %d requests, want the same with none", s2, err, h.asked()-requests)
	}

	// Without the files, on another machine, the same ones come again.
	other, _ := client(t, h, nil)
	if s3, err := other.Fetch(t.Context(), main, ModelFiles(), again); err != nil || s3.Commit != commit1 || !slices.Equal(s3.Files, s.Files) {
		t.Errorf("Fetch elsewhere = %+v, %v", s3, err)
	}
}

func TestLockFileIsStableAndReadable(t *testing.T) {
	h := newFakeHub(t)
	c, _ := client(t, h, nil)
	var texts []string
	for _, order := range [][]Kind{{Model, Dataset}, {Dataset, Model}} {
		lock := openLock(t)
		for _, kind := range order {
			sel, r := ModelFiles(), ref(t, Model, "org/name@main")
			if kind == Dataset {
				sel, r = Matching("*.parquet", "sst2/*/*.parquet"), ref(t, Dataset, "org/name@refs/convert/parquet")
			}
			if _, err := c.Fetch(t.Context(), r, sel, lock); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(lock.path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] {
		t.Errorf("the order of fetching changed the lock:\n%s\n%s", texts[0], texts[1])
	}
	for _, part := range []string{`"revision": "refs/convert/parquet"`, commit2, sha256Of("PAR1 test"), `"name": "other file ä#?.parquet"`} {
		if !strings.Contains(texts[0], part) {
			t.Errorf("the lock lacks %s:\n%s", part, texts[0])
		}
	}
}

func TestTwoSelectionsSeeOneCommit(t *testing.T) {
	h := newFakeHub(t)
	c, _ := client(t, h, nil)
	lock, main := openLock(t), ref(t, Model, "org/name@main")
	if _, err := c.Fetch(t.Context(), main, Matching("README.md"), lock); err != nil {
		t.Fatal(err)
	}
	h.set(func() { h.branches["main"] = commit2 })
	s, err := c.Fetch(t.Context(), main, Matching("vocab.txt"), lock)
	if err != nil || s.Commit != commit1 {
		t.Errorf("Fetch = %+v, %v, want commit %s", s, err, commit1)
	}
	if got := len(lock.pins); got != 2 {
		t.Errorf("%d pins, want 2", got)
	}
}

func TestInterruptedDownloadGoesOn(t *testing.T) {
	h := newFakeHub(t)
	content := h.commits[commit1]["model.safetensors"]
	broken := 0
	h.set(func() {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/model.safetensors") && broken < 3 {
				broken++
				// Promise everything, send a part, break the connection.
				from := 0
				fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
				if from > 0 {
					w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
				}
				w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
				if from > 0 {
					w.WriteHeader(http.StatusPartialContent)
				}
				w.Write([]byte(content[from : from+10_000]))
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
			return false
		}
	})
	c, pauses := client(t, h, nil)
	s, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(s.Dir, "model.safetensors"))
	if string(got) != content || broken != 3 || len(*pauses) != 3 {
		t.Errorf("%d bytes after %d breaks and %d pauses, want %d", len(got), broken, len(*pauses), len(content))
	}
	if sent := h.sent("model.safetensors"); sent > int64(len(content)-20_000) {
		t.Errorf("the last request sent %d bytes; the first 30000 were here already", sent)
	}
}

func TestAnotherProcessGoesOnWithAPartialFile(t *testing.T) {
	for name, part := range map[string]func(content string) string{
		"good beginning": func(c string) string { return c[:1234] },
		"bad beginning":  func(c string) string { return strings.Repeat("?", 1234) },
		"too long":       func(c string) string { return c + "!" },
		"whole":          func(c string) string { return c },
		"whole but bad":  func(c string) string { return strings.Repeat("?", len(c)) },
	} {
		h := newFakeHub(t)
		c, _ := client(t, h, nil)
		content := h.commits[commit1]["model.safetensors"]
		s := &store{ref: ref(t, Model, "org/name"), commit: commit1}
		partial := filepath.Join(c.dir, s.partial(File{Name: "model.safetensors"}))
		if err := os.MkdirAll(filepath.Dir(partial), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(partial, []byte(part(content)), 0o644); err != nil {
			t.Fatal(err)
		}
		snapshot, err := c.Fetch(t.Context(), s.ref, ModelFiles(), openLock(t))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, _ := os.ReadFile(filepath.Join(snapshot.Dir, "model.safetensors")); string(got) != content {
			t.Errorf("%s: the file is wrong", name)
		}
		if sent := h.sent("model.safetensors"); name == "good beginning" && sent != int64(len(content)-1234) {
			t.Errorf("%s: %d bytes sent, want %d", name, sent, len(content)-1234)
		}
	}
}

func TestServerWithoutRangesStartsAnew(t *testing.T) {
	h := newFakeHub(t)
	c, _ := client(t, h, nil)
	broken := false
	h.set(func() {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/config.json") {
				return false
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(h.commits[commit1]["config.json"])))
			if !broken {
				broken = true
				w.Write([]byte(`{"model`))
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
			w.Write([]byte(h.commits[commit1]["config.json"]))
			return true
		}
	})
	if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t)); err != nil {
		t.Error(err)
	}
}

func TestServerThatContinuesElsewhereIsNotBelieved(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, content string){
		"416": func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusRequestedRangeNotSatisfiable) },
		"206 of another part": func(w http.ResponseWriter, content string) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 2-%d/%d", len(content)-1, len(content)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write([]byte(content[2:]))
		},
	} {
		h := newFakeHub(t)
		c, _ := client(t, h, nil)
		content := h.commits[commit1]["config.json"]
		h.set(func() {
			h.fault = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/config.json") || r.Header.Get("Range") == "" {
					return false
				}
				answer(w, content)
				return true
			}
		})
		s := &store{ref: ref(t, Model, "org/name"), commit: commit1}
		partial := filepath.Join(c.dir, s.partial(File{Name: "config.json"}))
		if err := os.MkdirAll(filepath.Dir(partial), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(partial, []byte(content[:4]), 0o644); err != nil {
			t.Fatal(err)
		}
		snapshot, err := c.Fetch(t.Context(), s.ref, ModelFiles(), openLock(t))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, _ := os.ReadFile(filepath.Join(snapshot.Dir, "config.json")); string(got) != content {
			t.Errorf("%s: config.json = %q", name, got)
		}
	}
}

func TestWrongContentIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, file string
		corrupt    func(string) string
		want       string
	}{
		{"large file", "model.safetensors", func(s string) string { return "W" + s[1:] }, "SHA-256"},
		{"small file", "config.json", func(s string) string { return "[" + s[1:] }, "git's SHA-1"},
		{"longer", "config.json", func(s string) string { return s + strings.Repeat(" ", 1000) }, "more than the"},
		{"shorter", "config.json", func(s string) string { return s[:5] }, "ended at byte 5"},
	} {
		h := newFakeHub(t)
		h.set(func() {
			h.corrupt = func(name, content string) string {
				if name == c.file {
					content = c.corrupt(content)
				}
				return content
			}
		})
		cl, _ := client(t, h, nil)
		lock := openLock(t)
		_, err := cl.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), lock)
		if err == nil || !strings.Contains(err.Error(), c.file+": ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.name, err, c.want)
		}
		if _, err := os.Stat(lock.path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: something was pinned", c.name)
		}
		// Once the hub is well again, so are we.
		h.set(func() { h.corrupt, h.fault = nil, nil })
		if _, err := cl.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), lock); err != nil {
			t.Errorf("%s: afterwards: %v", c.name, err)
		}
	}
}

func TestContentThatDiffersFromTheLockIsRefused(t *testing.T) {
	h := newFakeHub(t)
	c, _ := client(t, h, nil)
	lock := openLock(t)
	main := ref(t, Model, "org/name")
	s, err := c.Fetch(t.Context(), main, ModelFiles(), lock)
	if err != nil {
		t.Fatal(err)
	}
	// Damage here is repaired from the hub …
	if err := os.WriteFile(filepath.Join(s.Dir, "vocab.txt"), []byte("[PAD]\n[UNX]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(t.Context(), main, ModelFiles(), lock); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(filepath.Join(s.Dir, "vocab.txt")); string(got) != h.commits[commit1]["vocab.txt"] {
		t.Errorf("vocab.txt = %q after a repair", got)
	}
	// … but not with something else, even if the hub vouches for it.
	h.set(func() { h.commits[commit1]["vocab.txt"] = "[PAD]\n[EVI]\n" })
	if err := os.Remove(filepath.Join(s.Dir, "vocab.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(t.Context(), main, ModelFiles(), lock); !errors.Is(err, errChecksum) {
		t.Errorf("Fetch of a replaced file = %v, want a wrong checksum", err)
	}
}

func TestBusyHubIsAskedAgain(t *testing.T) {
	h := newFakeHub(t)
	refusals := 0
	h.set(func() {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if refusals++; refusals > 4 {
				return false
			}
			if refusals == 1 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusTooManyRequests)
			} else if refusals == 2 {
				w.Header().Set("Retry-After", "86400")
				w.WriteHeader(http.StatusTooManyRequests)
			} else {
				w.WriteHeader(http.StatusBadGateway)
			}
			return true
		}
	})
	c, pauses := client(t, h, nil)
	if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t)); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{7 * time.Second, time.Minute, 4 * time.Second, 8 * time.Second}; !slices.Equal(*pauses, want) {
		t.Errorf("pauses %v, want %v", *pauses, want)
	}

	h.set(func() {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool { w.WriteHeader(503); return true }
	})
	c, pauses = client(t, h, nil)
	_, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t))
	if err == nil || !strings.Contains(err.Error(), "503") || len(*pauses) != maxAttempts-1 {
		t.Errorf("Fetch from a dead hub = %v after %d pauses", err, len(*pauses))
	}
}

func TestWhatTheHubDoesNotHave(t *testing.T) {
	h := newFakeHub(t)
	c, pauses := client(t, h, nil)
	for text, want := range map[string]string{
		"org/name@v9":                         "RevisionNotFound",
		"org/other":                           "EntryNotFound",
		"org/name@" + commit1[1:]:             "RevisionNotFound",
		"org/name@" + strings.Repeat("3", 40): "404",
	} {
		_, err := c.Fetch(t.Context(), ref(t, Model, text), ModelFiles(), openLock(t))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "fetch model "+strings.Split(text, "@")[0]) {
			t.Errorf("Fetch(%s) = %v, want %s", text, err, want)
		}
	}
	if len(*pauses) != 0 {
		t.Errorf("%d pauses before accepting a 404", len(*pauses))
	}
	if _, err := c.Fetch(t.Context(), ref(t, Dataset, "org/name"), Matching("*.parquet"), openLock(t)); err == nil || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("Fetch of no parquet files = %v, want a list of what is there", err)
	}
	if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name@refs/convert/parquet"), ModelFiles(), openLock(t)); err == nil || !strings.Contains(err.Error(), "no weights") {
		t.Errorf("Fetch of no weights = %v", err)
	}
	if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), Matching("["), openLock(t)); err == nil {
		t.Error("a bad pattern was accepted")
	}
}

func TestSizeCapIsCheckedBeforeDownloading(t *testing.T) {
	h := newFakeHub(t)
	c, _ := client(t, h, func(o *Options) { o.MaxBytes = 1000 })
	_, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t))
	if err == nil || !strings.Contains(err.Error(), "limit of 1000 bytes") || h.sent("config.json") != 0 {
		t.Errorf("Fetch = %v after %d bytes", err, h.sent("config.json"))
	}
}

func TestHostileLists(t *testing.T) {
	for name, answer := range map[string]string{
		"parent":      `[{"type":"file","path":"../x","size":1,"oid":"` + commit1 + `"}]`,
		"absolute":    `[{"type":"file","path":"/etc/x","size":1,"oid":"` + commit1 + `"}]`,
		"backslash":   `[{"type":"file","path":"..\\x","size":1,"oid":"` + commit1 + `"}]`,
		"escape code": `[{"type":"file","path":"a\u001b[2J","size":1,"oid":"` + commit1 + `"}]`,
		"empty name":  `[{"type":"file","path":"","size":1,"oid":"` + commit1 + `"}]`,
		"negative":    `[{"type":"file","path":"config.json","size":-1,"oid":"` + commit1 + `"}]`,
		"no checksum": `[{"type":"file","path":"config.json","size":1}]`,
		"bad LFS":     `[{"type":"file","path":"config.json","size":1,"lfs":{"oid":"zz","size":1}}]`,
		"not JSON":    `<html>`,
		"not a list":  `{}`,
		"huge":        `["` + strings.Repeat("x", maxAnswerBytes) + `"]`,
	} {
		h := newFakeHub(t)
		h.set(func() {
			h.fault = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.URL.Path, "/tree/") {
					w.Write([]byte(answer))
					return true
				}
				return false
			}
		})
		c, _ := client(t, h, nil)
		if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), Matching("*"), openLock(t)); err == nil || len(err.Error()) > 400 {
			t.Errorf("%s: Fetch = %v, want a short refusal", name, err)
		}
	}
	h := newFakeHub(t)
	h.set(func() {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/tree/") {
				w.Header().Set("Link", `<http://127.0.0.1:1/x>; rel="next"`)
				w.Write([]byte("[]"))
				return true
			}
			return false
		}
	})
	c, _ := client(t, h, nil)
	if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t)); err == nil || !strings.Contains(err.Error(), "another host") {
		t.Errorf("a list that goes on elsewhere: %v", err)
	}
	h.set(func() {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool { w.Write([]byte(`{"sha":"../../x"}`)); return true }
	})
	if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t)); err == nil || !strings.Contains(err.Error(), "names no commit") {
		t.Errorf("a commit that is a path: %v", err)
	}
}

func TestCancelledFetchStops(t *testing.T) {
	h := newFakeHub(t)
	ctx, cancel := context.WithCancel(t.Context())
	h.set(func() {
		h.fault = func(w http.ResponseWriter, r *http.Request) bool { cancel(); w.WriteHeader(503); return true }
	})
	c, _ := client(t, h, nil)
	c.sleep = sleep
	if _, err := c.Fetch(ctx, ref(t, Model, "org/name"), ModelFiles(), openLock(t)); err == nil {
		t.Error("Fetch succeeded after it was cancelled")
	}
}

func TestTwoAtOnce(t *testing.T) {
	h := newFakeHub(t)
	c, _ := client(t, h, nil)
	lock := openLock(t)
	main := ref(t, Model, "org/name")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := c.Fetch(t.Context(), main, ModelFiles(), lock); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := len(lock.pins); got != 1 {
		t.Errorf("%d pins, want 1", got)
	}
	if sent := h.sent("model.safetensors"); sent != int64(len(h.commits[commit1]["model.safetensors"])) {
		t.Errorf("%d bytes sent, want the file once", sent)
	}
}
