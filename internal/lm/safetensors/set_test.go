package safetensors

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder writes files into a new folder; safetensors files hold one tensor per name in their list.
func folder(t *testing.T, index string, shards map[string][]string) string {
	t.Helper()
	dir := t.TempDir()
	if index != "" {
		if err := os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), []byte(index), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, tensors := range shards {
		shard(t, filepath.Join(dir, name), tensors)
	}
	return dir
}

func shard(t *testing.T, path string, names []string) {
	t.Helper()
	var list []Named
	for _, name := range names {
		list = append(list, Named{name, []int64{1}, []float32{float32(name[0])}})
	}
	if err := Write(path, nil, list); err != nil {
		t.Fatal(err)
	}
}

func TestShardsAreOneCheckpoint(t *testing.T) {
	dir := folder(t, `{"metadata":{"total_size":12,"note":"x","ratio":-1.5e3,"flag":true},"weight_map":{"c":"m-2.safetensors","a":"m-1.safetensors","b":"m-1.safetensors"}}`,
		map[string][]string{"m-1.safetensors": {"a", "b"}, "m-2.safetensors": {"c"}})
	s, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := s.Names(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("Names = %q", got)
	}
	if m := s.Metadata(); m["total_size"] != "12" || m["note"] != "x" || m["ratio"] != "-1.5e3" || m["flag"] != "true" {
		t.Errorf("Metadata = %q", m)
	}
	got := make([]float32, 1)
	for _, name := range s.Names() {
		if err := s.Read(name, got); err != nil || got[0] != float32(name[0]) {
			t.Errorf("Read(%q) = %v, %v", name, got, err)
		}
	}
	if raw, err := s.ReadRaw("c"); err != nil || len(raw) != 4 {
		t.Errorf("ReadRaw = %d bytes, %v", len(raw), err)
	}
	if _, ok := s.Info("d"); ok || s.Read("d", got) == nil {
		t.Error("a tensor that is not there was found")
	}
	if _, err := s.ReadRaw("d"); err == nil {
		t.Error("ReadRaw of a tensor that is not there succeeded")
	}
}

func TestSingleFilesByName(t *testing.T) {
	dir := folder(t, "", map[string][]string{"adapter_model.safetensors": {"a"}})
	if _, err := OpenDir(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenDir without model.safetensors = %v, want ErrNotExist", err)
	}
	s, err := OpenNamed(dir, "adapter_model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !slices.Equal(s.Names(), []string{"a"}) {
		t.Errorf("Names = %q", s.Names())
	}
}

