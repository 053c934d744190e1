package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Load reads a source and makes the data set that the Config describes. Errors in
// the data are *Error or *Errors.
func Load(c *Config, source Source) (*Dataset, error) {
	l, err := newLoader(c)
	if err != nil {
		return nil, err
	}
	if err := l.read(source); err != nil {
		return nil, err
	}
	set := &Dataset{Task: c.Task}
	if set.LabelNames, err = l.name(); err != nil {
		return nil, err
	}
	splits := l.assign()
	for i, name := range SplitNames {
		rows := make([]Row, len(splits[i]))
		for j, d := range splits[i] {
			rows[j] = d.Row
		}
		set.setSplit(name, rows)
	}
	set.Accounting = l.account(set, source.Parts())
	if lost := set.Accounting.Lost(); lost != 0 {
		return nil, fmt.Errorf("dataset: %d rows of %d are not accounted for", lost, set.Accounting.RowsIn)
	}
	if err := l.judge(set); err != nil {
		return nil, err
	}
	return set, nil
}

// loader holds what has been read.
type loader struct {
	config   *Config
	split    *Split
	drafter  *drafter
	rowsIn   int
	perFile  []int
	parts    []string
	drafts   []*draft
	used     int  // drafts made
	forget   bool // count drafts, don't keep them
	rejected tally
	dropped  tally
	repeats  Repeats
	notes    []string
	seen     map[digest]firstSeen // by input
	ids      map[digest]bool      // role and id
	columns  []string             // of the last header, for messages
	blame    map[string]bool      // attributes for which rows were rejected
}

// firstSeen is what is remembered of an input. It holds no text, so that counting a
// million rows takes little memory.
type firstSeen struct {
	label digest // of the first row's label
	roles uint8  // bit per role in which the input with that label was used
	used  uint32 // rows with the input so far
}

func newLoader(c *Config) (*loader, error) {
	split := c.Split
	if split == nil {
		split = NewSplit()
	}
	d, err := newDrafter(c, split)
	if err != nil {
		return nil, err
	}
	return &loader{config: c, split: split, drafter: d, rejected: tally{}, dropped: tally{}, blame: map[string]bool{},
		seen: make(map[digest]firstSeen), ids: make(map[digest]bool)}, nil
}

// read drafts all records. Mistakes in rows are gathered, so that one call shows
// the first twenty and how many there are.
func (l *loader) read(source Source) error {
	l.parts = source.Parts()
	l.perFile = make([]int, len(l.parts))
	var problems Errors
	err := source.Each(func(r *Record) error {
		l.rowsIn++
		l.perFile[r.File]++
		l.columns = r.Header.Names
		d, err := l.drafter.draft(r)
		var reject errReject
		var missing *missingColumn
		var bad *Error
		switch {
		case errors.As(err, &reject):
			l.rejected.add(reject.reason, l.example(r))
			l.blame[reject.attribute] = true
			return nil
		case errors.As(err, &missing):
			return missing.cause
		case errors.As(err, &bad):
			problems.add(bad)
			return nil
		case err != nil:
			return err
		}
		if err := l.take(r, d); err != nil {
			problems.add(err)
		}
		return nil
	})
	switch {
	case problems.Total > 0 && err != nil:
		return errors.Join(&problems, err)
	case problems.Total > 0:
		return &problems
	case err != nil:
		return err
	case l.rowsIn == 0:
		return refuse("%s: no rows", strings.Join(l.parts, ", "))
	case l.used == 0:
		useless := refuse("none of %d rows can be used: %s; the columns are %s",
			l.rowsIn, l.summary(), strings.Join(l.columns[:min(len(l.columns), maxListed)], ", "))
		for attribute := range l.blame {
			if len(l.blame) == 1 && len(l.dropped) == 0 {
				useless.Attribute = attribute
			}
		}
		return useless
	}
	return nil
}

