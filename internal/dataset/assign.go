package dataset

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// What the shift makes of a row.
const (
	trainRow = iota // in the training distribution
	shiftRow        // on the far side
	dropRow         // neither
)

// shifted tells on which side of the shift a draft lies, and names its slice.
func (l *loader) shifted(d *draft) int {
	s := l.config.Shift
	if s == nil || s.Type == FormatShift {
		if d.role == "test_shift" {
			return shiftRow
		}
		return trainRow
	}
	if s.Type == TemporalShift {
		d.Slice = s.slice(d.when)
		if d.when > s.cut() {
			return shiftRow
		}
		return trainRow
	}
	d.Slice = s.By + "=" + d.topic
	switch {
	case slices.Contains(s.Test, d.topic):
		return shiftRow
	case slices.Contains(s.Train, d.topic):
		return trainRow
	}
	return dropRow
}

// cut is the last moment of the training rows.
func (s *Shift) cut() moment {
	if s.CutDate != "" {
		m, err := parseTime(s.CutDate)
		if err != nil {
			panic("dataset: cut_date was not validated: " + err.Error())
		}
		return m
	}
	return endOfYear(s.Cut)
}

// slice names the period a moment falls into: year=2003, or year=2002-2004. Periods
// of several years begin after the year of the cut.
func (s *Shift) slice(m moment) string {
	year := m.year()
	if s.Period <= 1 {
		return fmt.Sprintf("%s=%04d", s.By, year)
	}
	first := s.cut().year() + 1
	back := int(math.Floor(float64(year-first) / float64(s.Period)))
	first += back * s.Period
	return fmt.Sprintf("%s=%04d-%04d", s.By, first, first+s.Period-1)
}

// assign divides the drafts into train, dev, test_id, test_shift; each keeps the
// order of the source.
func (l *loader) assign() [4][]*draft {
	var out [4][]*draft
	var pool []*draft
	given := make(map[string]int)
	for _, d := range l.drafts {
		if l.shifted(d) == trainRow {
			given[d.role]++
		}
	}
	for _, d := range l.drafts {
		switch {
		case l.shifted(d) == shiftRow:
			out[3] = append(out[3], d)
		case d.role == "dev":
			out[1] = append(out[1], d)
		case d.role == "test":
			out[2] = append(out[2], d)
		default:
			pool = append(pool, d)
		}
	}
	dev, test := l.split.Dev, l.split.Test
	if given["dev"] > 0 {
		dev = 0
	}
	if given["test"] > 0 {
		test = 0
	}
	if given["train"] > 0 {
		if given["dev"] == 0 {
			l.notes = append(l.notes, "dev was taken from train")
		}
		if given["test"] == 0 {
			l.notes = append(l.notes, "test_id was taken from train")
		}
	}
	takeTest, takeDev := l.divide(pool, test, dev)
	for i, d := range pool {
		switch {
		case takeTest[i]:
			out[2] = append(out[2], d)
		case takeDev[i]:
			out[1] = append(out[1], d)
		default:
			out[0] = append(out[0], d)
		}
	}
	return out
}

// A unit is the rows that stay together, with a number drawn for it.
type unit struct {
	key   digest
	draw  uint64
	label int // the most frequent class, for stratification
	rows  []int
}

// divide marks the rows of test and dev. Within each class the units are taken in
// the order of their draws, so that a row's place depends on the seed, its unit
// and the sizes alone. What rounding leaves over goes to the next class.
func (l *loader) divide(pool []*draft, test, dev float64) (inTest, inDev []bool) {
	inTest, inDev = make([]bool, len(pool)), make([]bool, len(pool))
	strata := l.strata(pool)
	var owedTest, owedDev float64
	for _, units := range strata {
		size := 0
		for _, u := range units {
			size += len(u.rows)
		}
		owedTest += float64(size) * test
		owedDev += float64(size) * dev
		for _, u := range units {
			n := float64(len(u.rows))
			switch {
			case owedTest >= n/2 && owedTest > 0:
				owedTest -= n
				mark(inTest, u.rows)
			case owedDev >= n/2 && owedDev > 0:
				owedDev -= n
				mark(inDev, u.rows)
			}
		}
	}
	return inTest, inDev
}

func mark(set []bool, rows []int) {
	for _, i := range rows {
		set[i] = true
	}
}

// strata lists the units of each class, in the order of classes and draws.
func (l *loader) strata(pool []*draft) [][]*unit {
	byKey := make(map[digest]*unit)
	var units []*unit
	for i, d := range pool {
		u := byKey[d.unit]
		if u == nil {
			u = &unit{key: d.unit, draw: d.unit.draw(l.split.Seed, "split")}
			byKey[d.unit] = u
			units = append(units, u)
		}
		u.rows = append(u.rows, i)
	}
	stratify := l.split.Stratified && l.config.Task == Classification
	for _, u := range units {
		if stratify {
			u.label = majority(pool, u.rows)
		}
	}
	slices.SortFunc(units, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.draw, b.draw), bytes.Compare(a.key[:], b.key[:]))
	})
	var out [][]*unit
	for i, u := range units {
		if i == 0 || u.label != units[i-1].label {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], u)
	}
	return out
}

// majority is the most frequent class of some rows, the lower of equals.
func majority(pool []*draft, rows []int) int {
	counts := make(map[int]int)
	for _, i := range rows {
		counts[pool[i].Label]++
	}
	best, most := 0, 0
	for label, n := range counts {
		if n > most || n == most && label < best {
			best, most = label, n
		}
	}
	return best
}

// Cuts lists the years that a rolling cut stops at: the cut, and then each period
// as long as a later row remains to test on. Without rolling it is the cut alone.
func Cuts(c *Config, source Source) ([]int, error) {
	s := c.Shift
	if s == nil || s.Type != TemporalShift || s.CutDate != "" {
		return nil, fmt.Errorf("only a temporal shift with a cut in years has cuts")
	}
	last := s.Cut
	err := source.Each(func(r *Record) error {
		v, ok := r.Get(s.By)
		if !ok || strings.TrimSpace(v.Text) == "" {
			return nil
		}
		m, err := parseTime(v.Text)
		if err != nil {
			return mistake(r.position(v), "%s: %v", s.By, err)
		}
		last = max(last, m.year())
		return nil
	})
	if err != nil {
		return nil, err
	}
	cuts := []int{s.Cut}
	for year := s.Cut + s.Period; s.Rolling && year < last; year += s.Period {
		cuts = append(cuts, year)
	}
	return cuts, nil
}
