package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// stopAt returns a context and the option that ends it after a step.
func stopAt(t *testing.T, step int) (context.Context, func(step, total int, loss float64)) {
	ctx, cancel := context.WithCancelCause(t.Context())
	return ctx, func(at, _ int, _ float64) {
		if at == step {
			cancel(errStop)
		}
	}
}

var errStop = errors.New("stopped by the test")

func TestResumeAtEveryStepGivesTheSameBits(t *testing.T) {
	b := newBERT(t)
	rows, dev := newRows(16, 1), newRows(10, 2)
	c := smallConfig()
	c.EarlyStopping = 2
	data := Data{Task: twoClasses, Train: rows, Dev: dev, Score: accuracy(dev)}
	want := run(t, b, data, c, Options{})
	for step := 1; step <= want.Result.Steps; step++ {
		work := t.TempDir()
		ctx, progress := stopAt(t, step)
		overlay := newOverlay(t, b, 3)
		_, _, err := Run(ctx, b, overlay, data, c, 3, Options{Work: work, Progress: progress})
		if last := step == want.Result.Steps; last != (err == nil) || !last && !errors.Is(err, errStop) {
			t.Fatalf("stopped after step %d of %d: error %v", step, want.Result.Steps, err)
		}
		overlay = newOverlay(t, b, 3)
		r, m, err := Run(t.Context(), b, overlay, data, c, 3, Options{Work: work})
		if err != nil {
			t.Fatal(err)
		}
		if m.Resumed != step {
			t.Errorf("resumed at step %d, want %d", m.Resumed, step)
		}
		if got := (trained{state(overlay), *r}); !reflect.DeepEqual(got, want) {
			t.Errorf("resumed at step %d: %+v, want %+v", step, got.Result, want.Result)
		}
	}
}

func TestTornCheckpointFallsBackToTheOneBefore(t *testing.T) {
	b := newBERT(t)
	data := Data{Task: twoClasses, Train: newRows(16, 1)}
	want := run(t, b, data, smallConfig(), Options{})
	tear := map[string]func(slot string) error{
		"cut tensors":        func(slot string) error { return os.Truncate(slot+".safetensors", 1000) },
		"no tensors":         func(slot string) error { return os.Remove(slot + ".safetensors") },
		"no description":     func(slot string) error { return os.Remove(slot + ".json") },
		"cut description":    func(slot string) error { return os.Truncate(slot+".json", 20) },
		"other tensors":      func(slot string) error { return os.WriteFile(slot+".safetensors", []byte("{}"), 0o666) },
		"both pairs damaged": func(string) error { return nil },
	}
	for name, damage := range tear {
		t.Run(name, func(t *testing.T) {
			work := t.TempDir()
			clock := time.Unix(0, 0)
			ctx, progress := stopAt(t, 5)
			o := Options{Work: work, Every: time.Second, Progress: progress, Now: func() time.Time { clock = clock.Add(time.Minute); return clock }}
			if _, _, err := Run(ctx, b, newOverlay(t, b, 3), data, smallConfig(), 3, o); !errors.Is(err, errStop) {
				t.Fatal(err)
			}
			// Five steps were saved into slots 1 0 1 0 1.
			if err := damage(filepath.Join(work, "checkpoint-1")); err != nil {
				t.Fatal(err)
			}
			resumed := 4
			if name == "both pairs damaged" {
				resumed = 0
				for slot := range 2 {
					if err := os.Truncate(filepath.Join(work, fmt.Sprintf("checkpoint-%d.safetensors", slot)), 10); err != nil {
						t.Fatal(err)
					}
				}
			}
			overlay := newOverlay(t, b, 3)
			r, m, err := Run(t.Context(), b, overlay, data, smallConfig(), 3, Options{Work: work})
			if err != nil {
				t.Fatal(err)
			}
			if m.Resumed != resumed || !reflect.DeepEqual(trained{state(overlay), *r}, want) {
				t.Errorf("resumed at step %d, want %d; result %+v, want %+v", m.Resumed, resumed, *r, want.Result)
			}
		})
	}
}
