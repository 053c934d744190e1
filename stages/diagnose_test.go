package stages

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"runexp/internal/report"
	"runexp/pipeline"
	"runexp/stages/work"
)

// diagnosed runs the diagnoses of an experiment alone, by data set and model.
func diagnosed(t *testing.T, text string) map[string]report.Diagnosis {
	t.Helper()
	plan, diags := compiled(t, text)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var want []*pipeline.Node
	for _, g := range plan.Diagnoses {
		want = append(want, g.Node)
	}
	x := &pipeline.Executor{Cache: openStore(t, t.TempDir()), Memo: &pipeline.Memo{}}
	summary, err := x.Run(context.Background(), plan.Graph, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range summary.Failures() {
		t.Fatalf("%s: %v", r.Node.Addr, r.Err)
	}
	all := map[string]report.Diagnosis{}
	for _, g := range plan.Diagnoses {
		d, err := work.ReadDiagnosis(summary.Of(g.Node).Entry)
		if err != nil {
			t.Fatal(err)
		}
		d.Dataset, d.Model = g.Names()
		all[d.Dataset+" on "+d.Model] = d
	}
	return all
}

func measures(d report.Diagnosis) []string {
	var names []string
	for _, m := range d.Measures {
		names = append(names, m.Name)
	}
	return names
}

const topicShift = `
  shift "topic" {
    by    = "domain"
    train = ["news", "web"]
    test  = ["contracts", "statutes"]
  }
`

// TestDiagnosisNeedsNoModel compares words alone.
func TestDiagnosisNeedsNoModel(t *testing.T) {
	text := `
experiment "words" {}
dataset "clauses" {
  generator "clauses" {
    rows  = 1200
    shift = SHIFT
  }
  label = "kind"
` + topicShift + `
}
method "majority" "majority" {}
`
	for dial, want := range map[string]string{"0": "", "1": "topic"} {
		d, ok := diagnosed(t, strings.Replace(text, "SHIFT", dial, 1))["clauses on none, words alone"]
		if !ok || d.Dominant != want {
			t.Errorf("at shift %s the dominant shift is %q, not %q", dial, d.Dominant, want)
		}
		if names := measures(d); slices.Contains(names, "LM loss gap") || !slices.Contains(names, "proxy A-distance") {
			t.Errorf("measures %v", names)
		}
	}
}

// TestDiagnosisOfEveryTask reads features of the probes' pass and its own, on an
// encoder and on decoders.
func TestDiagnosisOfEveryTask(t *testing.T) {
	for name, rows := range map[string]string{
		"clauses": "generator \"clauses\" {\n rows = 200\n}\nlabel = \"kind\"",
		"topics":  "task = \"multi_label\"\ngenerator \"topics\" {\n rows = 200\n}\nlabel = \"topics\"",
	} {
		for _, method := range []string{"probing", "bitfit"} {
			text := "experiment \"t\" {\n seeds = [1]\n}\n" + tinyModels() + "dataset \"" + name + "\" {\n max_length = 32\n" + rows + topicShift + "}\nmethod \"" + method + "\" \"m\" {\n models = [model.bert, model.gpt2]\n}\n"
			all := diagnosed(t, text)
			for _, model := range []string{"bert", "gpt2"} {
				names := measures(all[name+" on "+model])
				for _, want := range []string{"length", "unknown rate", "LM loss gap", "proxy A-distance", "MMD²", "total variation"} {
					if !slices.Contains(names, want) {
						t.Errorf("%s on %s, with %s: no %s in %v", name, model, method, want, names)
					}
				}
			}
		}
	}
}

// TestDiagnosisOfAFormatShift renders the same rows.
func TestDiagnosisOfAFormatShift(t *testing.T) {
	text := "experiment \"t\" {\n seeds = [1]\n}\n" + tinyModels() + tinyFormat + `
format "pair" {
  text      = "{premise}"
  text_pair = "{hypothesis}"
}
dataset "nli" {
  max_length = 48
  generator "entailment" {
    rows = 400
  }
  label = "relation"
  shift "format" {
    train = ["pair"]
    test  = ["pair", "cloze"]
  }
}
method "bitfit" "m" {
  models = [model.bert]
}
`
	d, ok := diagnosed(t, text)["nli trained on pair on bert"]
	if !ok || d.Dominant != "format" {
		t.Errorf("dominant shift is %q", d.Dominant)
	}
	for _, m := range d.Measures {
		if m.Axis != "format" {
			t.Errorf("%s of the same rows is compared", m.Name)
		}
		if m.Name == "mass on legal labels" && (m.Value <= 0 || m.Value >= 1 || m.P != nil) {
			t.Errorf("mass on legal labels is %g, tested with %v", m.Value, m.P)
		}
	}
	if names := measures(d); !slices.Contains(names, "mass on legal labels") || !slices.Contains(names, "own-task loss") {
		t.Errorf("measures %v", names)
	}
}

// TestMassIsThatOfTheWordAlone asks a decoder for a word at the end of a text and for
// the same word with more text behind it, which it has not read.
func TestMassIsThatOfTheWordAlone(t *testing.T) {
	words := "words = {\n entailment = [\"yes\"]\n not_entailment = [\"no\"]\n}\n"
	text := "experiment \"t\" {\n seeds = [1]\n}\n" + tinyModels() +
		"format \"short\" {\n text = \"{premise} ? {mask}\"\n" + words + "}\n" +
		"format \"long\" {\n text = \"{premise} ? {mask} , {hypothesis}\"\n" + words + "}\n" + `
dataset "nli" {
  max_length = 64
  generator "entailment" {
    rows = 100
  }
  label = "relation"
  shift "format" {
    train = ["short"]
    test  = ["long"]
  }
}
method "probing" "m" {
  models = [model.gpt2]
}
`
	d := diagnosed(t, text)["nli trained on short on gpt2"]
	at := slices.Index(measures(d), "mass on legal labels")
	if at < 0 {
		t.Fatalf("measures %v", measures(d))
	}
	if m := d.Measures[at]; math.Abs(m.Value) > 2e-4 { // long premises are cut where a hypothesis follows; the mass is some 5e-3
		t.Errorf("what follows changes the mass on legal labels by %g: %s", m.Value, m.Meaning)
	}
}
