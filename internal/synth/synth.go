// Package synth writes text and labelled rows from a grammar and word lists of
// our own. It is what an experiment uses where no file is at hand: a general
// language to pretrain on, and tasks in domains that differ from it by as much
// as a dial says.
//
// The labels depend on who does what to whom, in which order, and on what is
// said about it: in most rows the same words in another order would carry
// another label, so counting words is not enough. The cues (modal phrases,
// negations, subordinate clauses, passives) occur in the general text in the
// same constructions, and label words follow them there in slots such as
// "in short , this is a duty .".
//
// What it is not: language. The vocabulary is small and closed, sentences are
// regular, and a score on these rows says how methods compare under a controlled
// shift, not how they would do on real contracts or notes.
//
// Everything is a function of the generator's fields. Row i is drawn from a
// stream keyed by (seed, purpose, i), so asking for more rows never changes the
// earlier ones.
package synth

import (
	"fmt"
	"slices"
	"strings"
)

// A Generator makes the rows of one task, and unlabelled text of its domain.
type Generator interface {
	// Columns names the values of a row, in order. The first is always "id".
	Columns() []string
	// Rows calls yield with each row until all are made or yield returns false.
	// The slice is the callee's to keep.
	Rows(yield func(values []string) bool)
	// Text calls yield with documents of the generator's domain, one per call and
	// without an end of its own accord: the caller stops by returning false.
	Text(yield func(document string) bool)
	// RowCount is how many rows the generator makes.
	RowCount() int
	// Validate reports settings out of range; each error names its field.
	Validate() []error
}

var makers = map[string]func() Generator{
	"general":    func() Generator { return NewGeneral() },
	"clauses":    func() Generator { return NewClauses() },
	"medical":    func() Generator { return NewMedical() },
	"entailment": func() Generator { return NewEntailment() },
	"facts":      func() Generator { return NewFacts() },
	"tagging":    func() Generator { return NewTagging() },
	"similarity": func() Generator { return NewSimilarity() },
	"topics":     func() Generator { return NewTopics() },
	"choice":     func() Generator { return NewChoice() },
}

// ByName returns the generator of that name with its default settings, a pointer
// to a struct whose tags name the attributes of the experiment file.
func ByName(name string) (Generator, error) {
	if maker, ok := makers[name]; ok {
		return maker(), nil
	}
	return nil, fmt.Errorf("generator %q: not one of %s", name, strings.Join(Names(), ", "))
}

// Names lists the generators in alphabetical order.
func Names() []string {
	names := make([]string, 0, len(makers))
	for name := range makers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
