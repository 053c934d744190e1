package dataset

// splitWriter writes the rows of a split and counts them.
type splitWriter struct {
	*rowWriter
	task   string
	rows   int
	labels []int
	slices map[string]int
}

func (s *Survey) createSplit(path string) (*splitWriter, error) {
	w, err := createRows(path)
	if err != nil {
		return nil, err
	}
	return &splitWriter{rowWriter: w, task: s.config.Task, labels: make([]int, len(s.names)), slices: map[string]int{}}, nil
}

func (w *splitWriter) add(row *Row) error {
	w.rows++
	for _, label := range row.classes(w.task) {
		w.labels[label]++
	}
	if row.Slice != "" {
		w.slices[row.Slice]++
	}
	return w.rowWriter.add(row)
}

// count describes the split.
func (w *splitWriter) count(name string, labels []string) SplitCount {
	out := SplitCount{Name: name, Rows: w.rows, Slices: sortedCounts(w.slices)}
	for i, n := range w.labels {
		out.Labels = append(out.Labels, Named{labels[i], n})
	}
	return out
}
