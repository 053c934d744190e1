package work

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/lm/tensor"
	"runexp/internal/shift"
	"runexp/internal/stats"
	"runexp/stages/block"
)

// sampled are the rows of one side of a diagnosis, each with its input.
type sampled struct {
	split  string
	rows   []*dataset.Row
	index  []int // in the split
	inputs []Input
	more   []*dataset.Row // beyond those that the model reads
}

// sides draws the rows to compare. Under a format shift both sides are the same
// rows.
func (s *Diagnose) sides(data *dataset.Dataset) (source, target *sampled, err error) {
	if source, err = s.sample(data, dataset.TestIDSplit); err != nil {
		return nil, nil, err
	}
	if s.Axis != dataset.FormatShift {
		target, err = s.sample(data, dataset.TestShiftSplit)
		return source, target, err
	}
	other := *source
	other.inputs = nil
	if len(s.Shifted) == 0 {
		other.rows = nil // tested on the format trained on alone
	}
	for i := range other.rows {
		other.inputs = append(other.inputs, s.Shifted[i%len(s.Shifted)])
	}
	return source, &other, nil
}

func (s *Diagnose) sample(data *dataset.Dataset, split string) (*sampled, error) {
	rows := data.Split(split)
	side := &sampled{split: split}
	order := tensor.NewKey(diagnosisSeed, "diagnose/"+split).Perm(rows.Len())
	side.index = order[:min(s.Rows, rows.Len())]
	for _, i := range order[len(side.index):min(s.Texts, rows.Len())] {
		row, err := rows.At(i)
		if err != nil {
			return nil, err
		}
		side.more = append(side.more, row)
	}
	slices.Sort(side.index)
	for _, i := range side.index {
		row, err := rows.At(i)
		if err != nil {
			return nil, err
		}
		side.rows, side.inputs = append(side.rows, row), append(side.inputs, s.Input)
	}
	return side, nil
}

// further are the rows of which only label, words and, if there are any, periods are
// read.
func (side *sampled) further(labels *strata, periods bool) []shift.Row {
	rows := make([]shift.Row, len(side.more))
	for i, row := range side.more {
		rows[i] = shift.Row{Label: labels.of(row), Words: shift.Words(rawText(row))}
		if periods {
			rows[i].Period = periodOf(row.Slice)
		}
	}
	return rows
}

// strata number what a row's label is for a diagnosis: the class, the pattern of
// classes, or the fifth that a target lies in.
type strata struct {
	task     string
	patterns map[string]int
	cuts     []float64
}

func newStrata(data *dataset.Dataset, sides ...*sampled) *strata {
	l := &strata{task: data.Task, patterns: map[string]int{}}
	var targets []float64
	for _, side := range sides {
		for _, row := range slices.Concat(side.rows, side.more) {
			targets = append(targets, row.Target)
			p := fmt.Sprint(row.Labels)
			if _, ok := l.patterns[p]; !ok {
				l.patterns[p] = len(l.patterns)
			}
		}
	}
	slices.Sort(targets)
	for k := 1; k < 5 && len(targets) > 0; k++ {
		l.cuts = append(l.cuts, targets[k*len(targets)/5])
	}
	return l
}

func (l *strata) of(row *dataset.Row) int {
	switch l.task {
	case dataset.Classification, dataset.MultipleChoice:
		return row.Label
	case dataset.MultiLabel:
		return l.patterns[fmt.Sprint(row.Labels)]
	case dataset.Regression:
		at, _ := slices.BinarySearchFunc(l.cuts, row.Target, func(cut, v float64) int {
			if cut <= v {
				return -1
			}
			return cmp.Compare(cut, v)
		})
		return at
	}
	return -1
}

// text is all of a row's text as its format renders it.
func (s *sampled) text(i int) string {
	if f := s.inputs[i].Format; f != nil {
		return renderedText(f, s.rows[i])
	}
	return rawText(s.rows[i])
}

// rawText is all of a row's text, whatever the format.
func rawText(row *dataset.Row) string {
	return strings.Join(append([]string{row.Text, row.Pair}, row.Choices...), " ")
}

func renderedText(f *block.Format, row *dataset.Row) string {
	return fillTemplate(f.Text, row) + " " + fillTemplate(f.TextPair, row)
}

// knownWords are the words of the training rows.
func knownWords(data *dataset.Dataset) (map[string]bool, error) {
	known := map[string]bool{}
	return known, data.Train.Each(func(_ int, row *dataset.Row) error {
		for _, w := range shift.Words(rawText(row)) {
			known[w] = true
		}
		return nil
	})
}

// periodOf is the first year of a period such as year=2003 or year=2002-2004.
func periodOf(slice string) float64 {
	_, value, _ := strings.Cut(slice, "=")
	first, _, _ := strings.Cut(value, "-")
	year, err := strconv.ParseFloat(first, 64)
	if err != nil {
		panic("stages: " + slice + " is no period") // dataset names them
	}
	return year
}

// hashedWidth is the number of features that words are counted in without a model.
const hashedWidth = 64

// hashedCounts are a text's words, each added to or taken from a place that its
// letters choose, as shares of the text.
func hashedCounts(words []string) []float32 {
	x := make([]float32, hashedWidth)
	for _, w := range words {
		key := stats.Key(0)
		for _, c := range []byte(w) {
			key = key.At(uint64(c))
		}
		sign := float32(1)
		if key.Below(1, 2) == 0 {
			sign = -1
		}
		x[key.Below(0, hashedWidth)] += sign / float32(len(words))
	}
	return x
}
