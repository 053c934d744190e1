package dataset

import (
	"fmt"
	"strings"
)

// judge refuses data sets that nothing can be learnt from. divided is the pool's
// division, which is where training rows come from.
func (s *Survey) judge(divided []fate) error {
	sizes := map[fate]int{}
	for _, f := range s.fates {
		sizes[f]++
	}
	if sizes[inTrain] == 0 {
		return refuse("no rows to train on: %s; the splits have %s", s.summary(), splitSizes(sizes))
	}
	if s.config.Task == Classification {
		if name, alone := s.onlyClass(divided); alone {
			return refuse("all %d training rows have the class %q; the splits have %s", sizes[inTrain], shorten(name), splitSizes(sizes))
		}
	}
	if s.config.Shift != nil && s.config.Shift.Type != FormatShift && sizes[inShift] == 0 {
		return refuse("no rows on the far side of the shift: %s", s.summary()).against("shift")
	}
	return nil
}

// onlyClass is the class of all training rows, if they have one only.
func (s *Survey) onlyClass(divided []fate) (name string, alone bool) {
	class := int32(-1)
	for i, to := range divided {
		switch {
		case to != inTrain:
		case class < 0:
			class = s.pool[i].class
		case class != s.pool[i].class:
			return "", false
		}
	}
	return s.classes.names[class], true
}

// judgeLeaks refuses rows that stand in two splits, where the Config says so.
func (s *Survey) judgeLeaks(leaks []Leak) error {
	if s.split.Leakage != "error" {
		return nil
	}
	for _, leak := range leaks {
		if leak.Rows() > 0 {
			return refuse("%d rows of %s stand in %s too (split block: leakage = \"error\")", leak.Rows(), leak.Of, leak.In).against("split.leakage")
		}
	}
	return nil
}

func splitSizes(sizes map[fate]int) string {
	var parts []string
	for i, name := range SplitNames {
		parts = append(parts, fmt.Sprintf("%s %d", name, sizes[splitFates[i]]))
	}
	return strings.Join(parts, ", ")
}