func TestHostileIndexes(t *testing.T) {
	ok := map[string][]string{"s": {"a"}}
	cases := []struct {
		name, index string
		shards      map[string][]string
		want        string
	}{
		{"parent folder", `{"weight_map":{"a":"../s"}}`, ok, "outside the folder"},
		{"hidden parent", `{"weight_map":{"a":"x/../../s"}}`, ok, "outside the folder"},
		{"absolute", `{"weight_map":{"a":"/etc/passwd"}}`, ok, "outside the folder"},
		{"the folder itself", `{"weight_map":{"a":"."}}`, ok, "not a regular file"},
		{"empty shard name", `{"weight_map":{"a":""}}`, ok, "outside the folder"},
		{"NUL", `{"weight_map":{"a":"s\u0000"}}`, ok, "invalid argument"},
		{"cycle to itself", `{"weight_map":{"a":"model.safetensors.index.json"}}`, ok, "above the limit"},
		{"missing shards", `{"weight_map":{"a":"s","b":"gone-1","c":"gone-2"}}`, ok, "missing gone-1, gone-2"},
		{"missing tensor", `{"weight_map":{"a":"s","b":"s"}}`, ok, `missing tensor "b" in s`},
		{"unnamed tensor", `{"weight_map":{"a":"s"}}`, map[string][]string{"s": {"a", "b"}}, `does not name: "b"`},
		{"tensor in two shards", `{"weight_map":{"a":"s","b":"t"}}`, map[string][]string{"s": {"a"}, "t": {"a", "b"}}, "is also in"},
		{"duplicate tensor", `{"weight_map":{"a":"s","a":"t"}}`, ok, "duplicate key"},
		{"no map", `{"metadata":{}}`, ok, "names no tensors"},
		{"empty map", `{"weight_map":{}}`, ok, "names no tensors"},
		{"map is null", `{"weight_map":null}`, ok, "expected an object"},
		{"shard is a number", `{"weight_map":{"a":1}}`, ok, "expected a string"},
		{"unknown member", `{"weight_map":{"a":"s"},"Weight_map":{}}`, ok, "unknown member"},
		{"null metadata", `{"metadata":{"total_size":null},"weight_map":{"a":"s"}}`, ok, "expected a string, a number"},
		{"list in metadata", `{"metadata":{"x":[]},"weight_map":{"a":"s"}}`, ok, "expected a string, a number"},
		{"number too large", `{"metadata":{"x":1e999},"weight_map":{"a":"s"}}`, ok, "expected a string, a number"},
		{"trailing text", `{"weight_map":{"a":"s"}} x`, ok, "nothing more"},
		{"deep", strings.Repeat(`{"weight_map":`, 100_000), ok, "expected a string"},
		{"too long", `{"weight_map":{"a":"s"}}` + strings.Repeat(" ", maxIndexBytes), ok, "above the limit"},
		{"not JSON", `PK`, ok, "expected an object"},
	}
	for _, c := range cases {
		dir := folder(t, c.index, c.shards)
		s, err := OpenDir(dir)
		if err == nil {
			s.Close()
			t.Errorf("%s: accepted", c.name)
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: error %q looks as if there were no checkpoint", c.name, err)
		}
		if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "open checkpoint "+dir) {
			t.Errorf("%s: error %q, want it to name the folder and say %q", c.name, err, c.want)
		}
	}
}

func TestLinkThatLeadsNowhereIsNoMissingCheckpoint(t *testing.T) {
	for _, name := range []string{"model.safetensors", "model.safetensors.index.json"} {
		dir := t.TempDir()
		if err := os.Symlink("gone", filepath.Join(dir, name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
		if _, err := OpenDir(dir); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "leads nowhere") {
			t.Errorf("OpenDir with a dangling %s = %v", name, err)
		}
	}
}

func TestShardsBehindLinks(t *testing.T) {
	// A link that leads out of the folder is not followed.
	outside := filepath.Join(t.TempDir(), "s")
	shard(t, outside, []string{"a"})
	dir := folder(t, `{"weight_map":{"a":"s"}}`, nil)
	if err := os.Symlink(outside, filepath.Join(dir, "s")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if _, err := OpenDir(dir); err == nil {
		t.Error("a shard outside the folder was opened through a link")
	}

	// In the hub's cache layout links into the blobs beside the snapshots are.
	repo := t.TempDir()
	snapshot := filepath.Join(repo, "snapshots", "c0ffee")
	for _, d := range []string{snapshot, filepath.Join(repo, "blobs")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	shard(t, filepath.Join(repo, "blobs", "1234"), []string{"a"})
	if err := os.WriteFile(filepath.Join(snapshot, "model.safetensors.index.json"), []byte(`{"weight_map":{"a":"s","b":"t"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../blobs/1234", filepath.Join(snapshot, "s")); err != nil {
		t.Fatal(err)
	}
	shard(t, filepath.Join(repo, "blobs", "5678"), []string{"b"})
	if err := os.Symlink("../../blobs/5678", filepath.Join(snapshot, "t")); err != nil {
		t.Fatal(err)
	}
	s, err := OpenDir(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()

	// Even there, nothing outside the repository's folder is.
	if err := os.Remove(filepath.Join(snapshot, "t")); err != nil {
		t.Fatal(err)
	}
	shard(t, outside, []string{"b"})
	if err := os.Symlink(outside, filepath.Join(snapshot, "t")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(snapshot); err == nil {
		t.Error("a shard outside the repository was opened through a link")
	}
}
