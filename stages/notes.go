package stages

import (
	"fmt"
	"strings"

	"runexp/pipeline"
)

// chosenNotes says what the selected configurations of a method block settled
// on besides their attributes: a prompt, a share of the change, the state that
// early stopping kept. Of several seeds the first speaks.
func chosenNotes(plan *Plan, m *Method, summary *pipeline.Summary, choices []Choice) string {
	var out strings.Builder
	for _, c := range choices {
		if c.Block != m.Name {
			continue
		}
		for _, r := range plan.Runs {
			if r.family() != c.family || r.Point.Name != c.Configuration {
				continue
			}
			if note := runNote(r, summary.Of(r.Evaluate)); note != "" {
				where := r.Dataset.Name
				if r.Model != nil {
					where = r.Model.Name + " on " + where
				}
				if r.Condition != "" {
					where += " as " + r.Condition
				}
				fmt.Fprintf(&out, "; with %s: %s", where, note)
			}
			break
		}
	}
	return out.String()
}

func runNote(r *Run, res *pipeline.Result) string {
	if res == nil || res.Entry == nil {
		return ""
	}
	e, err := readEvaluation(res.Entry)
	if err != nil {
		return ""
	}
	var notes []string
	if r.Method.Train != nil && r.Method.Train.EarlyStopping > 0 && e.Train.Steps > 0 {
		notes = append(notes, fmt.Sprintf("the best state on dev was kept, that after step %d of %d", e.Train.Kept, e.Train.Steps))
	}
	if e.Note != "" {
		notes = append(notes, e.Note)
	}
	return strings.Join(notes, "; ")
}
