package methods

import (
	"io"
	"slices"

	"runexp/internal/lm/tensor"
)

// TFIDF is the strong baseline without a language model: logistic regression
// on weighted counts of words and word pairs, ridge regression for values,
// one-vs-rest for several labels. It draws nothing, and it is fitted to
// convergence.
//
//	x_j = (1 + log n_j) · (1 + log((1+N) / (1+N_j)))   then x / ‖x‖
//
// n_j counts term j in the text, N_j the rows of the N training rows that
// have it. Words are runs of letters, digits and underscores, in lower case.
// The second text of a pair has terms of its own.
//
// Source: Wang and Manning 2012, "Baselines and Bigrams"; the weights are
// those of scikit-learn's TfidfVectorizer(sublinear_tf=True, smooth_idf=True).
type TFIDF struct {
	NGrams    int       `hcl:"ngrams,optional" doc:"longest run of words that counts as a term: 1 words, 2 also word pairs"`
	MinRows   int       `hcl:"min_rows,optional" doc:"training rows that a term must occur in"`
	Strengths []float64 `hcl:"strengths,optional" doc:"inverse regularisation strengths C, the best on dev is used" source:"scikit-learn's C"`
}

// NewTFIDF returns the method with its defaults.
func NewTFIDF() *TFIDF {
	return &TFIDF{NGrams: 2, MinRows: 1, Strengths: []float64{0.1, 1, 5, 20, 100}}
}

// Type returns "tfidf".
func (*TFIDF) Type() string { return "tfidf" }

// Draws returns false.
func (*TFIDF) Draws() bool { return false }

// Supports returns an error for tasks without one target per text.
func (*TFIDF) Supports(kind string) error {
	return kindError("tfidf", kind, Classification, Regression, MultiLabel, MultipleChoice)
}

// Validate returns what is wrong with the attributes.
func (m *TFIDF) Validate() []error {
	return slices.Concat(
		atLeast("ngrams", m.NGrams, 1, "The longest run of words is a number of words"),
		atLeast("min_rows", m.MinRows, 1, "A term occurs in at least one training row"),
		checkStrengths(m.Strengths))
}

// FitText fits all strengths on train and returns the best on dev.
func (m *TFIDF) FitText(train, dev Texts, task Task, _ tensor.Key) (TextPredictor, error) {
	if err := m.Supports(task.Kind); err != nil {
		return nil, err
	}
	vocabulary, err := newVectorizer(train, m.NGrams, m.MinRows)
	if err != nil {
		return nil, err
	}
	rows, targets, err := vocabulary.transform(train)
	if err != nil {
		return nil, err
	}
	if err := task.check(targets); err != nil {
		return nil, err
	}
	devRows, devTargets, err := vocabulary.transform(dev)
	if err != nil {
		return nil, err
	}
	merged := mergeSingles(rows)
	expand := func(m *linearModel) *tfidfPredictor {
		full := *m
		full.w = merged.expand(m.w, m.width())
		return &tfidfPredictor{vocabulary: vocabulary, model: full}
	}
	best, err := fitLinear(merged, task, targets, devTargets, m.Strengths, func(m *linearModel) [][]float64 {
		return expand(m).predict(devRows)
	})
	if err != nil {
		return nil, err
	}
	return expand(best), nil
}

// tfidfPredictor is a vocabulary and a linear model on it, W [terms, k].
type tfidfPredictor struct {
	vocabulary *vectorizer
	model      linearModel
}

// PredictText scores each row; a row without known terms has the intercepts.
func (p *tfidfPredictor) PredictText(rows []TextExample) [][]float64 {
	x := p.vocabulary.design()
	for _, r := range rows {
		p.vocabulary.add(x, r)
	}
	return p.predict(x)
}

func (p *tfidfPredictor) predict(x *sparse) [][]float64 {
	k := p.model.width()
	w := make([]float64, len(p.model.w))
	for i, v := range p.model.w {
		w[i] = float64(v)
	}
	z := make([]float64, x.rows()*k)
	x.scores(z, w, k)
	out := newScores(x.rows(), p.model.outputs)
	for i := range out {
		row := z[i*k : (i+1)*k]
		for o := range row {
			row[o] += float64(p.model.b[o])
		}
		p.model.apply(out[i], row)
	}
	return out
}

// ParamCount returns weights and intercepts.
func (p *tfidfPredictor) ParamCount() int64 { return int64(len(p.model.w) + len(p.model.b)) }

// StoredBytes returns the size of vocabulary and weights as saved.
func (p *tfidfPredictor) StoredBytes() int64 { return savedSize(p) }

// Save writes vocabulary and weights.
func (p *tfidfPredictor) Save(w io.Writer) error { return save(w, p) }

func (*tfidfPredictor) kind() string { return "tfidf" }

func (p *tfidfPredictor) encode(e *encoder) {
	p.vocabulary.encode(e)
	p.model.encode(e)
}

func (p *tfidfPredictor) decode(d *decoder) {
	p.vocabulary = &vectorizer{}
	p.vocabulary.decode(d)
	p.model.decode(d)
	k := p.model.width()
	d.want(len(p.model.w) == k*len(p.vocabulary.terms) && len(p.model.b) == k)
}

func (m *linearModel) encode(e *encoder) {
	m.link.encode(e)
	e.float64s([]float64{m.strength})
	e.float32s(m.w)
	e.float32s(m.b)
}

func (m *linearModel) decode(d *decoder) {
	m.link.decode(d)
	if s := d.float64s(); len(s) == 1 {
		m.strength = s[0]
	}
	m.w = d.float32s()
	m.b = d.float32s()
}
