package hub

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// canary is a token that must turn up nowhere but in one header of one host.
const canary = "hf_CANARY_7f3a9c2e5b"

const commit1, commit2 = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"

// fakeHub speaks the hub's paths. Large files are kept by a second server at
// another origin, as the hub does with its storage.
type fakeHub struct {
	*httptest.Server
	storage *httptest.Server

	state    sync.RWMutex                 // held by requests; tests change what follows through set
	branches map[string]string            // revision -> commit
	commits  map[string]map[string]string // commit -> file -> content
	large    map[string]bool              // names of files in storage
	private  bool                         // ask for the token
	pageSize int
	// fault may answer a request itself; it returns whether it did.
	fault func(w http.ResponseWriter, r *http.Request) bool
	// corrupt changes the bytes of a file on the way.
	corrupt func(name, content string) string

	count    sync.Mutex       // guards what requests leave behind
	served   map[string]int64 // bytes sent by file name
	requests int
	leaks    []string // requests to storage that carried something secret
}

// set changes the hub between requests.
func (h *fakeHub) set(change func()) {
	h.state.Lock()
	defer h.state.Unlock()
	change()
}

// sent is how many bytes of a file have gone out.
func (h *fakeHub) sent(name string) int64 {
	h.count.Lock()
	defer h.count.Unlock()
	return h.served[name]
}

// asked is how many requests have come to the hub itself.
func (h *fakeHub) asked() int {
	h.count.Lock()
	defer h.count.Unlock()
	return h.requests
}

func newFakeHub(t *testing.T) *fakeHub {
	h := &fakeHub{
		branches: map[string]string{"main": commit1, "refs/convert/parquet": commit2},
		commits: map[string]map[string]string{
			commit1: {
				"config.json":       `{"model_type":"bert"}`,
				"vocab.txt":         "[PAD]\n[UNK]\n",
				"README.md":         "read me",
				"model.safetensors": strings.Repeat("weights ", 5000),
				"pytorch_model.bin": "other weights",
				"onnx/model.onnx":   "x",
			},
			commit2: {"sst2/train/0000.parquet": "PAR1 train", "sst2/test/0000.parquet": "PAR1 test", "other file ä#?.parquet": "PAR1"},
		},
		large:    map[string]bool{"model.safetensors": true, "sst2/train/0000.parquet": true},
		pageSize: 2,
		served:   map[string]int64{},
	}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	h.storage = httptest.NewServer(http.HandlerFunc(h.serveStorage))
	t.Cleanup(h.Close)
	t.Cleanup(h.storage.Close)
	return h
}

func (h *fakeHub) serve(w http.ResponseWriter, r *http.Request) {
	h.count.Lock()
	h.requests++
	h.count.Unlock()
	h.state.RLock()
	defer h.state.RUnlock()
	if h.fault != nil && h.fault(w, r) {
		return
	}
	if h.private && r.Header.Get("Authorization") != "Bearer "+canary {
		w.Header().Set("X-Error-Code", "GatedRepo")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	for _, prefix := range []string{"/api/models/org/name/", "/api/datasets/org/name/"} {
		if rest, ok := strings.CutPrefix(r.URL.EscapedPath(), prefix); ok {
			h.serveAPI(w, r, rest)
			return
		}
	}
	rest, ok := strings.CutPrefix(strings.TrimPrefix(r.URL.Path, "/datasets"), "/org/name/resolve/")
	commit, name, _ := strings.Cut(rest, "/")
	content, there := h.commits[commit][name]
	switch {
	case !ok || !there:
		w.Header().Set("X-Error-Code", "EntryNotFound")
		w.WriteHeader(http.StatusNotFound)
	case h.large[name]:
		w.Header().Set("X-Linked-Etag", `"`+sha256Of(content)+`"`)
		http.Redirect(w, r, h.storage.URL+"/blob/"+commit+"/"+name+"?signature=SIGNED", http.StatusFound)
	default:
		h.send(w, r, name, content)
	}
}

func (h *fakeHub) serveStorage(w http.ResponseWriter, r *http.Request) {
	h.state.RLock()
	defer h.state.RUnlock()
	if r.Header.Get("Authorization") != "" || strings.Contains(fmt.Sprint(r.Header, r.URL), canary) {
		h.count.Lock()
		h.leaks = append(h.leaks, r.URL.String())
		h.count.Unlock()
	}
	commit, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/blob/"), "/")
	h.send(w, r, name, h.commits[commit][name])
}

// send serves bytes with ranges.
func (h *fakeHub) send(w http.ResponseWriter, r *http.Request, name, content string) {
	size := len(content)
	if h.corrupt != nil {
		content = h.corrupt(name, content)
	}
	from := 0
	if v, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, _ = strconv.Atoi(strings.TrimSuffix(v, "-"))
		if from >= size {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, size-1, size))
		w.WriteHeader(http.StatusPartialContent)
	}
	n, _ := w.Write([]byte(content[from:]))
	h.count.Lock()
	h.served[name] += int64(n)
	h.count.Unlock()
}

func (h *fakeHub) serveAPI(w http.ResponseWriter, r *http.Request, rest string) {
	if revision, ok := strings.CutPrefix(rest, "revision/"); ok {
		commit, known := h.branches[strings.ReplaceAll(revision, "%2F", "/")]
		if !known {
			w.Header().Set("X-Error-Code", "RevisionNotFound")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"sha": commit, "new field": []int{1}})
		return
	}
	commit := strings.TrimPrefix(rest, "tree/")
	files, known := h.commits[commit]
	if !known {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	list := []map[string]any{{"type": "directory", "path": "onnx", "oid": strings.Repeat("0", 40), "size": 0}}
	for name, content := range files {
		entry := map[string]any{"type": "file", "path": name, "oid": gitOf(content), "size": len(content)}
		if h.large[name] {
			entry["oid"] = strings.Repeat("a", 40)
			entry["lfs"] = map[string]any{"oid": sha256Of(content), "size": len(content), "pointerSize": 134}
		}
		list = append(list, entry)
	}
	// Pages in a stable order, by name.
	for i := range list {
		for j := i + 1; j < len(list); j++ {
			if list[j]["path"].(string) < list[i]["path"].(string) {
				list[i], list[j] = list[j], list[i]
			}
		}
	}
	at, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	if end := at + h.pageSize; end < len(list) {
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?recursive=true&cursor=%d>; rel="next"`, h.URL, r.URL.Path, end))
		list = list[at:end]
	} else {
		list = list[at:]
	}
	json.NewEncoder(w).Encode(list)
}

func sha256Of(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func gitOf(s string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(s), s))
	return hex.EncodeToString(sum[:])
}

// containsSecret looks for the canary as it is and in the forms in which it could hide.
func containsSecret(b []byte) bool {
	for _, form := range []string{canary, "aGZfQ0FOQVJZ", hex.EncodeToString([]byte(canary)), "CANARY", "SIGNED"} {
		if bytes.Contains(b, []byte(form)) {
			return true
		}
	}
	return false
}
