package stages

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"runexp/internal/dataset"
	"runexp/internal/metric"
	"runexp/methods"
	"runexp/stages/work"
)

// Every method type on every kind of task, on an encoder and two decoders.

// tinyDatasets has one for each kind of task, and both inputs of a
// classification.
var tinyDatasets = map[string]string{
	"pair":   `generator "entailment" { rows = 60 }` + "\nlabel = \"relation\"",
	"single": `generator "clauses" { rows = 60 }` + "\nlabel = \"kind\"",
	"scores": "task = \"regression\"\n" + `generator "similarity" { rows = 60 }` + "\nlabel = \"score\"",
	"topics": "task = \"multi_label\"\n" + `generator "topics" { rows = 60 }` + "\nlabel = \"topics\"",
	"tags":   "task = \"tagging\"\n" + `generator "tagging" { rows = 60 }` + "\nlabel = \"tags\"",
	"choice": "task = \"multiple_choice\"\n" + `generator "choice" { rows = 60 }` + "\nlabel = \"answer\"\n" +
		"input {\n text = \"question\"\n choices = [\"a\", \"b\", \"c\", \"d\"]\n}",
	"text": "task = \"language_modeling\"\n" + `generator "facts" { rows = 60 }`,
}

// tinyMethods has a body for each type.
var tinyMethods = map[string]string{
	"majority": "", "tfidf": "",
	"prompting":     "format = format.cloze\nshots = 2",
	"prompt_search": "templates = [\"{premise} {mask} {hypothesis}\", \"{premise} ? {mask} , {hypothesis}\"]\nwords = {\n entailment = [\"yes\"]\n not_entailment = [\"no\"]\n}",
	"probing":       "",
	"fine_tuning":   "steps = 3\nrewind = [0, 0.5, 1]",
	"lora":          "steps = 3\nrank = 2\nrewind = [0.5, 1]",
	"adapter":       "steps = 3\nreduction = 8",
	"prefix_tuning": "steps = 3\ntokens = 3",
	"bitfit":        "steps = 3\nmodels = [model.bert, model.gpt2]",
	"ia3":           "steps = 3",
	"layer_norm":    "steps = 3",
	"prompt_tuning": "steps = 3\ntokens = 3",
	"union":         "steps = 3\npart \"lora\" {\n rank = 2\n targets = [\"all-linear\"]\n}\npart \"layer_norm\" {}",
}

const tinyFormat = `
format "cloze" {
  text  = "{premise} ? {mask} , {hypothesis}"
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}
`

func tinyExperiment(task string, types []string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "experiment \"tiny\" {\n seeds = [1]\n}\n%s%s\ndataset %q {\n max_length = 32\n %s\n}\n", tinyModels(), tinyFormat, task, tinyDatasets[task])
	for _, typ := range types {
		fmt.Fprintf(&out, "method %q %q {\n%s\n}\n", typ, typ, tinyMethods[typ])
	}
	return out.String()
}

func TestEveryMethodRunsOnEveryTaskOrSaysWhyNot(t *testing.T) {
	store := openStore(t, t.TempDir())
	for name, body := range tinyDatasets {
		task := dataset.Classification
		if _, rest, ok := strings.Cut(body, "task = \""); ok {
			task, _, _ = strings.Cut(rest, "\"")
		}
		var types []string
		for _, typ := range methods.Types() {
			if _, ok := tinyMethods[typ]; !ok {
				continue // external, which has tests of its own
			}
			m, _ := methods.New(typ)
			fits := m.Supports(task) == nil
			if fits && (name != "single" || !strings.HasPrefix(typ, "prompting") && typ != "prompt_search") {
				types = append(types, typ)
				continue
			}
			if fits {
				continue // its words are those of the pairs
			}
			_, diags := compiled(t, strings.ReplaceAll(tinyExperiment(name, []string{typ}), "format = format.cloze", ""))
			if !diags.HasErrors() || !strings.Contains(diags.Error(), "Method does not fit the task") {
				t.Errorf("%s on %s: %v, want a diagnostic", typ, name, diags)
			}
		}
		t.Run(name, func(t *testing.T) {
			all := run(t, store, tinyExperiment(name, types))
			want := 0
			for _, typ := range types {
				m, _ := methods.New(typ)
				switch {
				case readsText(m):
					want++
				case typ == "bitfit":
					want += 2
				default:
					want += 3
				}
			}
			if len(all) != want {
				t.Errorf("%d runs of %s were evaluated, want %d", len(all), strings.Join(types, ", "), want)
			}
			for addr, e := range all {
				checkEvaluation(t, addr, task, e)
			}
		})
	}
}

