package dataset

import "fmt"

// account writes down what became of the rows.
func (s *Survey) account(set *Dataset, splits []SplitCount) (Accounting, error) {
	a := Accounting{RowsIn: len(s.fates), Rejected: s.rejected.counts(), Dropped: s.dropped.counts(), Duplicate: s.repeats, Notes: s.notes, Splits: splits}
	for i, name := range s.parts {
		a.Files = append(a.Files, FileCount{name, s.perFile[i]})
	}
	for _, split := range splits {
		a.Used += split.Rows
	}
	a.Notes = append(a.Notes, absences(splits)...)
	var err error
	a.Leaks, err = leaks(set, s.parts)
	return a, err
}

// absences notes classes that a split lacks.
func absences(splits []SplitCount) []string {
	var notes []string
	for i, label := range splits[0].Labels {
		for _, split := range splits {
			if split.Rows > 0 && split.Labels[i].Rows == 0 {
				notes = append(notes, fmt.Sprintf("no row of %s has the class %q", split.Name, shorten(label.Name)))
			}
		}
	}
	return notes
}
