package methods

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// vectorizer knows the terms of the training rows, sorted, and in how many
// rows each occurs; TFIDF has the formula.
type vectorizer struct {
	ngrams int
	n      int // training rows
	terms  []string
	df     []int // per term, rows that have it
	index  map[string]int32
	idf    []float64
}

// pairMark precedes the terms of a second text; it is never part of a word.
const pairMark = "\x00"

// newVectorizer collects the terms of rows.
func newVectorizer(rows Texts, ngrams, minRows int) (*vectorizer, error) {
	v := &vectorizer{ngrams: ngrams}
	df := map[string]int{}
	if err := rows(func(r TextExample) error {
		v.n++
		for term := range v.count(r) {
			df[term]++
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for term, n := range df {
		if n >= minRows {
			v.terms = append(v.terms, term)
		}
	}
	slices.Sort(v.terms)
	v.df = make([]int, len(v.terms))
	for j, term := range v.terms {
		v.df[j] = df[term]
	}
	v.prepare()
	return v, nil
}

// prepare derives what is looked up from what is stored.
func (v *vectorizer) prepare() {
	v.index = make(map[string]int32, len(v.terms))
	v.idf = make([]float64, len(v.terms))
	for j, term := range v.terms {
		v.index[term] = int32(j)
		v.idf[j] = 1 + math.Log(float64(1+v.n)/float64(1+v.df[j]))
	}
}

// transform returns the weighted, normalised counts of rows, and their answers.
func (v *vectorizer) transform(rows Texts) (s *sparse, targets []Target, err error) {
	s = v.design()
	err = rows(func(r TextExample) error {
		v.add(s, r)
		targets = append(targets, r.Target)
		return nil
	})
	return s, targets, err
}

// design is one without rows.
func (v *vectorizer) design() *sparse { return &sparse{columns: len(v.terms), start: []int{0}} }

// add appends a row to a design.
func (v *vectorizer) add(s *sparse, r TextExample) {
	from := len(s.column)
	counts := v.count(r)
	for term := range counts {
		if j, ok := v.index[term]; ok {
			s.column = append(s.column, j)
		}
	}
	row := s.column[from:]
	slices.Sort(row)
	squares := 0.0
	for _, j := range row {
		x := (1 + math.Log(float64(counts[v.terms[j]]))) * v.idf[j]
		s.value = append(s.value, x)
		squares += x * x
	}
	norm := math.Sqrt(squares)
	for e := from; e < len(s.value); e++ {
		s.value[e] /= norm
	}
	s.start = append(s.start, len(s.column))
}

// count returns how often each term occurs in a row.
func (v *vectorizer) count(r TextExample) map[string]int {
	counts := map[string]int{}
	v.countTerms(counts, "", r.Text)
	if r.HasPair {
		v.countTerms(counts, pairMark, r.Pair)
	}
	return counts
}

func (v *vectorizer) countTerms(counts map[string]int, mark, text string) {
	words := splitWords(text)
	for i := range words {
		for n := 1; n <= v.ngrams && i+n <= len(words); n++ {
			counts[mark+strings.Join(words[i:i+n], " ")]++
		}
	}
}

// splitWords returns the words of a text in lower case.
func splitWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
}

func (v *vectorizer) encode(e *encoder) {
	e.count(v.ngrams)
	e.count(v.n)
	e.texts(v.terms)
	e.counts(v.df)
}

func (v *vectorizer) decode(d *decoder) {
	v.ngrams = d.count()
	v.n = d.count()
	v.terms = d.texts()
	v.df = d.counts()
	d.want(len(v.df) == len(v.terms) && slices.IsSorted(v.terms))
	if d.err == nil {
		v.prepare()
	}
}

// singlesMerged is a design in which the columns that occur in one row only
// are merged into one column per row.
//
// At the minimum the weight of such a column is proportional to its entry,
// because the gradient there is λ·w_j = -x_ij·r_i with one residual r_i for
// the whole row. One column with the value ‖x_i,singles‖ therefore has the
// same loss, penalty and minimum. Most terms of short texts occur once, so
// this takes away most columns.
type singlesMerged struct {
	sparse
	of     []int32   // per original column, its merged column
	factor []float64 // and the share of its weight
}

func mergeSingles(x *sparse) *singlesMerged {
	uses := make([]int, x.columns)
	for _, j := range x.column {
		uses[j]++
	}
	m := &singlesMerged{of: make([]int32, x.columns), factor: make([]float64, x.columns)}
	for j, n := range uses {
		if n > 1 {
			m.of[j], m.factor[j] = int32(m.columns), 1
			m.columns++
		}
	}
	m.start = make([]int, 1, len(x.start))
	for i := range x.rows() {
		squares := 0.0
		for e := x.start[i]; e < x.start[i+1]; e++ {
			if j := x.column[e]; uses[j] > 1 {
				m.column = append(m.column, m.of[j])
				m.value = append(m.value, x.value[e])
			} else {
				squares += x.value[e] * x.value[e]
			}
		}
		if squares > 0 {
			norm := math.Sqrt(squares)
			for e := x.start[i]; e < x.start[i+1]; e++ {
				if j := x.column[e]; uses[j] == 1 {
					m.of[j], m.factor[j] = int32(m.columns), x.value[e]/norm
				}
			}
			m.column = append(m.column, int32(m.columns))
			m.value = append(m.value, norm)
			m.columns++
		}
		m.start = append(m.start, len(m.column))
	}
	return m
}

// expand returns the weights [cols, k] of the original columns.
func (m *singlesMerged) expand(w []float32, k int) []float32 {
	full := make([]float32, len(m.of)*k)
	for j, c := range m.of {
		for o := range k {
			full[j*k+o] = float32(m.factor[j] * float64(w[int(c)*k+o]))
		}
	}
	return full
}
