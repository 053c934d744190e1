package record

import (
	"fmt"

	"runexp/internal/show"
	"runexp/pipeline"
	"runexp/stages"
	"runexp/stages/block"
	"runexp/stages/work"
)

// about says in a sentence what each type of method does.
var about = map[string]string{
	"majority":      "predicts the most frequent class of the training rows",
	"tfidf":         "logistic regression on weighted words and word pairs, without a language model",
	"prompting":     "asks the untouched model through a template and label words; trains nothing",
	"prompt_search": "asks the untouched model through the template and label words that did best on dev; trains nothing",
	"probing":       "fits a small classifier on features of the frozen model",
	"fine_tuning":   "trains the model's own parameters and a new head",
	"lora":          "adds a product of two thin matrices to frozen weights and trains only these and a head",
	"adapter":       "trains small bottleneck layers between frozen ones, and a head",
	"prefix_tuning": "trains keys and values that every layer reads before the input, and a head",
	"bitfit":        "trains the model's biases and a head",
	"ia3":           "trains vectors that scale frozen activations, and a head",
	"layer_norm":    "trains the model's norms and a head",
	"union":         "trains the parts of several lightweight methods together, and a head",
	"prompt_tuning": "trains vectors before the input, with a head or label words",
	"external":      "runs another trainer and records its predictions",
}

// methodAbout describes a method block with the counts of its first finished
// run through a model.
func methodAbout(plan *stages.Plan, m *block.Method, summary *pipeline.Summary) string {
	text := about[m.Type]
	known := stages.FromSummary(summary)
	for _, r := range plan.Runs {
		if r.Method.Name != m.Name || r.Model == nil {
			continue
		}
		entry := known(r.Evaluate)
		if entry == nil {
			continue
		}
		e, err := work.ReadEvaluation(entry)
		if err != nil || e.Total == 0 {
			continue
		}
		return fmt.Sprintf("%s: %s parameters of the model stay as they are, %s are trained, and a head of %s",
			text, show.Count(e.Total-e.Trainable), show.Count(e.Trainable-e.Head), show.Count(e.Head))
	}
	return text
}
