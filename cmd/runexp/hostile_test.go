package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"runexp/internal/testkit"
	"runexp/internal/testkit/hostile"
)

// A hostileCase is one command on files that must be refused.
type hostileCase struct {
	kind, name string
	write      func(dir string) // makes the files
	at         string           // how the message begins; "" is x.hcl:line:column
	want       []string         // parts of the message
}

// TestHostileFiles gives "runexp validate" every hostile file of the house:
// status 3, the place in the experiment file, the file and, in binary ones, the
// byte; within two seconds and 256 MB; and nothing is written.
func TestHostileFiles(t *testing.T) {
	counts := map[string]int{}
	var slowest time.Duration
	for _, c := range hostileCases(t) {
		counts[c.kind]++
		dir := t.TempDir()
		c.write(dir)
		before := tree(t, dir)
		took, allocated, status, message := validated(t, dir)
		slowest = max(slowest, took)
		begin := c.at
		if begin == "" {
			begin = `(?m)^x\.hcl:\d+:\d+: `
		}
		// Lines are folded at blanks; what is looked for may have become two.
		flat := strings.Join(strings.Fields(message), " ")
		switch {
		case status != exitInvalid:
			t.Errorf("%s: %s: exit status %d, want %d\n%.400s", c.kind, c.name, status, exitInvalid, message)
		case !regexp.MustCompile(begin).MatchString(message):
			t.Errorf("%s: %s: the message does not begin with %s\n%.400s", c.kind, c.name, begin, message)
		case len(message) > 50_000:
			t.Errorf("%s: %s: %d bytes of message", c.kind, c.name, len(message))
		}
		for _, want := range c.want {
			if !strings.Contains(flat, strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%s: %s: the message does not say %q\n%.600s", c.kind, c.name, want, message)
			}
		}
		if allocated > 256<<20 {
			t.Errorf("%s: %s: %d MB allocated", c.kind, c.name, allocated>>20)
		}
		if took > 2*time.Second {
			t.Logf("%s: %s: %v", c.kind, c.name, took) // a busy machine is no fault of the program
		}
		if after := tree(t, dir); !slices.Equal(before, after) {
			t.Errorf("%s: %s: wrote files: before %q, after %q", c.kind, c.name, before, after)
		}
		os.RemoveAll(dir)
	}
	total := 0
	for kind, n := range counts {
		t.Logf("%4d %s", n, kind)
		total += n
	}
	t.Logf("%4d files, the slowest took %v", total, slowest.Round(time.Millisecond))
	if total < 500 {
		t.Errorf("%d hostile files, want at least 500", total)
	}
}

func hostileCases(t *testing.T) []hostileCase {
	return slices.Concat(hostileExperiments(t), hostileCheckpoints(t), hostileData())
}

// TestHostileFilesInProcesses gives every hostile file to a process of its own:
// the system says how much memory it has really taken. RUNEXP_LONG=1 only.
func TestHostileFilesInProcesses(t *testing.T) {
	if !long() {
		t.Skip("starts a thousand processes: RUNEXP_LONG=1 runs it")
	}
	var most int64
	cases, peaks := hostileCases(t), filepath.Join(t.TempDir(), "peak")
	for _, c := range cases {
		s := &site{t: t, dir: t.TempDir()}
		c.write(s.dir)
		before := tree(t, s.dir)
		p := s.start([]string{peakFile + "=" + peaks}, "validate", "x.hcl")
		if status, by := p.wait(t); status != exitInvalid {
			t.Errorf("%s: %s: exit status %d, signal %v, want %d\n%.400s", c.kind, c.name, status, by, exitInvalid, p.err.String())
		}
		text, err := os.ReadFile(peaks)
		if err != nil {
			t.Fatal(err)
		}
		peak, err := strconv.ParseInt(string(text), 10, 64)
		if most = max(most, peak); err != nil || peak > 256<<20 {
			t.Errorf("%s: %s: %d MB of memory, %v", c.kind, c.name, peak>>20, err)
		}
		if after := tree(t, s.dir); !slices.Equal(before, after) {
			t.Errorf("%s: %s: wrote files: before %q, after %q", c.kind, c.name, before, after)
		}
		os.RemoveAll(s.dir)
	}
	t.Logf("%d processes, the largest took %d MB", len(cases), most>>20)
}

// validated runs the command in this process. Everything that was ever allocated
// bounds what was in use at any time.
func validated(t *testing.T, dir string) (took time.Duration, allocated uint64, status int, message string) {
	t.Helper()
	t.Chdir(dir)
	var out, err bytes.Buffer
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	status = Main([]string{"validate", "x.hcl"}, strings.NewReader(""), &out, &err)
	took = time.Since(began)
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc, status, err.String()
}

// tree lists the files below a folder with their sizes.
func tree(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			path = fmt.Sprint(path, " ", info.Size())
		}
		files = append(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func put(dir, name string, data []byte) {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		panic(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		panic(err)
	}
}

const hostileModel = `
experiment "x" {
  seeds = [1]
}
model "base" {
  path = "m"
}
dataset "d" {
  generator "clauses" {
    rows = 60
  }
  input {
    text = "clause"
  }
  label = "kind"
}
method "probing" "linear" {}
`

// hostileCheckpoints are folders in which one file is hostile and the others are
// those of a good model.
func hostileCheckpoints(t *testing.T) (cases []hostileCase) {
	good := t.TempDir()
	if err := tinyCheckpoint(good); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(good, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile(filepath.Join(good, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	older, err := os.ReadFile(filepath.Join(testkit.Root(t), "internal/lm/torchbin/testdata/legacy.bin"))
	if err != nil {
		t.Fatal(err)
	}
	add := func(kind, name, file string, data []byte, want ...string) {
		cases = append(cases, hostileCase{kind, name, func(dir string) {
			put(dir, "x.hcl", []byte(hostileModel))
			put(dir, "m/config.json", config)
			if file != "m/pytorch_model.bin" {
				put(dir, "m/model.safetensors", weights)
			}
			put(dir, file, data)
		}, `^x\.hcl:6:10: `, want})
	}
	for _, f := range hostile.SafetensorsFiles {
		add("safetensors", f.Name, "m/model.safetensors", f.Data, "model.safetensors: byte ", f.Want)
	}
	for _, f := range hostile.TorchFiles(older) {
		add("PyTorch archives and pickles", f.Name, "m/pytorch_model.bin", f.Data, "pytorch_model.bin: byte ", f.Want)
	}
	for _, f := range hostile.ConfigFiles() {
		add("config.json", f.Name, "m/config.json", f.Data, "config.json", f.Want)
	}
	for _, f := range hostile.TokenizerFiles() {
		add("tokenizer.json", f.Name, "m/tokenizer.json", f.Data, "tokenizer", f.Want)
	}
	return cases
}

// hostileData are files of rows.
func hostileData() (cases []hostileCase) {
	for _, f := range hostile.DataFiles() {
		text := fmt.Sprintf("experiment \"x\" {\n  seeds = [1]\n}\ndataset \"d\" {\n  files {\n    all = %q\n%s\n  }\n  input {\n    text = \"text\"\n  }\n  label = \"label\"\n}\nmethod \"majority\" \"m\" {}\n", f.Path, f.Settings)
		cases = append(cases, hostileCase{"rows", f.Name, func(dir string) {
			put(dir, "x.hcl", []byte(text))
			put(dir, f.Path, f.Data)
		}, "", []string{f.Want}})
	}
	return cases
}
