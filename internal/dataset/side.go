package dataset

import (
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
func (s *Survey) shifted(d *draft) int {
	by := s.config.Shift
	if by == nil || by.Type == FormatShift {
		if d.role == "test_shift" {
			return shiftRow
		}
		return trainRow
	}
	if by.Type == TemporalShift {
		d.Slice = by.slice(d.when)
		if d.when > by.cut() {
			return shiftRow
		}
		return trainRow
	}
	d.Slice = by.By + "=" + d.topic
	switch {
	case slices.Contains(by.Test, d.topic):
		return shiftRow
	case slices.Contains(by.Train, d.topic):
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
