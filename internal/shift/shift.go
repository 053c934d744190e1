// Package shift measures how two sets of rows differ, and says along which axis
// most: format, topic, time or label prior.
//
// What goes in are rows of the source (held out, from the training distribution)
// and of the target (shifted), as a frozen model and its tokenizer saw them. What
// comes out is a Diagnosis: measures with intervals, permutation p-values with
// Holm's correction over all of them, and the axis that dominates, if any.
//
// The one idea inside: a change of label proportions changes every text statistic,
// although no class reads differently. So texts are compared on as many rows of
// each label from either side, and random rearrangements exchange sides within a
// label only. What such a comparison shows is not the label prior.
package shift

import (
	"slices"

	"runexp/internal/stats"
)

// Axes of a shift, as they are named in reports.
const (
	Format = "format"
	Topic  = "topic"
	Time   = "time"
	Prior  = "label prior"
)

// A Row is what is known of one text before any training.
type Row struct {
	Label     int       // class, pattern of classes or bin of a target; -1: none
	Period    float64   // when, in years; read only with Input.Periods
	Words     []string  // of the whole text
	Tokens    int       // sub-words that the model reads, or words without a model
	Pieces    int       // sub-words of the whole text, whatever is cut
	Unknown   int       // of these, how many the tokenizer does not know
	Truncated bool      // longer than the model reads
	Loss      float64   // nats that the model's own task loses on the input
	Scored    int       // tokens that this loss is over
	Mass      float64   // probability that the untouched model gives to legal label words; NaN: not measured
	Features  []float32 // frozen representation; of equal length in all rows
}

// Input is what Diagnose reads.
type Input struct {
	Source, Target []Row
	// More are further rows of the source and of the target of which only label, period
	// and words are known: words cost nothing, and small changes of them show in many rows.
	More    [2][]Row
	Known   map[string]bool // words of the training rows; nil: unseen words are not counted
	Model   bool            // tokens, losses and features come from a model
	Losses  bool            // the model has a language-modelling head
	Mass    bool            // Row.Mass was measured
	Periods bool            // rows have periods
	Paired  bool            // Target[i] is Source[i] in another format: contents are the same
	Rounds  int             // random rearrangements; 999 when zero
	Key     stats.Key       // draws them
}

// widened has all rows whose label and words are known.
func (in Input) widened() Input {
	in.Source, in.Target = slices.Concat(in.Source, in.More[0]), slices.Concat(in.Target, in.More[1])
	return in
}

// A Measure is one number of a diagnosis.
type Measure struct {
	Axis, Name string
	Value      float64
	Low, High  float64 // 95 % interval; NaN: none
	P          float64 // of a value at least as far from none by chance; NaN: not tested
	Adjusted   float64 // P after Holm's correction over the diagnosis
	Effect     float64 // 0 to 1; see Diagnosis
	Meaning    string  // sentence
	Warning    string
	// Symptom marks a measure of the format that a new topic moves as well. It
	// names the format only where no other measure is significant.
	Symptom bool
}

// Significant reports whether chance is ruled out at the usual level.
func (m *Measure) Significant() bool { return m.Adjusted <= stats.Alpha }

// A Diagnosis says what differs. Dominant is the axis with the largest effect among
// the significant measures, "" if there are none.
//
// Effects share a scale: how much better than chance the sides can be told apart
// when rows of both are equally frequent, 2·accuracy − 1. For a number of each row
// (length, loss) it is the best threshold's, which is the Kolmogorov–Smirnov
// distance; for features a linear classifier's, cross-validated; for labels the
// total variation; for time the correlation of true and predicted period. Word
// divergence and MMD, which have no such accuracy, enter with lower bounds. At equal
// effects the simpler axis wins, in the order of Format, Prior, Time, Topic.
type Diagnosis struct {
	Dominant string
	Measures []Measure
}

// Rows below which a measure carries a warning.
const fewRows = 100

// Diagnose measures everything that the input allows.
func Diagnose(in Input) Diagnosis {
	if in.Rounds == 0 {
		in.Rounds = 999
	}
	var list []Measure
	if len(in.Source) > 1 && len(in.Target) > 1 {
		m := match(in)
		list = append(list, m.format(in)...)
		if !in.Paired {
			w := m.wider(in)
			list = append(list, m.topic(in, w)...)
			if in.Periods {
				list = append(list, m.time(in, w)...)
				if d, ok := drift(in.widened(), valueOf(list, wordDivergence)); ok {
					list = append(list, d)
				}
			}
			if p, ok := prior(in.widened()); ok {
				list = append(list, p)
			}
		}
		m.free()
	}
	return conclude(list)
}

// valueOf is a measure's value, 0 if it was not taken.
func valueOf(list []Measure, name string) float64 {
	for _, m := range list {
		if m.Name == name {
			return m.Value
		}
	}
	return 0
}

// conclude corrects for the number of tests and names the dominant axis.
func conclude(list []Measure) Diagnosis {
	p := make([]float64, len(list))
	for i := range list {
		p[i] = list[i].P
	}
	for i, a := range stats.Holm(p) {
		list[i].Adjusted = a
		if a > stats.Alpha {
			list[i].Meaning += " Chance alone explains it."
		}
	}
	d := Diagnosis{Measures: list, Dominant: largest(list, false)}
	if d.Dominant == "" {
		d.Dominant = largest(list, true)
	}
	return d
}

// largest is the axis with the largest effect among the significant measures, of
// symptoms or of the others.
func largest(list []Measure, symptoms bool) string {
	best := map[string]float64{}
	for i := range list {
		if m := &list[i]; m.Symptom == symptoms && m.Significant() {
			best[m.Axis] = max(best[m.Axis], m.Effect)
		}
	}
	dominant := ""
	for _, axis := range []string{Format, Prior, Time, Topic} {
		if e, ok := best[axis]; ok && (dominant == "" || e > best[dominant]) {
			dominant = axis
		}
	}
	return dominant
}
