package methods

import (
	"io"

	"runexp/internal/lm/tensor"
)

// Majority predicts the same for every row: how often each class occurs in
// the training rows, so that the most frequent class wins (of equal ones, the
// first). For regression it predicts the mean, for multi_label each label's
// frequency. Any method that does not beat it has learned nothing.
//
//	p(c) = (n_c + 1) / (n + C)
//
// One is added to every count, so that a class absent from the training rows
// keeps a finite log loss.
type Majority struct{}

// Type returns "majority".
func (*Majority) Type() string { return "majority" }

// Draws returns false.
func (*Majority) Draws() bool { return false }

// Supports returns an error for tasks whose targets have no frequency.
func (*Majority) Supports(kind string) error {
	return kindError("majority", kind, Classification, Regression, MultiLabel, Tagging, MultipleChoice)
}

// FitText counts the targets of train; dev is not read.
func (*Majority) FitText(train, _ Texts, task Task, _ tensor.Key) (TextPredictor, error) {
	targets, err := train.targets()
	if err != nil {
		return nil, err
	}
	if err := task.check(targets); err != nil {
		return nil, err
	}
	p := &constant{Scores: make([]float64, task.Outputs)}
	n := float64(len(targets))
	for _, y := range targets {
		switch task.Kind {
		case Regression:
			p.Scores[0] += y.Value / n
		case MultiLabel:
			for j, on := range y.Labels {
				if on {
					p.Scores[j]++
				}
			}
		case MultipleChoice:
			// Every candidate gets the same logit, so the first wins.
		default:
			p.Scores[y.Class]++
		}
	}
	switch task.Kind {
	case MultiLabel:
		for j := range p.Scores {
			p.Scores[j] = (p.Scores[j] + 1) / (n + 2)
		}
	case Classification, Tagging:
		for j := range p.Scores {
			p.Scores[j] = (p.Scores[j] + 1) / (n + float64(task.Outputs))
		}
	}
	return p, nil
}

// constant predicts the same scores for every row.
type constant struct{ Scores []float64 }

// PredictText returns the constant scores once per row.
func (p *constant) PredictText(rows []TextExample) [][]float64 {
	out := newScores(len(rows), len(p.Scores))
	for i := range out {
		copy(out[i], p.Scores)
	}
	return out
}

// ParamCount returns 0: counting labels trains nothing.
func (p *constant) ParamCount() int64 { return 0 }

// StoredBytes returns the size of the saved scores.
func (p *constant) StoredBytes() int64 { return savedSize(p) }

// Save writes the scores.
func (p *constant) Save(w io.Writer) error { return save(w, p) }

func (*constant) kind() string { return "majority" }

func (p *constant) encode(e *encoder) { e.float64s(p.Scores) }
func (p *constant) decode(d *decoder) { p.Scores = d.float64s() }

// newScores returns n rows of c zeros in one piece of memory.
func newScores(n, c int) [][]float64 {
	all := make([]float64, n*c)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = all[i*c : (i+1)*c : (i+1)*c]
	}
	return rows
}
