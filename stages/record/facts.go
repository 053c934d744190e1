package record

import (
	"encoding/json"
	"fmt"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/report"
	"runexp/pipeline"
	"runexp/stages"
	"runexp/stages/block"
	"runexp/stages/work"
)

// Facts describes an invocation for its report: the question, the data, the
// rules, what was selected. It reads the outputs of data and model nodes. part
// names the flags that left runs out, "" if all are in.
func Facts(plan *stages.Plan, summary *pipeline.Summary, choices []stages.Choice, part string, reproduce report.Reproduce) (json.RawMessage, error) {
	f := &report.Facts{Question: plan.Experiment.Description, Select: plan.Experiment.Select, Part: part, Reproduce: reproduce}
	for _, s := range plan.Experiment.Seeds {
		f.Seeds = append(f.Seeds, int64(s))
	}
	f.Search = searchSentence(plan)
	for _, m := range plan.Models {
		if facts, ok := modelFacts(m, summary.Of(plan.ModelNodes[m.Name])); ok {
			f.Models = append(f.Models, facts)
		}
	}
	for _, d := range plan.Datasets {
		facts, err := datasetFacts(plan, d, summary)
		if err != nil {
			return nil, err
		}
		f.Datasets = append(f.Datasets, *facts)
	}
	for _, b := range plan.Blocks {
		m := b.Config().(*block.Method)
		f.Methods = append(f.Methods, report.MethodFacts{Type: m.Type, Name: m.Name, About: methodAbout(plan, m, summary) + chosenNotes(plan, m, summary, choices)})
	}
	for _, c := range choices {
		f.Selection = append(f.Selection, report.Selection{
			Dataset: c.Dataset, Model: c.Model, Condition: c.Condition, Block: c.Block, Configuration: c.Configuration,
			Tried: c.Tried, Score: c.Score, Ties: c.Ties, Barred: c.Barred,
		})
	}
	for _, b := range plan.Budgets {
		bytes := int64(0)
		if b.StoredBytes != "" {
			bytes, _ = block.ParseBytes(b.StoredBytes) // checked when the block was decoded
		}
		f.Budgets = append(f.Budgets, report.Budget{Name: b.Name, StoredBytes: bytes, TrainableParams: int64(b.TrainableParams), TrainSeconds: b.TrainSeconds})
	}
	diagnoses, err := diagnosisFacts(plan, summary)
	if err != nil {
		return nil, err
	}
	f.Diagnosis = diagnoses
	if g := plan.Gate; g != nil {
		f.Gate = &report.GateFacts{Metric: g.Metric, Split: g.Split, Margin: g.Margin, Alpha: g.Alpha, TrainSeconds: g.TrainSeconds, StoredBytes: g.StoredBytes}
	}
	return marshalFacts(f)
}

func searchSentence(plan *stages.Plan) string {
	s := plan.Search
	switch {
	case s == nil:
		return ""
	case s.Strategy == "random":
		return fmt.Sprintf("Configurations were drawn at random: %d trials for each swept method, seed %d.", s.Trials, s.Seed)
	case s.Strategy == "halving":
		return fmt.Sprintf("Successive halving: every method with several configurations trained them for a small share of the steps, the best third by dev score went on to %d times as many, and so on.", stages.HalvingFactor)
	case len(s.Tune) > 0:
		return fmt.Sprintf("Every trained method tried its default %s at 1/3, 1 and 3 times the value.", strings.Join(s.Tune, " and "))
	}
	return "All configurations of the grid were run."
}

func modelFacts(m *block.Model, res *pipeline.Result) (report.ModelFacts, bool) {
	f := report.ModelFacts{Name: m.Name}
	if res == nil || res.Entry == nil {
		return f, false
	}
	counts, err := work.ReadModelCounts(res.Entry)
	if err != nil {
		return f, false
	}
	f.Parameters, f.Vocabulary = counts.Parameters, counts.Vocabulary
	switch {
	case m.Path.Text != "":
		f.Source = "read from " + m.Path.Text + "."
	case m.Hub != "":
		f.Source = "downloaded from the hub as " + m.Hub + "."
	case m.Random != nil:
		f.Source = "untrained, random weights."
	default:
		p := m.Pretrain
		text := "text files"
		if p.Generator != nil {
			text = fmt.Sprintf("the built-in %q text", p.Generator.Type)
		}
		f.Source = fmt.Sprintf("pretrained here for %d steps of %d sequences on %s.", p.Steps, p.BatchSize, text)
		if !m.From.IsZero() {
			f.Source = fmt.Sprintf("continued from %s: ", m.From.Name) + f.Source
		}
	}
	return f, true
}

