package hub

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cacheLayout writes the cache that Hugging Face's tools would have after
// downloading commit1 of org/name.
func cacheLayout(t *testing.T, h *fakeHub, files ...string) string {
	t.Helper()
	hub := filepath.Join(t.TempDir(), "hub")
	repo := filepath.Join(hub, "models--org--name")
	write := func(path, text string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(repo, "refs", "main"), commit1)
	for _, name := range files {
		content := h.commits[commit1][name]
		blob := gitOf(content)
		if h.large[name] {
			blob = sha256Of(content)
		}
		write(filepath.Join(repo, "blobs", blob), content)
		link := filepath.Join(repo, "snapshots", commit1, name)
		if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
			t.Fatal(err)
		}
		up := strings.Repeat("../", strings.Count(name, "/"))
		if err := os.Symlink(up+"../../blobs/"+blob, link); err != nil {
			t.Fatal(err)
		}
	}
	return hub
}

func TestOfflineModeReadsTheCache(t *testing.T) {
	h := newFakeHub(t)
	cache := cacheLayout(t, h, "config.json", "vocab.txt", "model.safetensors")
	c, _ := client(t, h, func(o *Options) { o.Offline, o.CacheDir = true, cache })
	lock := openLock(t)
	for _, text := range []string{"org/name@main", "org/name@" + commit1} {
		s, err := c.Fetch(t.Context(), ref(t, Model, text), ModelFiles(), lock)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(names(s), []string{"config.json", "model.safetensors", "vocab.txt"}) || s.Commit != commit1 {
			t.Errorf("Fetch(%s) = %v at %s", text, names(s), s.Commit)
		}
		for _, f := range s.Files {
			if f.SHA256 != sha256Of(h.commits[commit1][f.Name]) {
				t.Errorf("%s has the checksum %s", f.Name, f.SHA256)
			}
		}
	}
	for _, text := range []string{"org/name@v2", "org/other", "org/name@" + commit2} {
		if _, err := c.Fetch(t.Context(), ref(t, Model, text), ModelFiles(), lock); !errors.Is(err, ErrOffline) {
			t.Errorf("Fetch(%s) offline = %v, want ErrOffline", text, err)
		}
	}
	if h.asked() != 0 {
		t.Errorf("%d requests in offline mode", h.asked())
	}

	// Our own store is enough afterwards, also without a lock when the commit is named.
	bare, err := New(Options{Dir: c.dir, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bare.Fetch(t.Context(), ref(t, Model, "org/name@main"), ModelFiles(), lock); err != nil {
		t.Error(err)
	}
	if _, err := bare.Fetch(t.Context(), ref(t, Model, "org/name@"+commit1), ModelFiles(), openLock(t)); err != nil {
		t.Error(err)
	}
}

func TestOfflineModeNamesWhatIsMissing(t *testing.T) {
	h := newFakeHub(t)
	online, _ := client(t, h, nil)
	lock := openLock(t)
	main := ref(t, Model, "org/name@main")
	if _, err := online.Fetch(t.Context(), main, ModelFiles(), lock); err != nil {
		t.Fatal(err)
	}
	c, _ := client(t, h, func(o *Options) {
		o.Offline, o.CacheDir = true, cacheLayout(t, h, "config.json", "vocab.txt")
	})
	if _, err := c.Fetch(t.Context(), main, ModelFiles(), lock); !errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), "model.safetensors: ") {
		t.Errorf("Fetch = %v, want ErrOffline for model.safetensors", err)
	}
	if _, err := c.Fetch(t.Context(), main, ModelFiles(), openLock(t)); err == nil || !strings.Contains(err.Error(), "no weights") {
		t.Errorf("Fetch without a lock = %v, want that there are no weights", err)
	}
}

func TestCacheSparesDownloads(t *testing.T) {
	h := newFakeHub(t)
	cache := cacheLayout(t, h, "model.safetensors", "vocab.txt")
	// A damaged blob, of the right length, is not used.
	blob := filepath.Join(cache, "models--org--name", "blobs", gitOf(h.commits[commit1]["vocab.txt"]))
	if err := os.WriteFile(blob, []byte("[PAD]\n[UNX]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, _ := client(t, h, func(o *Options) { o.CacheDir = cache })
	s, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t))
	if err != nil {
		t.Fatal(err)
	}
	if h.sent("model.safetensors") != 0 || h.sent("vocab.txt") == 0 {
		t.Errorf("%d bytes of model.safetensors and %d of vocab.txt sent, want none and some", h.sent("model.safetensors"), h.sent("vocab.txt"))
	}
	if got, _ := os.ReadFile(filepath.Join(s.Dir, "vocab.txt")); string(got) != h.commits[commit1]["vocab.txt"] {
		t.Errorf("vocab.txt = %q", got)
	}
	if got, _ := os.ReadFile(blob); string(got) != "[PAD]\n[UNX]\n" {
		t.Error("the other tools' cache was changed")
	}
}

