package stages

import (
	"strings"
	"testing"
)

// Every guard fires on a run that really does what it guards against, and is
// silent about a run that learns.
func TestDidItLearn(t *testing.T) {
	text := `
experiment "guards" {
  seeds = [1]
}
` + tinyModels() + `
dataset "pair" {
  max_length = 32
  generator "entailment" {
    rows = 100
  }
  label = "relation"
}
method "fine_tuning" "learns" {
  models        = [model.bert]
  epochs        = 30
  learning_rate = 3e-3
}
method "fine_tuning" "diverges" {
  models        = [model.bert]
  steps         = 20
  learning_rate = 9e8
  gradient_clip = 0
}
method "fine_tuning" "collapses" {
  models        = [model.bert]
  steps         = 20
  learning_rate = 0.5
}
method "lora" "stands" { # every step sees all rows, and nothing moves
  models        = [model.bert]
  steps         = 10
  batch_size    = 100
  dropout       = 0
  learning_rate = 1e-30
}
method "lora" "headless" { # too short a curve to see, but the head shows it
  models        = [model.bert]
  steps         = 3
  learning_rate = 1e-30
}
`
	all := run(t, openStore(t, t.TempDir()), text)
	for name, want := range map[string]struct{ status, detail string }{
		"learns":    {"ok", ""},
		"diverges":  {"diverged", "the loss is NaN"},
		"collapses": {"collapsed", "every row of dev is predicted as"},
		"stands":    {"not_learned", "the loss did not fall"},
		"headless":  {"not_learned", "the head did not move"},
	} {
		found := false
		for addr, e := range all {
			if !strings.HasPrefix(addr, "method."+name) {
				continue
			}
			found = true
			if e.Status != want.status || !strings.Contains(e.Detail, want.detail) {
				t.Errorf("%s: %s (%s), want %s (… %s …)", addr, e.Status, e.Detail, want.status, want.detail)
			}
		}
		if !found {
			t.Errorf("no run of %s was evaluated: %d runs", name, len(all))
		}
	}
}
