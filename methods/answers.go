package methods

import (
	"math"
	"slices"

	"runexp/internal/lm"
	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// A Question is a tokenised prompt with places at which answers are scored.
type Question struct {
	IDs   []int32
	Types []int32 // nil: all 0
	// At are the tokens after which the model is read: the masks themselves
	// of a masked model, the tokens before the answer's of a causal one.
	At []int
	// Answers have one token for each place.
	Answers [][]int32
}

// Bounds on one forward pass; they change speed and memory only.
const (
	questionTokens = 2048
	questionLogits = 1 << 23
)

// ScoreAnswers returns, for each question, the log-likelihood in nats of each
// of its answers: the sum over the places of log p(token).
func ScoreAnswers(base *lm.Base, questions []Question) [][]float64 {
	scores := make([][]float64, len(questions))
	a := tensor.NewArena()
	defer a.Free()
	for from := 0; from < len(questions); {
		to, tokens, places := from, 0, 0
		for to < len(questions) && (to == from ||
			tokens+len(questions[to].IDs) <= questionTokens && (places+len(questions[to].At))*base.Config().Vocabulary <= questionLogits) {
			tokens, places = tokens+len(questions[to].IDs), places+len(questions[to].At)
			to++
		}
		a.Reset()
		scoreQuestions(a, base, questions[from:to], scores[from:to])
		from = to
	}
	return scores
}

func scoreQuestions(a *tensor.Arena, base *lm.Base, questions []Question, scores [][]float64) {
	var ids, types [][]int32
	for _, q := range questions {
		ids, types = append(ids, q.IDs), append(types, q.Types)
	}
	pass := base.Pass(autodiff.New(a, false), nil)
	logits := pass.LMLogits(base.Arch, nn.NewBatch(ids, types), func(s int) []int { return questions[s].At }).Value
	tensor.LogSoftmax(logits, logits)
	logp, width, row := logits.Slice(), logits.Cols, 0
	for i, q := range questions {
		scores[i] = make([]float64, len(q.Answers))
		for k, answer := range q.Answers {
			for j, token := range answer {
				scores[i][k] += float64(logp[(row+j)*width+int(token)])
			}
		}
		row += len(q.At)
	}
}

// Calibrate divides class probabilities by those that the model gives without
// any content, and normalises again: softmax(diag(prior)⁻¹·p).
//
// Source: Zhao et al. 2021, arXiv:2102.09690, section 5, as in the authors'
// code, which normalises by the sum.
func Calibrate(probs, prior []float64) []float64 {
	out, sum := make([]float64, len(probs)), 0.0
	for c, p := range probs {
		out[c] = p / max(prior[c], math.SmallestNonzeroFloat64)
		sum += out[c]
	}
	for c := range out {
		out[c] /= sum
	}
	return out
}

// ContentFree are the inputs without content that Calibrate's prior is the
// mean over.
var ContentFree = []string{"N/A", "[MASK]", ""}

// Nearest returns the k rows of train with the highest cosine similarity to x,
// the nearest last, so that in a prompt it stands beside the row it is like. Of
// equally near ones the earlier counts as nearer.
func Nearest(train Features, x []float32, k int) []int {
	type row struct {
		index      int
		similarity float64
	}
	rows := make([]row, train.Rows)
	for i := range rows {
		rows[i] = row{i, cosine(train.Row(i), x)}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		switch {
		case a.similarity > b.similarity:
			return -1
		case a.similarity < b.similarity:
			return 1
		}
		return 0
	})
	var nearest []int
	for _, r := range slices.Backward(rows[:min(k, len(rows))]) {
		nearest = append(nearest, r.index)
	}
	return nearest
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}