func TestCacheDoesNotLeadOutside(t *testing.T) {
	h := newFakeHub(t)
	cache := cacheLayout(t, h, "config.json", "vocab.txt")
	outside := filepath.Join(t.TempDir(), "secret")
	content := h.commits[commit1]["model.safetensors"]
	if err := os.WriteFile(outside, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(cache, "models--org--name", "snapshots", commit1, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	c, _ := client(t, h, func(o *Options) { o.CacheDir = cache })
	if _, err := c.Fetch(t.Context(), ref(t, Model, "org/name"), ModelFiles(), openLock(t)); err != nil || h.sent("model.safetensors") == 0 {
		t.Errorf("Fetch = %v; a link that leaves the repository's folder was followed", err)
	}
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]Ref{
		"org/name@v1.0":                {Model, "org/name", "v1.0"},
		"org/name":                     {Model, "org/name", "main"},
		"gpt2@" + commit1:              {Model, "gpt2", commit1},
		"a.b_c-d/e.f@refs/convert/par": {Model, "a.b_c-d/e.f", "refs/convert/par"},
	} {
		if got, err := ParseRef(Model, text); err != nil || got != want {
			t.Errorf("ParseRef(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "@main", "org/name@", "a/b/c", "../x", "org/..", "org/na--me", "org/name@../x", "org/name@a//b",
		"/org/name", "org/name@-x", "org/name@a b", "org name", "org/name\x00", "org/name@main@x", "https://hub.example/org/name", `org\name`, "org/" + strings.Repeat("a", 97)} {
		if got, err := ParseRef(Model, text); err == nil {
			t.Errorf("ParseRef(%q) = %v, want an error", text, got)
		}
	}
}

func TestHostileLocks(t *testing.T) {
	good := `{"about":"","version":1,"pins":[{"kind":"model","repository":"o/n","revision":"main","select":["model"],"commit":"` + commit1 +
		`","files":[{"name":"config.json","size":1,"sha256":"` + strings.Repeat("a", 64) + `"}]}]}`
	path := filepath.Join(t.TempDir(), "lock")
	open := func(text string) error {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := OpenLock(path)
		return err
	}
	if err := open(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"newer":            {`"version":1`, `"version":2`},
		"unknown member":   {`"about"`, `"abuot"`},
		"kind":             {`"kind":"model"`, `"kind":"space"`},
		"repository":       {`o/n`, `../n`},
		"revision":         {`"main"`, `"../x"`},
		"commit is a path": {commit1, "../../etc"},
		"file is a path":   {`config.json`, `../config.json`},
		"checksum":         {strings.Repeat("a", 64), "a"},
		"size":             {`"size":1`, `"size":-1`},
		"no files":         {`{"name":"config.json","size":1,"sha256":"` + strings.Repeat("a", 64) + `"}`, ``},
		"cut":              {`]}]}`, ``},
		"tail":             {`]}]}`, `]}]} x`},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if text == good {
			t.Fatalf("%s changes nothing", name)
		}
		if err := open(text); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: OpenLock = %v, want an error with the path", name, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	home := t.TempDir()
	base := filepath.Join(home, ".cache", "huggingface")
	if err := os.MkdirAll(base, 0o755); err != nil {
		t.Fatal(err)
	}
	token := filepath.Join(base, "token")
	if err := os.WriteFile(token, []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	from := func(pairs ...string) (Options, error) {
		return FromEnvironment(func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}, home)
	}
	check := func(o Options, err error, want Options) {
		t.Helper()
		if err != nil || o.Endpoint != want.Endpoint || o.Offline != want.Offline || o.CacheDir != want.CacheDir || o.Token != want.Token {
			t.Errorf("FromEnvironment = %+v, %v, want %+v", o, err, want)
		}
	}
	o, err := from()
	check(o, err, Options{CacheDir: filepath.Join(base, "hub"), Token: canary})
	o, err = from("HF_HOME", "/h", "HF_ENDPOINT", "https://hub.example", "HF_HUB_OFFLINE", "1", "HF_TOKEN", " t ")
	check(o, err, Options{Endpoint: "https://hub.example", Offline: true, CacheDir: "/h/hub", Token: "t"})
	o, err = from("HF_HUB_CACHE", "/c", "HF_HUB_OFFLINE", "0", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "true")
	check(o, err, Options{CacheDir: "/c"})
	o, err = from("XDG_CACHE_HOME", "/x", "HF_TOKEN_PATH", token)
	check(o, err, Options{CacheDir: "/x/huggingface/hub", Token: canary})

	// Others must not be able to read the token.
	if err := os.Chmod(token, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := from(); err == nil || !strings.Contains(err.Error(), "chmod 600") || containsSecret([]byte(err.Error())) {
		t.Errorf("FromEnvironment with an open token file = %v, want advice", err)
	}
	// Nor must it break out of its header.
	if _, err := New(Options{Dir: "x", Token: canary + "\r\nX: y"}); err == nil || containsSecret([]byte(err.Error())) {
		t.Errorf("New with a token of two lines = %v", err)
	}
	if _, err := New(Options{}); err == nil {
		t.Error("New without a folder succeeded")
	}
}

func TestModelFilesPreference(t *testing.T) {
	list := func(names ...string) (out []File) {
		for _, n := range names {
			out = append(out, File{Name: n})
		}
		return out
	}
	for _, c := range []struct{ have, want []File }{
		{list("config.json", "model.safetensors", "model.safetensors.index.json", "model-00001-of-00001.safetensors"),
			list("config.json", "model.safetensors")},
		{list("model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "consolidated.safetensors", "pytorch_model.bin"),
			list("model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")},
		{list("pytorch_model.bin", "tf_model.h5"), list("pytorch_model.bin")},
		{list("pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin", "training_args.bin"),
			list("pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin")},
		{list("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"),
			list("adapter_config.json", "adapter_model.safetensors")},
	} {
		if got, err := ModelFiles().choose(c.have); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("of %v: %v, %v, want %v", c.have, got, err, c.want)
		}
	}
}