// checkEvaluation holds an evaluation to what must be true of any: every split
// has every metric of its task, finite and in range, over all rows; what is
// trained is counted; the language model is still measured.
func checkEvaluation(t *testing.T, addr, task string, e *work.Evaluation) {
	t.Helper()
	if e.Status == "diverged" {
		t.Errorf("%s diverged: %s", addr, e.Detail)
	}
	for _, split := range []string{dataset.DevSplit, dataset.TestIDSplit} {
		for _, m := range metric.For(task) {
			i := slices.IndexFunc(e.Metrics, func(x work.Metric) bool { return x.Split == split && x.Name == m.Name && x.Slice == "all" })
			if i < 0 {
				t.Errorf("%s: %s has no %s", addr, split, m.Name)
				continue
			}
			v := e.Metrics[i].Value
			if math.IsInf(v, 0) || math.IsNaN(v) && e.Metrics[i].Flag == "" {
				t.Errorf("%s: %s of %s is %v", addr, m.Name, split, v)
			}
			if m.Name == "accuracy" && (v < 0 || v > 1) || m.Name == "loss" && (v < 1 || v > 12) {
				t.Errorf("%s: %s of %s is %v", addr, m.Name, split, v)
			}
		}
		o := e.Outcomes[slices.IndexFunc(e.Outcomes, func(o work.Outcomes) bool { return o.Split == split })]
		if want := map[string]int{dataset.DevSplit: 6, dataset.TestIDSplit: 12}[split]; len(o.IDs) < want-3 || len(o.IDs) > want+3 || len(o.Score) != len(o.IDs) {
			t.Errorf("%s: %d rows and %d scores of %s, want about %d", addr, len(o.IDs), len(o.Score), split, want)
		}
		for i, p := range o.Probs {
			sum := float32(0)
			for _, x := range p {
				sum += x
			}
			if task != dataset.MultiLabel && math.Abs(float64(sum)-1) > 1e-3 {
				t.Errorf("%s: the probabilities of row %d of %s sum to %g", addr, i, split, sum)
			}
		}
	}
	untrained := []string{"method.majority", "method.prompting", "method.prompt_search"}
	without := slices.ContainsFunc(untrained, func(s string) bool { return strings.HasPrefix(addr, s) })
	if (e.Trainable == 0) != without {
		t.Errorf("%s: %d parameters are trained", addr, e.Trainable)
	}
	if !strings.Contains(addr, "/") {
		return // without a model
	}
	change := slices.IndexFunc(e.Metrics, func(m work.Metric) bool { return m.Name == "lm_loss_change" })
	if change < 0 || math.Abs(e.Metrics[change].Value) > 3 {
		t.Errorf("%s: the language-modelling loss is not measured, or moved too much", addr)
	} else if (without || strings.HasPrefix(addr, "method.probing")) && e.Metrics[change].Value != 0 {
		t.Errorf("%s: the language-modelling loss moved although nothing was trained", addr)
	}
	if strings.HasPrefix(addr, "method.fine_tuning") && !strings.Contains(e.Note, "rewound to") {
		t.Errorf("%s: the share that it was rewound to is not noted: %q", addr, e.Note)
	}
}
