package stages

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/pipeline/config"
	"runexp/stages/block"
	"runexp/stages/work"
)

// compiled is what an experiment's text is compiled to, and what is said of it.
func compiled(t *testing.T, text string) (*Plan, hcl.Diagnostics) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "experiment.hcl")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	exp, diags := config.NewParser().Load([]string{path}, block.Kinds, config.Options{})
	if diags.HasErrors() {
		return nil, diags
	}
	return Compile(exp, Options{})
}

// run compiles and runs an experiment, and returns each run's evaluation by
// its address. store keeps what several experiments share.
func run(t *testing.T, store *cache.Store, text string) map[string]*work.Evaluation {
	t.Helper()
	plan, diags := compiled(t, text)
	if diags.HasErrors() {
		t.Fatal(diags.Error())
	}
	x := &pipeline.Executor{Cache: store, Memo: &pipeline.Memo{}}
	summary, err := x.Run(context.Background(), plan.Graph, plan.Want())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range summary.Failures() {
		t.Errorf("%s: %v", r.Node.Addr, r.Err)
	}
	all := map[string]*work.Evaluation{}
	for _, r := range plan.Runs {
		res := summary.Of(r.Evaluate)
		if res == nil || res.Entry == nil {
			continue
		}
		e, err := work.ReadEvaluation(res.Entry)
		if err != nil {
			t.Fatal(err)
		}
		if e.Outcomes, err = work.ReadOutcomes(res.Entry); err != nil {
			t.Fatal(err)
		}
		all[r.Addr()] = e
	}
	return all
}

func openStore(t *testing.T, dir string) *cache.Store {
	t.Helper()
	store, err := cache.Open(dir, cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// tinyModels are models of every architecture that can be pretrained here.
func tinyModels() string {
	var out strings.Builder
	for _, architecture := range []string{"bert", "gpt2", "llama"} {
		out.WriteString(`
model "` + architecture + `" {
  pretrain {
    architecture  = "` + architecture + `"
    layers        = 2
    hidden_size   = 16
    heads         = 2
    vocabulary    = 400
    max_positions = 64
    length        = 24
    steps         = 4
    batch_size    = 4
    generator "general" {
      rows = 300
    }
  }
}
`)
	}
	return out.String()
}
