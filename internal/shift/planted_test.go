package shift

import (
	"fmt"
	"math"
	"os"
	"testing"

	"runexp/internal/stats"
	"runexp/internal/synth"
)

// A reader stands in for a frozen model: random word vectors, averaged, and the loss
// of a smoothed unigram model of general text.
type reader struct {
	counts map[string]float64
	total  float64
}

func newReader() *reader {
	r := &reader{counts: map[string]float64{}}
	n := 0
	synth.NewGeneral().Text(func(text string) bool {
		for _, w := range Words(text) {
			r.counts[w]++
			r.total++
		}
		n++
		return n < 3000
	})
	return r
}

const dimensions = 32

func (r *reader) row(text string, label int, year float64) Row {
	words := Words(text)
	row := Row{Label: label, Period: year, Words: words, Tokens: len(words) + 2, Scored: len(words), Mass: math.NaN(), Features: make([]float32, dimensions)}
	for _, w := range words {
		row.Pieces += 1 + len(w)/4
		row.Loss -= math.Log((r.counts[w] + 0.5) / (r.total + 5000))
		if r.counts[w] == 0 {
			row.Unknown++
		}
		key := stats.Key(0)
		for _, c := range []byte(w) {
			key = key.At(uint64(c))
		}
		for k := range row.Features {
			row.Features[k] += float32(float64(key.Uint64(uint64(k)))/(1<<63)-1) / float32(len(words))
		}
	}
	return row
}

// clauses draws rows a side from the generator under the dials.
func (r *reader) clauses(rows int, seed int64, set func(c *synth.Clauses)) Input {
	c := synth.NewClauses()
	c.Count, c.Seed, c.Shift, c.Drift = rows*5, seed, 0, 0
	set(c)
	kinds := map[string]int{"obligation": 0, "permission": 1, "prohibition": 2}
	in := Input{Model: true, Losses: true, Key: stats.Key(seed)}
	c.Rows(func(v []string) bool {
		row := r.row(v[1], kinds[v[2]], 0)
		side := &in.Source
		if v[3] == "contracts" || v[3] == "statutes" {
			side = &in.Target
		}
		if len(*side) < rows {
			*side = append(*side, row)
		}
		return len(in.Source) < rows || len(in.Target) < rows
	})
	return in
}

// draws is a number of repetitions: few in the ordinary test, all under
// RUNEXP_LONG=1.
func draws(short, long int) int {
	if os.Getenv("RUNEXP_LONG") == "1" {
		return long
	}
	return short
}

// TestNothingPlantedNothingFound draws both sides from one distribution. At a level
// of 5 % over the family, 200 draws have at most 16 false alarms with a chance of 97 %.
func TestNothingPlantedNothingFound(t *testing.T) {
	r, n := newReader(), draws(20, 200)
	alarms := map[string]int{}
	total := 0
	for seed := range n {
		in := r.clauses(300, int64(1000+seed), func(*synth.Clauses) {})
		d := Diagnose(in)
		if d.Dominant != "" {
			total++
			for _, m := range d.Measures {
				if m.Significant() {
					alarms[m.Name]++
				}
			}
		}
	}
	t.Logf("%d false alarms in %d draws %v", total, n, alarms)
	if limit := draws(4, 16); total > limit {
		t.Errorf("%d false alarms in %d draws, more than %d: %v", total, n, limit, alarms)
	}
}

// TestMeasuresRiseWithTheDial turns the shift up.
func TestMeasuresRiseWithTheDial(t *testing.T) {
	r := newReader()
	last := map[string]float64{}
	for step, dial := range []float64{0, 0.25, 0.5, 0.75, 1} {
		d := Diagnose(r.clauses(800, 7, func(c *synth.Clauses) { c.Shift, c.Prior = dial, 0 }))
		line := ""
		for _, m := range d.Measures {
			line += fmt.Sprintf("  %s %.4f (p %.3f)", m.Name, m.Value, m.Adjusted)
			if m.Axis != Topic && m.Name != "length" {
				continue
			}
			if v, ok := last[m.Name]; ok && m.Value <= v && v+m.Value > 0 {
				t.Errorf("%s falls from %g to %g at dial %g", m.Name, v, m.Value, dial)
			}
			last[m.Name] = m.Value
		}
		t.Logf("dial %.2f: dominant %q%s", dial, d.Dominant, line)
		want := Topic
		if step == 0 {
			want = ""
		}
		if d.Dominant != want {
			t.Errorf("dial %g: dominant shift is %q, not %q", dial, d.Dominant, want)
		}
	}
}

// TestPriorAloneIsNotTopic changes the label proportions only; without matching the
// text measures see it, for the classes use different words.
func TestPriorAloneIsNotTopic(t *testing.T) {
	r, n := newReader(), draws(5, 50)
	wrong := 0
	for seed := range n {
		in := r.clauses(400, int64(50+seed), func(c *synth.Clauses) { c.Prior = 1 })
		if d := Diagnose(in); d.Dominant != Prior {
			wrong++
			t.Logf("seed %d: %q, %+v", seed, d.Dominant, d.Measures)
		}
	}
	t.Logf("%d of %d pure label-prior changes are not named so", wrong, n)
	if limit := draws(1, 5); wrong > limit {
		t.Errorf("%d of %d pure label-prior changes are not named so", wrong, n)
	}
	in := r.clauses(900, 50, func(c *synth.Clauses) { c.Prior = 1 })
	for _, side := range [][]Row{in.Source, in.Target} {
		for i := range side {
			side[i].Label = 0
		}
	}
	if d := Diagnose(in); d.Dominant != Topic && d.Dominant != Format {
		t.Errorf("with the labels hidden nothing is found (%q), so the test above shows nothing", d.Dominant)
	}
}

// TestDriftIsNamedTime draws rows whose words move with the years.
func TestDriftIsNamedTime(t *testing.T) {
	r := newReader()
	f := synth.NewFacts()
	f.Count = 1600
	in := Input{Model: true, Losses: true, Periods: true, Known: map[string]bool{}, Key: 3}
	seen := 0
	f.Rows(func(v []string) bool {
		year, label := 0.0, 0
		fmt.Sscan(v[4], &year)
		if v[2] == "true" {
			label = 1
		}
		row := r.row(v[1], label, year)
		switch {
		case year > 2001:
			in.Target = append(in.Target, row)
		case seen < 400:
			for _, w := range row.Words {
				in.Known[w] = true
			}
			seen++
		default:
			in.Source = append(in.Source, row)
		}
		return true
	})
	d := Diagnose(in)
	for _, m := range d.Measures {
		t.Logf("%s: %s %.4f [%.4f, %.4f] p %.4f effect %.3f", m.Axis, m.Name, m.Value, m.Low, m.High, m.Adjusted, m.Effect)
	}
	if d.Dominant != Time {
		t.Errorf("dominant shift is %q", d.Dominant)
	}
}

// TestSameRowsInTwoFormats changes the length of every row; contents stay, so
// nothing is said of topic.
func TestSameRowsInTwoFormats(t *testing.T) {
	r := newReader()
	in := r.clauses(200, 9, func(*synth.Clauses) {})
	in.Target, in.Paired = nil, true
	for _, row := range in.Source {
		row.Tokens += 3
		in.Target = append(in.Target, row)
	}
	d := Diagnose(in)
	if d.Dominant != Format {
		t.Errorf("dominant shift is %q: %+v", d.Dominant, d.Measures)
	}
	for _, m := range d.Measures {
		if m.Axis != Format {
			t.Errorf("measure %s of axis %s on the same rows", m.Name, m.Axis)
		}
	}
}
