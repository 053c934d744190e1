package ui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
	"runexp/results"
)

// judge reads the outcomes of a split as its task means them.
type judge struct {
	*results.Outcomes
	kind judgement
}

type judgement int

const (
	classes judgement = iota // gold and predicted are indices of labels
	values                   // gold and predicted are numbers
	parts                    // the score is the number of parts that are right, the weight that of all
	labels                   // the score is 1 where the set of labels is exactly right
)

func newJudge(o *results.Outcomes) judge {
	n := o.Len()
	paired := len(o.Gold) == n && len(o.Pred) == n
	switch {
	case paired && (len(o.Probs) == n || len(o.Labels) > 0):
		return judge{o, classes}
	case paired:
		return judge{o, values}
	case len(o.Weight) == n:
		return judge{o, parts}
	}
	return judge{o, labels}
}

// wrong reports whether a row counts among the mistakes; every prediction of a
// number does, more or less.
func (j judge) wrong(i int) bool {
	switch j.kind {
	case classes:
		return j.Gold[i] != j.Pred[i]
	case values:
		return true
	case parts:
		return j.Score[i] < j.Weight[i]
	}
	return i < len(j.Score) && j.Score[i] < 1
}

// badness orders mistakes: how sure the model was, how far off, how much is wrong.
func (j judge) badness(i int) float64 {
	switch j.kind {
	case classes:
		return j.confidence(i)
	case values:
		return math.Abs(j.Gold[i] - j.Pred[i])
	case parts:
		return j.Weight[i] - j.Score[i]
	}
	return 0
}

// confidence is the probability of the predicted class; NaN where there is none.
func (j judge) confidence(i int) float64 { return j.probability(i, j.Pred[i]) }

func (j judge) probability(i int, class float64) float64 {
	if k := int(class); i < len(j.Probs) && k >= 0 && k < len(j.Probs[i]) {
		return float64(j.Probs[i][k])
	}
	return math.NaN()
}

// mistakes lists the rows that were got wrong, the worst first, equals in the
// order of the data.
func (j judge) mistakes() []int {
	var rows []int
	for i := range j.Len() {
		if j.wrong(i) {
			rows = append(rows, i)
		}
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(j.badness(b), j.badness(a)) })
	return rows
}

// label names a class; a multiple choice has places instead of names.
func (j judge) label(class float64) string {
	if k := int(class); float64(k) == class && k >= 0 && k < len(j.Labels) {
		return j.Labels[k]
	}
	return "choice " + strconv.FormatFloat(class+1, 'g', -1, 64)
}

// gold shows what was right, predicted what the model said.
func (j judge) gold(i int) cell {
	switch j.kind {
	case classes:
		return name(j.label(j.Gold[i]))
	case values:
		return value(score(j.Gold[i]), j.Gold[i])
	case parts:
		return value(fmt.Sprintf("%g parts", j.Weight[i]), j.Weight[i])
	}
	return text(show.None)
}

func (j judge) predicted(i int) cell {
	switch j.kind {
	case classes:
		return name(j.label(j.Pred[i]))
	case values:
		return value(score(j.Pred[i]), j.Pred[i])
	case parts:
		return value(fmt.Sprintf("%g right", j.Score[i]), j.Score[i])
	}
	if i >= len(j.Probs) {
		return text(show.None)
	}
	var found []string
	for k, p := range j.Probs[i] {
		if p >= 0.5 {
			found = append(found, j.label(float64(k)))
		}
	}
	return text(cmp.Or(strings.Join(found, ", "), "no label"))
}

// mostProbable bounds the classes of a row that are shown.
const mostProbable = 5

// distribution lists the classes of a row, the most probable first.
func (j judge) distribution(i int) string {
	if i >= len(j.Probs) {
		return ""
	}
	p := j.Probs[i]
	order := make([]int, len(p))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	var shown []string
	for _, k := range order[:min(len(order), mostProbable)] {
		shown = append(shown, j.label(float64(k))+" "+show.Number(float64(p[k]), 3))
	}
	if len(order) > mostProbable {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}

// sameAnswer reports whether two runs said the same about a row.
func sameAnswer(a, b judge, i int) bool {
	switch a.kind {
	case classes, values:
		return a.Pred[i] == b.Pred[i]
	}
	return i < len(a.Score) && i < len(b.Score) && a.Score[i] == b.Score[i]
}

// pairRows lines the outcomes of two runs up by row id.
func pairRows(a, b *results.Outcomes) (judge, judge, int) {
	rows, dropped := stats.Align([]*stats.Rows{a.Rows, b.Rows})
	left, right := *a, *b
	left.Rows, right.Rows = rows[0], rows[1]
	return newJudge(&left), newJudge(&right), dropped
}

func sliceOf(o *results.Outcomes, i int) string {
	if i < len(o.Slices) {
		return o.Slices[i]
	}
	return ""
}
