package record

import (
	"fmt"
	"strings"

	"runexp/pipeline"
	"runexp/stages"
	"runexp/stages/block"
	"runexp/stages/work"
)

// chosenNotes says what the selected configurations of a method block settled
// on besides their attributes: a prompt, a share of the change, the state that
// early stopping kept. Of several seeds the first speaks.
func chosenNotes(plan *stages.Plan, m *block.Method, summary *pipeline.Summary, choices []stages.Choice) string {
	var out strings.Builder
	for _, c := range choices {
		if c.Block != m.Name {
			continue
		}
		for _, r := range plan.Runs {
			if r.Family() != c.Family || r.Point.Name != c.Configuration {
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

func runNote(r *stages.Run, res *pipeline.Result) string {
	if res == nil || res.Entry == nil {
		return ""
	}
	e, err := work.ReadEvaluation(res.Entry)
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
