package dataset

import "os"

// Check reads a source and accounts for its rows without keeping them: what
// validation needs, with memory that does not grow with the texts. Splits, leaks and
// the far side of a shift are Load's business; mistakes in the rows are the same.
func Check(c *Config, source Source) (*Accounting, error) {
	l, err := newLoader(c)
	if err != nil {
		return nil, err
	}
	l.forget = true
	if err := l.read(source); err != nil {
		return nil, err
	}
	a := &Accounting{RowsIn: l.rowsIn, Used: l.used, Rejected: l.rejected.counts(), Dropped: l.dropped.counts(), Duplicate: l.repeats}
	for i, name := range l.parts {
		a.Files = append(a.Files, FileCount{name, l.perFile[i]})
	}
	return a, nil
}

// Size is what files take on the disk, in bytes.
func Size(parts []Part) int64 {
	var n int64
	for _, p := range parts {
		if info, err := os.Stat(p.Path); err == nil {
			n += info.Size()
		}
	}
	return n
}
