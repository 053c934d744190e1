package methods

import (
	"io"

	"runexp/internal/lm/tensor"
)

// TextExample is one row for a method that reads texts.
type TextExample struct {
	Text    string
	Pair    string // second text, if HasPair
	HasPair bool
	Target  Target
}

// Texts are the rows of a split, which may be read again and again: each call hands
// them to do one after another, and ends at its first error.
type Texts func(do func(TextExample) error) error

// targets are the answers of all rows.
func (t Texts) targets() (targets []Target, err error) {
	err = t(func(r TextExample) error {
		targets = append(targets, r.Target)
		return nil
	})
	return targets, err
}

// A TextFitter reads texts and needs no language model.
type TextFitter interface {
	Method

	// FitText fits the task on train, and chooses what is to be chosen on
	// dev. It returns an error if train is empty, if the targets do not fit
	// the task, or if there is something to choose and dev is empty.
	FitText(train, dev Texts, task Task, key tensor.Key) (TextPredictor, error)
}

// Predictor is what a fitted method without gradients leaves behind.
type Predictor interface {
	// Save writes the predictor; the same predictor always gives the same
	// bytes, and what is loaded from them predicts bit-identically.
	Save(w io.Writer) error

	// ParamCount returns the numbers that were fitted to labels.
	ParamCount() int64

	// StoredBytes returns the length of what Save writes.
	StoredBytes() int64
}

// A TextPredictor gives scores for texts, as Task describes them.
type TextPredictor interface {
	Predictor
	PredictText(rows []TextExample) [][]float64
}

// Features are pooled hidden states of a frozen model, one row per example
// (per word in a tagging task, per candidate in a multiple-choice task).
type Features struct {
	X          []float32 // [Rows, Cols], row-major
	Rows, Cols int
	Targets    []Target // one per row; may be nil for prediction

	// Types names the input type of each row, on which the labels of a
	// control task hang: the word of a tagging task, else the first word of
	// the text. Only a probe with a control task reads it.
	Types []string
}

// Row returns row i; it shares memory with f.
func (f Features) Row(i int) []float32 { return f.X[i*f.Cols : (i+1)*f.Cols] }

// FeatureNeed names features that a method reads.
type FeatureNeed struct {
	Layer   int    // number of blocks passed, 0 the embeddings; -1 the last
	Pooling string // "cls", "mean", "max" or "last"
}

// A FeatureFitter reads features of a frozen model.
type FeatureFitter interface {
	Method

	// Needs returns the features to compute; FitFeatures and the predictor
	// read exactly these.
	Needs() []FeatureNeed

	// FitFeatures fits the task on train, and chooses what is to be chosen
	// on dev; errors as for FitText.
	FitFeatures(train, dev Features, task Task, key tensor.Key) (FeaturePredictor, error)
}

// A FeaturePredictor gives scores for features, as Task describes them.
type FeaturePredictor interface {
	Predictor
	PredictFeatures(f Features) [][]float64
}
