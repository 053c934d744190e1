package work

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"runexp/internal/dataset"
	"runexp/internal/metric"
)

// Outcomes is what happened to each row of one split; parallel columns.
type Outcomes struct {
	Split  string      `json:"split"`
	IDs    []string    `json:"ids"`
	Slices []string    `json:"slices,omitempty"`
	Gold   []float64   `json:"gold,omitempty"`
	Pred   []float64   `json:"pred,omitempty"`
	Score  []float64   `json:"score"`
	Weight []float64   `json:"weight,omitempty"`
	Probs  [][]float32 `json:"probs,omitempty"`
}

// Metric is one measured number.
type Metric struct {
	Split string  `json:"split"`
	Slice string  `json:"slice"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	N     int     `json:"n"`
	Flag  string  `json:"flag,omitempty"`
}

// Predictions is the output of a method on one split: rows of cols numbers.
// Classification: probabilities. Multi-label: independent probabilities.
// Regression: the value. Multiple choice: one number per candidate. Tagging:
// probabilities, one row per scored word. Language modelling: the loss and the
// number of scored tokens.
type Predictions struct {
	cols   int
	values []float64
}

// Row are the cols numbers of one row.
func (p Predictions) Row(i int) []float64 { return p.values[i*p.cols : (i+1)*p.cols] }

// assess compares predictions with a split's rows: outcomes, and every metric
// of the task on all rows and on each slice. words says, for tagging, which words
// of each row were scored; nil stands for all.
func assess(d *dataset.Dataset, split string, p Predictions, words [][]int32) (Outcomes, []Metric, error) {
	rows := d.Split(split)
	a := &assessment{data: d, rows: rows.Len(), out: Outcomes{Split: split}, words: words}
	a.out.IDs, a.out.Slices = make([]string, 0, a.rows), make([]string, 0, a.rows)
	if err := a.judge(rows, p); err != nil {
		return a.out, nil, fmt.Errorf("assess %s: %w", split, err)
	}
	if !slices.ContainsFunc(a.out.Slices, func(s string) bool { return s != "" }) {
		a.out.Slices = nil
	}
	return a.out, a.metrics(), nil
}

type assessment struct {
	data  *dataset.Dataset
	rows  int
	out   Outcomes
	in    metric.Input
	words [][]int32
	kept  []float32 // room for the probabilities in out
	at    int       // the next of the predictions of words or candidates
}

// judge goes through the rows with their predictions.
func (a *assessment) judge(rows dataset.Rows, p Predictions) error {
	n := len(p.values) / max(p.cols, 1)
	several := a.data.Task == dataset.MultipleChoice || a.data.Task == dataset.Tagging
	if !several && n != a.rows {
		return fmt.Errorf("%d predictions for %d rows", n, a.rows)
	}
	a.in.Classes = len(a.data.LabelNames)
	a.kept = make([]float32, 0, len(p.values))
	slice := map[string]string{} // each is kept once
	err := rows.Each(func(i int, row *dataset.Row) error {
		if _, ok := slice[row.Slice]; !ok {
			slice[row.Slice] = row.Slice
		}
		a.out.IDs, a.out.Slices = append(a.out.IDs, row.ID), append(a.out.Slices, slice[row.Slice])
		return a.row(i, row, p)
	})
	switch {
	case err != nil:
		return err
	case several && a.at != n:
		return fmt.Errorf("%d predictions for %d words or candidates", n, a.at)
	case a.data.Task == dataset.Classification:
		a.in.Positive, a.in.Probs = a.in.Classes-1, p.values
	}
	return nil
}

// row judges one row.
func (a *assessment) row(i int, row *dataset.Row, p Predictions) error {
	switch a.data.Task {
	case dataset.Classification:
		a.class(row.Label, p.Row(i))
	case dataset.MultipleChoice:
		k := len(row.Choices)
		if a.at+k > len(p.values) {
			return fmt.Errorf("%d predictions do not reach row %d of %d", len(p.values), i+1, a.rows)
		}
		probs := softmax(p.values[a.at : a.at+k])
		a.at += k
		a.class(row.Label, probs)
		a.in.Probs = append(a.in.Probs, probs...)
		if i == 0 {
			a.in.Classes = k
		}
	case dataset.Regression:
		gold, pred := row.Target, p.Row(i)[0]
		a.out.Gold, a.out.Pred = append(a.out.Gold, gold), append(a.out.Pred, pred)
		a.out.Score = append(a.out.Score, (gold-pred)*(gold-pred))
		a.in.GoldValues, a.in.PredValues = append(a.in.GoldValues, gold), append(a.in.PredValues, pred)
	case dataset.LanguageModeling:
		loss, tokens := p.Row(i)[0], p.Row(i)[1]
		a.out.Score, a.out.Weight = append(a.out.Score, loss), append(a.out.Weight, tokens)
		a.in.LossSums, a.in.Tokens = append(a.in.LossSums, loss), append(a.in.Tokens, tokens)
	case dataset.MultiLabel:
		a.labels(row, p.Row(i))
	case dataset.Tagging:
		a.tags(i, row, p)
	default:
		return fmt.Errorf("a %s task has no predictions", a.data.Task)
	}
	return nil
}

// keep copies probabilities into the outcomes.
func (a *assessment) keep(probs []float64) {
	from := len(a.kept)
	for _, v := range probs {
		a.kept = append(a.kept, float32(v))
	}
	a.out.Probs = append(a.out.Probs, a.kept[from:len(a.kept):len(a.kept)])
}

// class records one classified row.
func (a *assessment) class(gold int, probs []float64) {
	pred := Argmax(probs)
	right := 0.0
	if pred == gold {
		right = 1
	}
	a.keep(probs)
	a.out.Gold, a.out.Pred = append(a.out.Gold, float64(gold)), append(a.out.Pred, float64(pred))
	a.out.Score = append(a.out.Score, right)
	a.in.Gold, a.in.Pred = append(a.in.Gold, gold), append(a.in.Pred, pred)
}

func (a *assessment) labels(row *dataset.Row, probs []float64) {
	exact := 1.0
	for k, v := range probs {
		gold, pred := slices.Contains(row.Labels, k), v >= 0.5
		a.in.GoldLabels, a.in.PredLabels = append(a.in.GoldLabels, gold), append(a.in.PredLabels, pred)
		if gold != pred {
			exact = 0
		}
	}
	a.in.Probs = append(a.in.Probs, probs...)
	a.keep(probs)
	a.out.Score = append(a.out.Score, exact)
}

// tags records one row of words. A word that was cut off counts as predicted
// outside of every entity, or as the first class.
func (a *assessment) tags(i int, row *dataset.Row, p Predictions) {
	names := a.data.LabelNames
	outside := max(0, slices.Index(names, "O"))
	n := len(p.values) / max(p.cols, 1)
	gold, pred := make([]string, len(row.Tags)), make([]string, len(row.Tags))
	right := 0.0
	for w, tag := range row.Tags {
		choice := outside
		if a.at < n && (a.words == nil || slices.Contains(a.words[i], int32(w))) {
			choice = Argmax(p.Row(a.at))
			a.at++
		}
		gold[w], pred[w] = names[tag], names[choice]
		if choice == tag {
			right++
		}
	}
	a.in.GoldTags, a.in.PredTags = append(a.in.GoldTags, gold), append(a.in.PredTags, pred)
	a.out.Score = append(a.out.Score, right)
	a.out.Weight = append(a.out.Weight, float64(len(row.Tags)))
}

// metrics computes every measure of the task on all rows and on each slice.
func (a *assessment) metrics() []Metric {
	list := a.measure("all", a.in, a.rows)
	names := map[string][]int{}
	for i, s := range a.out.Slices {
		if s != "" {
			names[s] = append(names[s], i)
		}
	}
	if len(names) == 0 || a.data.Task == dataset.MultipleChoice {
		return list
	}
	for _, s := range slices.Sorted(maps.Keys(names)) {
		list = append(list, a.measure(s, a.part(names[s]), len(names[s]))...)
	}
	return list
}

func (a *assessment) measure(slice string, in metric.Input, n int) []Metric {
	var list []Metric
	for _, m := range metric.For(a.data.Task) {
		if m.Probs && in.Probs == nil {
			continue
		}
		v := m.Compute(in)
		list = append(list, Metric{Split: a.out.Split, Slice: slice, Name: m.Name, Value: v.V, N: n, Flag: v.Flag})
	}
	return list
}

// part is the input of some rows alone.
func (a *assessment) part(rows []int) metric.Input {
	in := metric.Input{Classes: a.in.Classes, Positive: a.in.Positive}
	c := a.in.Classes
	for _, i := range rows {
		if a.in.Gold != nil {
			in.Gold, in.Pred = append(in.Gold, a.in.Gold[i]), append(in.Pred, a.in.Pred[i])
		}
		if a.in.GoldValues != nil {
			in.GoldValues, in.PredValues = append(in.GoldValues, a.in.GoldValues[i]), append(in.PredValues, a.in.PredValues[i])
		}
		if a.in.GoldLabels != nil {
			in.GoldLabels, in.PredLabels = append(in.GoldLabels, a.in.GoldLabels[i*c:(i+1)*c]...), append(in.PredLabels, a.in.PredLabels[i*c:(i+1)*c]...)
		}
		if a.in.GoldTags != nil {
			in.GoldTags, in.PredTags = append(in.GoldTags, a.in.GoldTags[i]), append(in.PredTags, a.in.PredTags[i])
		}
		if a.in.LossSums != nil {
			in.LossSums, in.Tokens = append(in.LossSums, a.in.LossSums[i]), append(in.Tokens, a.in.Tokens[i])
		}
		if a.in.Probs != nil {
			in.Probs = append(in.Probs, a.in.Probs[i*c:(i+1)*c]...)
		}
	}
	return in
}

// Argmax is the index of the largest number; of equal ones the first.
func Argmax(v []float64) int {
	best := 0
	for k := range v {
		if v[k] > v[best] {
			best = k
		}
	}
	return best
}

// softmax turns scores into probabilities.
func softmax(scores []float64) []float64 {
	out, sum := make([]float64, len(scores)), 0.0
	top := slices.Max(scores)
	for i, s := range scores {
		out[i] = math.Exp(s - top)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