// datasetFacts accounts for the rows of a data set.
func datasetFacts(plan *stages.Plan, d *block.Dataset, summary *pipeline.Summary) (*report.DatasetFacts, error) {
	f := &report.DatasetFacts{Name: d.Name, Task: d.Config.Task, Metric: d.Metric, Source: "Read from files."}
	if d.Generator != nil {
		f.Source = fmt.Sprintf("Made by the built-in generator %q.", d.Generator.Type)
	}
	if s := d.Config.Shift; s != nil {
		f.Shift = &report.ShiftFacts{Axis: s.Type, About: shiftSentence(s)}
	}
	res := summary.Of(plan.DataNodes[d.Name])
	if res == nil || res.Entry == nil {
		f.Warnings = append(f.Warnings, "The rows could not be read.")
		return f, nil
	}
	labels, a, err := work.ReadAccounting(res.Entry)
	if err != nil {
		return nil, err
	}
	f.Labels, f.RowsIn, f.Warnings = labels, a.RowsIn, append(f.Warnings, a.Notes...)
	for _, c := range a.Rejected {
		f.Rejected = append(f.Rejected, report.Count{What: c.Name, Rows: c.Rows})
	}
	for _, c := range a.Dropped {
		f.Dropped = append(f.Dropped, report.Count{What: c.Name, Rows: c.Rows})
	}
	truncated, tokens := tokenCounts(plan, d, summary)
	for _, s := range a.Splits {
		split := report.SplitFacts{Name: s.Name, Rows: s.Rows, Truncated: truncated[s.Name], MeanTokens: tokens[s.Name]}
		for _, l := range s.Labels {
			split.Labels = append(split.Labels, l.Rows)
		}
		f.Splits = append(f.Splits, split)
	}
	f.Leakage = []report.Count{}
	for _, l := range a.Leaks {
		f.Leakage = append(f.Leakage, report.Count{What: fmt.Sprintf("rows of %s also stand in %s (%d exact, %d but for case and spaces, %d nearly)", l.Of, l.In, l.Exact, l.Normalised, l.Near), Rows: l.Rows()})
	}
	if a.Duplicate.Conflicts > 0 {
		f.Warnings = append(f.Warnings, fmt.Sprintf("%d rows repeat the input of an earlier row under another label.", a.Duplicate.Conflicts))
	}
	return f, nil
}

func shiftSentence(s *dataset.Shift) string {
	switch s.Type {
	case dataset.TopicShift:
		return fmt.Sprintf("trained on %s = %s, tested on the same and on %s.", s.By, strings.Join(s.Train, ", "), strings.Join(s.Test, ", "))
	case dataset.TemporalShift:
		cut := s.CutDate
		if cut == "" {
			cut = fmt.Sprint(s.Cut)
		}
		return fmt.Sprintf("trained on %s up to %s, tested on later rows in periods of %d.", s.By, cut, s.Period)
	}
	return fmt.Sprintf("trained on %s, tested on %s.", strings.Join(s.Train, ", "), strings.Join(s.Test, ", "))
}

// tokenCounts are the truncated rows and mean lengths of each split, as the
// first evaluation through a model counted them.
func tokenCounts(plan *stages.Plan, d *block.Dataset, summary *pipeline.Summary) (truncated map[string]int, tokens map[string]float64) {
	for _, r := range plan.Runs {
		if r.Dataset != d || r.Model == nil || stages.ReadsFeatures(r.Method.Method) {
			continue
		}
		res := summary.Of(r.Evaluate)
		if res == nil || res.Entry == nil {
			continue
		}
		if e, err := work.ReadEvaluation(res.Entry); err == nil && e.Tokens != nil {
			return e.Truncated, e.Tokens
		}
	}
	return nil, nil
}