func (l *loader) example(r *Record) Example {
	return Example{File: l.parts[r.File], Line: r.Line}
}

func (l *loader) summary() string {
	a := Accounting{RowsIn: l.rowsIn, Used: l.used, Rejected: l.rejected.counts(), Dropped: l.dropped.counts()}
	return a.Summary()
}

// take decides whether a draft is used, and gives it its id.
func (l *loader) take(r *Record, d *draft) *Error {
	if l.shifted(d) == dropRow {
		l.dropped.add(l.config.Shift.By+"="+d.topic, l.example(r))
		return nil
	}
	if l.repeated(r, d) {
		l.rejected.add("duplicate", l.example(r))
		return nil
	}
	if d.ID == "" {
		d.ID = d.input.String()
		if n := l.seen[d.input].used; n > 1 {
			d.ID += "-" + strconv.Itoa(int(n))
		}
	} else {
		key := hashTexts([]string{d.role, d.ID})
		if l.shifted(d) == shiftRow {
			key = hashTexts([]string{TestShiftSplit, d.ID})
		}
		if l.ids[key] {
			return mistake(Position{r.Path, r.Line, 0}, "the id %q a second time", d.ID)
		}
		l.ids[key] = true
	}
	l.used++
	if !l.forget {
		l.drafts = append(l.drafts, d)
	}
	return nil
}

// repeated counts inputs that were there before; it is true if the row is to be
// rejected for it.
func (l *loader) repeated(r *Record, d *draft) bool {
	label := d.label + strings.Join(d.labels, "\x1f")
	switch l.config.Task {
	case Regression:
		label = strconv.FormatFloat(d.Target, 'g', -1, 64)
	case MultipleChoice:
		label = strconv.Itoa(d.Label)
	}
	bit, hash := uint8(1)<<slices.Index(roles, d.role), hashTexts([]string{label})
	first, there := l.seen[d.input]
	switch {
	case !there:
		l.seen[d.input] = firstSeen{hash, bit, 1}
		return false
	case first.label == hash && l.split.Deduplicate && first.roles&bit != 0:
		l.repeats.Rows++
		return true
	case first.label == hash:
		l.repeats.Rows++
		first.roles |= bit
	default:
		l.repeats.Conflicts++
		if len(l.repeats.Examples) < maxListed {
			e := l.example(r)
			e.Text = shorten(d.Text)
			l.repeats.Examples = append(l.repeats.Examples, e)
		}
	}
	first.used++
	l.seen[d.input] = first
	return false
}

