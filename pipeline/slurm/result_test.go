package slurm

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// Whatever happens to a result on its way is found out.
func TestCollectFindsDamage(t *testing.T) {
	action := cache.Sum([]byte("x"))
	whole := func(t *testing.T, f folder) {
		f2 := []resultFile{{"a", 5, cache.Sum([]byte("alpha")).String()}, {"sub/b", 4, cache.Sum([]byte("beta")).String()}}
		if err := os.MkdirAll(filepath.Join(f.result(action.String()), "out", "sub"), 0o777); err != nil {
			t.Fatal(err)
		}
		writeResult(t, f, &result{Action: action.String(), Info: map[string]string{"seconds": "1"}, Files: f2}, map[string]string{"a": "alpha", "sub/b": "beta"})
	}
	path := func(f folder, name string) string { return filepath.Join(f.result(action.String()), name) }
	for what, damage := range map[string]func(f folder) error{
		"":             func(folder) error { return nil },
		"bit flipped":  func(f folder) error { return os.WriteFile(path(f, "out/a"), []byte("alphb"), 0o666) },
		"file cut":     func(f folder) error { return os.Truncate(path(f, "out/sub/b"), 2) },
		"file grown":   func(f folder) error { return os.WriteFile(path(f, "out/a"), []byte("alpha and more"), 0o666) },
		"file missing": func(f folder) error { return os.Remove(path(f, "out/a")) },
		"file replaced by a link": func(f folder) error {
			return errors.Join(os.Remove(path(f, "out/a")), os.Symlink("/etc/passwd", path(f, "out/a")))
		},
		"description missing": func(f folder) error { return os.Remove(path(f, "result.json")) },
		"description torn":    func(f folder) error { return os.Truncate(path(f, "result.json"), 100) },
		"description altered": func(f folder) error {
			text, err := os.ReadFile(path(f, "result.json"))
			return errors.Join(err, os.WriteFile(path(f, "result.json"), []byte(strings.Replace(string(text), `"1"`, `"2"`, 1)), 0o666))
		},
		"description of another": func(f folder) error {
			text, err := (&result{Action: cache.Sum([]byte("y")).String()}).encode()
			return errors.Join(err, os.WriteFile(path(f, "result.json"), text, 0o666))
		},
		"name that leads out": func(f folder) error {
			text, err := (&result{Action: action.String(), Files: []resultFile{{"../../a", 5, cache.Sum([]byte("alpha")).String()}}}).encode()
			return errors.Join(err, os.WriteFile(path(f, "result.json"), text, 0o666))
		},
	} {
		if strings.HasSuffix(what, "missing") && testing.Short() {
			continue // waits as for a slow file system
		}
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f, err := openFolder(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			whole(t, f)
			if err := damage(f); err != nil {
				t.Fatal(err)
			}
			job := &pipeline.Job{Action: action, Out: t.TempDir(), Info: map[string]string{}}
			err = f.collect(job)
			if what == "" {
				if text, errRead := os.ReadFile(filepath.Join(job.Out, "sub", "b")); err != nil || errRead != nil || string(text) != "beta" || job.Info["seconds"] != "1" {
					t.Errorf("whole: %v, %v, %q, %v", err, errRead, text, job.Info)
				}
				return
			}
			var found *damageError
			if !errors.As(err, &found) {
				t.Errorf("%v, want a damageError", err)
			}
		})
	}
}

// An error keeps what the exit status depends on.
func TestFailuresKeepTheirKind(t *testing.T) {
	for _, want := range []error{pipeline.ErrResources, pipeline.ErrIntegrity} {
		if f := failureOf(errors.Join(want, errors.New("more"))); !errors.Is(f, want) {
			t.Errorf("%v does not arrive as %v", f, want)
		}
	}
	if f := failureOf(wrongData{}); !f.InvalidInput() || errors.Is(f, pipeline.ErrResources) {
		t.Errorf("%+v, want invalid input", f)
	}
}

type wrongData struct{}

func (wrongData) Error() string      { return "wrong data" }
func (wrongData) InvalidInput() bool { return true }
