package stages

import (
	"context"
	"errors"
	"os"
	"testing"

	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// stopper ends a run at the k-th training step that it is told of.
type stopper struct {
	left int
	stop context.CancelFunc
}

func (*stopper) NodeStarted(*pipeline.Node)                {}
func (*stopper) NodeDone(*pipeline.Node, *pipeline.Result) {}

func (s *stopper) NodeProgress(_ *pipeline.Node, p pipeline.Progress) {
	if p.Unit != "steps" {
		return
	}
	if s.left--; s.left == 0 {
		s.stop()
	}
}

// TestFaultResumeAtEveryCheckpointGivesTheSameBits interrupts an experiment with
// every kind of training after each of its steps, whereupon a checkpoint is
// written, and runs it to its end from there: every output is that of a run
// that was not interrupted. RUNEXP_LONG=1 takes every step, else every 23rd.
func TestFaultResumeAtEveryCheckpointGivesTheSameBits(t *testing.T) {
	plan := tinyTraining(t)
	count := &stopper{}
	want, err := contents(t, plan, openStore(t, t.TempDir()), count)
	if err != nil {
		t.Fatal(err)
	}
	steps, stride := -count.left, 23
	if os.Getenv("RUNEXP_LONG") == "1" {
		stride = 1
	}
	resumed := 0
	for k := 1; k <= steps; k += stride {
		store := openStore(t, t.TempDir())
		if _, err := contents(t, plan, store, &stopper{left: k}); !errors.Is(err, pipeline.ErrInterrupted) {
			t.Fatalf("stopped at step %d: %v", k, err)
		}
		after := &stopper{}
		got, err := contents(t, plan, store, after)
		if err != nil {
			t.Fatalf("resumed after step %d: %v", k, err)
		}
		for addr, id := range want {
			if got[addr] != id {
				t.Errorf("resumed after step %d of %d: the output of %s is %s, want %s", k, steps, addr, got[addr], id)
			}
		}
		if repeated := k - after.left - steps; repeated != 0 {
			t.Errorf("resumed after step %d of %d: %d steps were taken again", k, steps, repeated)
		}
		resumed++
	}
	t.Logf("resumed after %d of %d steps", resumed, steps)
}

// tinyTraining is an experiment with each method that trains by gradients.
func tinyTraining(t *testing.T) *Plan {
	t.Helper()
	types := []string{"fine_tuning", "lora", "adapter", "prefix_tuning", "bitfit", "ia3", "layer_norm", "prompt_tuning", "union"}
	plan, diags := compiled(t, tinyExperiment("pair", types))
	if diags.HasErrors() {
		t.Fatal(diags.Error())
	}
	return plan
}

// contents runs a plan and returns each node's output.
func contents(t *testing.T, plan *Plan, store *cache.Store, s *stopper) (map[string]cache.ID, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.stop = cancel
	x := &pipeline.Executor{Cache: store, Memo: &pipeline.Memo{}, Observer: s}
	summary, err := x.Run(ctx, plan.Graph, plan.Want())
	if err != nil {
		return nil, err
	}
	all := map[string]cache.ID{}
	for _, r := range summary.Results {
		if r.Err != nil {
			return nil, r.Err
		}
		all[r.Node.Addr] = r.Entry.Output()
	}
	return all, nil
}
