package dataset

import (
	"errors"
	"hash"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// A Survey is what is known of a source after it was read once: what becomes of each
// record, and hashes of the rows. It holds no texts but names and examples.
type Survey struct {
	config   *Config
	split    *Split
	drafter  *drafter
	parts    []string
	perFile  []int
	fates    []fate         // of every record
	again    map[int]uint32 // for records whose input was used before: the how-manieth it is
	print    hash.Hash64    // of the marks of the rows that are used
	used     int
	given    map[string]int // rows of the training distribution by role
	pool     []pooled       // the rows that the split divides, in their order
	classes  *classes
	names    []string // of the classes, in their final order
	rejected tally
	dropped  tally
	repeats  Repeats
	notes    []string
	seen     map[digest]firstSeen // by input
	ids      map[digest]struct{}  // role and id
	columns  []string             // of the last header, for messages
	blame    map[string]bool      // attributes for which rows were rejected
}

// Used is how many rows the splits have together.
func (s *Survey) Used() int { return s.used }

// fate is what becomes of a record.
type fate uint8

const (
	unused fate = iota
	inPool      // not decided yet
	inTrain
	inDev
	inTest
	inShift
)

// splitFates are the fates that are splits, in the order of SplitNames.
var splitFates = [4]fate{inTrain, inDev, inTest, inShift}

// firstSeen is what is remembered of an input.
type firstSeen struct {
	label uint32 // hash of the first row's label
	used  uint32 // rows with the input so far
	roles uint8  // bit per role in which the input with that label was used
}

// Read reads all records and decides what becomes of each. Errors in the data are
// *Error or *Errors; mistakes in rows are gathered, so that one call shows the first
// twenty and how many there are. What nothing can be learnt from is refused.
func Read(c *Config, source Source) (*Survey, error) {
	split := c.Split
	if split == nil {
		split = NewSplit()
	}
	d, err := newDrafter(c, split)
	if err != nil {
		return nil, err
	}
	s := &Survey{config: c, split: split, drafter: d, parts: source.Parts(), again: map[int]uint32{}, print: fnv.New64a(),
		given: map[string]int{}, classes: newClasses(c), rejected: tally{}, dropped: tally{}, blame: map[string]bool{},
		seen: map[digest]firstSeen{}, ids: map[digest]struct{}{}}
	s.perFile = make([]int, len(s.parts))
	if err := s.read(source); err != nil {
		return nil, err
	}
	s.seen, s.ids = nil, nil
	if s.names, err = s.classes.sorted(s.used); err != nil {
		return nil, err
	}
	if err := s.judge(s.assign()); err != nil {
		return nil, err
	}
	s.pool = nil
	return s, nil
}

// LabelNames are the classes: sorted, or in the order of Config.Classes.
func (s *Survey) LabelNames() []string { return s.names }

func (s *Survey) read(source Source) error {
	var problems Errors
	err := source.Each(func(r *Record) error {
		s.perFile[r.File]++
		s.columns = r.Header.Names
		s.fates = append(s.fates, unused)
		d, err := s.drafter.draft(r)
		var reject errReject
		var missing *missingColumn
		var bad *Error
		switch {
		case errors.As(err, &reject):
			s.rejected.add(reject.reason, s.example(r))
			s.blame[reject.attribute] = true
			return nil
		case errors.As(err, &missing):
			return missing.cause
		case errors.As(err, &bad):
			problems.add(bad)
			return nil
		case err != nil:
			return err
		}
		if err := s.take(r, d); err != nil {
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
	case len(s.fates) == 0:
		return refuse("%s: no rows", strings.Join(s.parts, ", "))
	case s.used == 0:
		return s.useless()
	}
	return nil
}

// useless says why no row at all can be used.
func (s *Survey) useless() *Error {
	e := refuse("none of %d rows can be used: %s; the columns are %s",
		len(s.fates), s.summary(), strings.Join(s.columns[:min(len(s.columns), maxListed)], ", "))
	for attribute := range s.blame {
		if len(s.blame) == 1 && len(s.dropped) == 0 {
			e.Attribute = attribute
		}
	}
	return e
}

func (s *Survey) example(r *Record) Example {
	return Example{File: s.parts[r.File], Line: r.Line}
}

func (s *Survey) summary() string {
	a := Accounting{RowsIn: len(s.fates), Used: s.used, Rejected: s.rejected.counts(), Dropped: s.dropped.counts()}
	return a.Summary()
}

// take decides whether a draft is used, and where.
func (s *Survey) take(r *Record, d *draft) *Error {
	side := s.shifted(d)
	if side == dropRow {
		s.dropped.add(s.config.Shift.By+"="+d.topic, s.example(r))
		return nil
	}
	if s.repeated(r, d) {
		s.rejected.add("duplicate", s.example(r))
		return nil
	}
	if d.ID == "" {
		if n := s.seen[d.input].used; n > 1 {
			s.again[len(s.fates)-1] = n
		}
	} else {
		key := hashTexts([]string{d.role, d.ID})
		if side == shiftRow {
			key = hashTexts([]string{TestShiftSplit, d.ID})
		}
		if _, there := s.ids[key]; there {
			return mistake(Position{r.Path, r.Line, 0}, "the id %q a second time", d.ID)
		}
		s.ids[key] = struct{}{}
	}
	s.used++
	s.print.Write(d.mark())
	class := s.classes.add(d)
	to := &s.fates[len(s.fates)-1]
	if side == shiftRow {
		*to = inShift
		return nil
	}
	s.given[d.role]++
	switch d.role {
	case "dev":
		*to = inDev
	case "test":
		*to = inTest
	default:
		*to = inPool
		s.pool = append(s.pool, pooled{d.unit.draw(s.split.Seed, "split"), class})
	}
	return nil
}

// mark is what tells a row from others when the source is read again.
func (d *draft) mark() []byte {
	return []byte(d.input.String() + d.answer() + "\x1e" + d.ID + "\x1e" + d.topic + "\x1e")
}

// answer is a row's label, whatever the task.
func (d *draft) answer() string {
	return d.label + strings.Join(d.labels, "\x1f") + strconv.FormatFloat(d.Target, 'g', -1, 64) + " " + strconv.Itoa(d.Label)
}

// defaultID is the id of a row that has no column for it: its input, and the
// how-manieth row of that input it is.
func (d *draft) defaultID(n uint32) string {
	if n > 1 {
		return d.input.String() + "-" + strconv.Itoa(int(n))
	}
	return d.input.String()
}

// repeated counts inputs that were there before; it is true if the row is to be
// rejected for it.
func (s *Survey) repeated(r *Record, d *draft) bool {
	h := fnv.New32a()
	h.Write([]byte(d.answer()))
	bit, label := uint8(1)<<slices.Index(roles, d.role), h.Sum32()
	first, there := s.seen[d.input]
	switch {
	case !there:
		s.seen[d.input] = firstSeen{label, 1, bit}
		return false
	case first.label == label && s.split.Deduplicate && first.roles&bit != 0:
		s.repeats.Rows++
		return true
	case first.label == label:
		s.repeats.Rows++
		first.roles |= bit
	default:
		s.repeats.Conflicts++
		if len(s.repeats.Examples) < maxListed {
			e := s.example(r)
			e.Text = shorten(d.Text)
			s.repeats.Examples = append(s.repeats.Examples, e)
		}
	}
	first.used++
	s.seen[d.input] = first
	return false
}