// name collects the classes and numbers them.
func (l *loader) name() ([]string, error) {
	if l.config.Task == Regression || l.config.Task == LanguageModeling || l.config.Task == MultipleChoice {
		return nil, nil
	}
	names := slices.Clone(l.config.Classes)
	if len(names) == 0 {
		seen := make(map[string]bool)
		for _, d := range l.drafts {
			for _, name := range d.classes(l.config.Task) {
				if !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
		sortNames(names)
	}
	index := make(map[string]int, len(names))
	for i, n := range names {
		index[n] = i
	}
	for _, d := range l.drafts {
		for _, name := range d.classes(l.config.Task) {
			switch l.config.Task {
			case Classification:
				d.Label = index[name]
			case MultiLabel:
				d.Labels = append(d.Labels, index[name])
			case Tagging:
				d.Tags = append(d.Tags, index[name])
			}
		}
		slices.Sort(d.Labels)
	}
	if len(names) < 2 && l.config.Task == Classification {
		return nil, refuse("all %d rows have the class %q; a classification needs two", len(l.drafts), shorten(strings.Join(names, "")))
	}
	return names, nil
}

func (d *draft) classes(task string) []string {
	if task == Classification {
		return []string{d.label}
	}
	return d.labels
}

// sortNames puts whole numbers in their order, other names in that of their bytes.
func sortNames(names []string) {
	numbers := make(map[string]int, len(names))
	for _, n := range names {
		if v, err := strconv.Atoi(n); err == nil {
			numbers[n] = v
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if len(numbers) == len(names) && numbers[a] != numbers[b] {
			return numbers[a] - numbers[b]
		}
		return strings.Compare(a, b)
	})
}

// account writes down what became of the rows.
func (l *loader) account(set *Dataset, parts []string) Accounting {
	a := Accounting{RowsIn: l.rowsIn, Rejected: l.rejected.counts(), Dropped: l.dropped.counts(), Duplicate: l.repeats, Notes: l.notes}
	for i, name := range parts {
		a.Files = append(a.Files, FileCount{name, l.perFile[i]})
	}
	for _, name := range SplitNames {
		rows := set.Split(name)
		a.Used += len(rows)
		a.Splits = append(a.Splits, describe(set, name, rows))
	}
	a.Notes = append(a.Notes, absences(set)...)
	a.Leaks = leaks(set, parts)
	return a
}

func describe(set *Dataset, name string, rows []Row) SplitCount {
	out := SplitCount{Name: name, Rows: len(rows)}
	labels := make([]int, len(set.LabelNames))
	slicesOf := make(map[string]int)
	for i := range rows {
		for _, label := range rows[i].classes(set.Task) {
			labels[label]++
		}
		if rows[i].Slice != "" {
			slicesOf[rows[i].Slice]++
		}
	}
	for i, n := range labels {
		out.Labels = append(out.Labels, Named{set.LabelNames[i], n})
	}
	out.Slices = sortedCounts(slicesOf)
	return out
}

// classes of a row, as indices into LabelNames; nil where the task has none.
func (r *Row) classes(task string) []int {
	switch task {
	case Classification:
		return []int{r.Label}
	case MultiLabel:
		return r.Labels
	case Tagging:
		return r.Tags
	}
	return nil
}

// absences notes classes that a split lacks.
func absences(set *Dataset) []string {
	var notes []string
	counts := make(map[string][]int)
	for _, name := range SplitNames {
		labels := make([]int, len(set.LabelNames))
		for _, row := range set.Split(name) {
			for _, label := range row.classes(set.Task) {
				labels[label]++
			}
		}
		counts[name] = labels
	}
	for i, label := range set.LabelNames {
		for _, name := range SplitNames {
			if counts[name][i] > 0 || len(set.Split(name)) == 0 {
				continue
			}
			notes = append(notes, fmt.Sprintf("no row of %s has the class %q", name, shorten(label)))
		}
	}
	return notes
}

// judge refuses data sets that nothing can be learnt from.
func (l *loader) judge(set *Dataset) error {
	if len(set.Train) == 0 {
		return refuse("no rows to train on: %s; the splits have %s", l.summary(), splitSizes(set))
	}
	if set.Task == Classification {
		first, varied := set.Train[0].Label, false
		for _, r := range set.Train {
			varied = varied || r.Label != first
		}
		if !varied {
			return refuse("all %d training rows have the class %q; the splits have %s", len(set.Train), shorten(set.LabelNames[first]), splitSizes(set))
		}
	}
	if l.config.Shift != nil && l.config.Shift.Type != FormatShift && len(set.TestShift) == 0 {
		return refuse("no rows on the far side of the shift: %s", l.summary()).against("shift")
	}
	if l.split.Leakage == "error" {
		for _, leak := range set.Accounting.Leaks {
			if leak.Rows() > 0 {
				return refuse("%d rows of %s stand in %s too (split block: leakage = \"error\")", leak.Rows(), leak.Of, leak.In).against("split.leakage")
			}
		}
	}
	return nil
}

func splitSizes(set *Dataset) string {
	var parts []string
	for _, name := range SplitNames {
		parts = append(parts, fmt.Sprintf("%s %d", name, len(set.Split(name))))
	}
	return strings.Join(parts, ", ")
}
