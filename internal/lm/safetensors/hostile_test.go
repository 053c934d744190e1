package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"runexp/internal/testkit/hostile"
)

const good = `"dtype":"F32","shape":[1],"data_offsets":[0,4]`

func mustParse(t *testing.T, b []byte) *File {
	t.Helper()
	f, err := parse("x", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHostileFilesAreRefusedWithTheirOffset(t *testing.T) {
	dir := t.TempDir()
	for _, c := range hostile.SafetensorsFiles {
		path := filepath.Join(dir, "x.safetensors")
		if err := os.WriteFile(path, c.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err == nil {
			f.Close()
			t.Errorf("%s: accepted", c.Name)
			continue
		}
		at, ok := errors.AsType[*Error](err)
		if !ok || at.Path != path {
			t.Errorf("%s: error %q carries no path and offset", c.Name, err)
			continue
		}
		if c.At >= 0 && at.Offset != c.At || at.Offset > int64(len(c.Data)) {
			t.Errorf("%s: error at byte %d, want %d: %v", c.Name, at.Offset, c.At, err)
		}
		if !strings.Contains(err.Error(), c.Want) || len(err.Error()) > 700 {
			t.Errorf("%s: error %.900q does not say %q, or is too long", c.Name, err, c.Want)
		}
	}
}

func TestOddButAllowedFiles(t *testing.T) {
	for name, b := range map[string][]byte{
		"no tensors":           hostile.Safetensors(`{}`, nil),
		"padding":              hostile.Safetensors("{} \n\t\r  ", nil),
		"metadata only":        hostile.Safetensors(`{"__metadata__":{"a":"b"}}`, nil),
		"members reversed":     hostile.Safetensors(`{"a":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}`, make([]byte, 4)),
		"tensors out of order": hostile.Two("[4,8]", "[0,4]", 8),
		"empty tensor between": hostile.Safetensors(`{"a":{`+good+`},"e":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}`, make([]byte, 8)),
		"escapes":              hostile.Safetensors(`{"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00":{`+good+`}}`, make([]byte, 4)),
		"case variants differ": hostile.Safetensors(`{"a":{`+good+`},"A":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)),
		"two F4":               hostile.Safetensors(`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, make([]byte, 1)),
		"FP8":                  hostile.Safetensors(`{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}`, make([]byte, 2)),
		"19 digits":            hostile.Safetensors(`{"a":{"dtype":"U8","shape":[0,1000000000000000000],"data_offsets":[0,0]}}`, nil),
	} {
		if _, err := parse(name, bytes.NewReader(b), int64(len(b))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := mustParse(t, hostile.Safetensors(`{"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00":{`+good+`}}`, make([]byte, 4)))
	if got, want := f.Names()[0], "\"\\/\b\f\n\r\tä😀"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
}

func TestNotARegularFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("cannot make a named pipe here: %v", err)
	}
	for _, path := range []string{dir, pipe, "/dev/zero"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Open(%s) = %v, want a refusal", path, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of nothing = %v, want ErrNotExist", err)
	}
}

// TestHostileMemory gives the reader the largest headers it takes, made of as
// many tensors or as deep or wide a structure as fit.
func TestHostileMemory(t *testing.T) {
	tensors := func(n int) []byte {
		var b bytes.Buffer
		b.WriteByte('{')
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`, i)
		}
		b.WriteByte('}')
		return hostile.Safetensors(b.String(), nil)
	}
	for name, b := range map[string][]byte{
		"as many tensors as allowed": tensors(maxTensors),
		"one more":                   tensors(maxTensors + 1),
		"one long name":              hostile.Safetensors(`{"`+strings.Repeat("a", maxHeaderBytes-10)+`":1}`, nil),
		"metadata keys": hostile.Safetensors(`{"__metadata__":{`+func() string {
			var s strings.Builder
			for i := 0; s.Len() < maxHeaderBytes-100; i++ {
				fmt.Fprintf(&s, `"%d":"",`, i)
			}
			return s.String()
		}()+`"":""}}`, nil),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := parse(name, bytes.NewReader(b), int64(len(b)))
		runtime.ReadMemStats(&after)
		total := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d bytes allocated, err %.100v", name, total, err)
		// All that was ever allocated bounds what was in use at any time.
		if total > 64<<20 {
			t.Errorf("%s: %d bytes allocated, want at most 64 MiB", name, total)
		}
		runtime.KeepAlive(f)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range hostile.SafetensorsFiles {
		if len(c.Data) < 4096 {
			f.Add(c.Data)
		}
	}
	f.Add(hostile.Two("[4,8]", "[0,4]", 8))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parse("fuzz", bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		// What was accepted can be read to the last byte, and covers each byte once.
		sum := int64(0)
		for _, name := range file.Names() {
			raw, err := file.ReadRaw(name)
			if err != nil {
				t.Fatal(err)
			}
			sum += int64(len(raw))
		}
		if header := int64(binary.LittleEndian.Uint64(b)); 8+header+sum != int64(len(b)) {
			t.Fatalf("header %d and tensors %d do not add up to %d", header, sum, len(b))
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":12,"x":true},"weight_map":{"a":"m-1.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"\ud83d\ude00":"../s"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := parseIndex(b)
		if err != nil {
			return
		}
		n := 0
		for shard, tensors := range x.shards {
			for _, name := range tensors {
				if x.shardOf[name] != shard {
					t.Fatalf("tensor %q is listed under %q and belongs to %q", name, shard, x.shardOf[name])
				}
				n++
			}
		}
		if n == 0 || n != len(x.shardOf) {
			t.Fatalf("%d tensors in shards, %d in all", n, len(x.shardOf))
		}
	})
}
