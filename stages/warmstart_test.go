package stages

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"runexp/internal/dataset"
	"runexp/internal/metric"
	"runexp/stages/work"
)

// still is training that moves nothing.
const still = "steps = 1\nlearning_rate = 1e-12\ndropout = 0\nweight_decay = 0\n"

// A method that starts from another one, and does not move, predicts what the
// other one does, through the file, the cache and the edge between them.
func TestFromStartsWhereTheOtherMethodEnded(t *testing.T) {
	chain := []struct{ typ, name, from, body string }{
		{"probing", "probe", "", "pooling = \"mean\""},
		{"fine_tuning", "after_probe", "probe", still},
		{"lora", "lora_after_probe", "probe", still},
		{"lora", "lora", "", "steps = 4\nrank = 2\nlearning_rate = 3e-2\ndropout = 0"},
		{"fine_tuning", "merged", "lora", still},
		{"lora", "wider", "lora", still + "rank = 3"},
		{"ia3", "beside", "merged", still},
		{"prefix_tuning", "prefix", "", "steps = 4\ntokens = 3\nlearning_rate = 3e-2\nreparameterize = true\nhidden = 8"},
		{"layer_norm", "under_prefix", "prefix", still},
		{"union", "both", "", "steps = 4\nlearning_rate = 1e-2\npart \"adapter\" {\n reduction = 4\n}\npart \"bitfit\" {}"},
		{"adapter", "adapter", "both", still + "reduction = 4"},
	}
	var methods strings.Builder
	for _, m := range chain {
		from := ""
		if m.from != "" {
			from = "from = method." + m.from + "\n"
		}
		if m.name == "both" || m.from == "both" {
			from += "models = [model.bert, model.gpt2]\n" // llama has no biases
		}
		fmt.Fprintf(&methods, "method %q %q {\n%s%s\n}\n", m.typ, m.name, from, m.body)
	}
	all := run(t, openStore(t, t.TempDir()), fmt.Sprintf("experiment \"tiny\" {\n seeds = [1]\n}\n%s\ndataset \"pair\" {\n max_length = 32\n %s\n}\n%s",
		tinyModels(), tinyDatasets["pair"], &methods))
	for _, model := range []string{"bert", "gpt2", "llama"} {
		for _, m := range chain {
			if m.from == "" || model == "llama" && m.from == "both" {
				continue
			}
			at := "@" + model + "/pair#1"
			want, got := all["method."+m.from+at], all["method."+m.name+at]
			if want == nil || got == nil {
				t.Errorf("%s from %s on %s was not evaluated", m.name, m.from, model)
				continue
			}
			for i, o := range got.Outcomes {
				for k, probs := range o.Probs {
					for c, p := range probs {
						if q := want.Outcomes[i].Probs[k][c]; math.Abs(float64(p-q)) > 1e-4 {
							t.Fatalf("%s on %s gives row %d of %s class %d the probability %g; %s, which it starts from, %g", m.name, model, k, o.Split, c, p, m.from, q)
						}
					}
				}
			}
		}
	}
}

// Shares are tried after training, so that another list of them trains nothing
// again; 0 is the base model under the trained head.
func TestRewindIsEvaluationOnly(t *testing.T) {
	store := openStore(t, t.TempDir())
	experiment := func(rewind string) string {
		return fmt.Sprintf("experiment \"tiny\" {\n seeds = [1]\n}\n%s\ndataset \"pair\" {\n max_length = 32\n metric = \"log_loss\"\n %s\n}\nmethod \"lora\" \"m\" {\n models = [model.bert]\n steps = 6\n learning_rate = 0.1\n%s\n}",
			tinyModels(), tinyDatasets["pair"], rewind)
	}
	plain, diags := compiled(t, experiment(""))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	rewound, _ := compiled(t, experiment("rewind = [0, 0.5, 1]"))
	if plain.Runs[0].Adapt.Stage.(*work.Adapt).Train == nil || fmt.Sprintf("%+v", *plain.Runs[0].Adapt.Stage.(*work.Adapt).Train) != fmt.Sprintf("%+v", *rewound.Runs[0].Adapt.Stage.(*work.Adapt).Train) {
		t.Error("rewind is part of what trains")
	}
	const address = "method.m@bert/pair#1"
	loss := func(e *work.Evaluation, name string) float64 {
		i := slices.IndexFunc(e.Metrics, func(m work.Metric) bool { return m.Split == dataset.DevSplit && m.Name == name })
		if i < 0 {
			t.Fatalf("dev has no %s", name)
		}
		return e.Metrics[i].Value
	}
	if m, err := metric.ByName("log_loss"); err != nil || m.Higher {
		t.Fatal("log_loss is lower the better")
	}
	best := run(t, store, experiment("rewind = [0, 0.5, 1]"))[address]
	for _, share := range []string{"0", "0.5", "1"} {
		one := run(t, store, experiment("rewind = ["+share+"]"))[address]
		if loss(one, "log_loss") < loss(best, "log_loss") {
			t.Errorf("share %s has a lower loss on dev, %g, than the chosen %g with %g", share, loss(one, "log_loss"), loss(best, "rewind"), loss(best, "log_loss"))
		}
		if share == "0" {
			i := slices.IndexFunc(one.Metrics, func(m work.Metric) bool { return m.Name == "lm_loss_change" })
			if one.Metrics[i].Value != 0 {
				t.Errorf("rewound to 0 the language-modelling loss moved by %g", one.Metrics[i].Value)
			}
		}
	}
	if whole, same := run(t, store, experiment("rewind = [1]"))[address], run(t, store, experiment(""))[address]; loss(whole, "log_loss") != loss(same, "log_loss") {
		t.Error("a share of 1 is not what was trained")
	}
}
