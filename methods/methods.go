// Package methods holds every way of fitting a task that an experiment file
// can name, one file per family.
//
// A method goes in as a struct of attributes with defaults, and what comes
// out depends on what it reads. A TextFitter (majority, tfidf) reads texts and
// no language model. A FeatureFitter (probing) reads features that a frozen
// model computed once. Each fits to convergence and gives a predictor that is
// saved and loaded as bytes. A Prompter (prompting, prompt_search) asks the
// frozen model for words. An Adapter (the others) trains parameters by
// gradients and gives the overlay that training starts from.
//
// The one idea: a method leaves what it adapts as it was. Its result is a
// value of its own that lies beside the model or over it, so that every run
// of a process shares one read-only base.
package methods

import (
	"fmt"
	"slices"
	"strings"
)

// Method is one way of fitting a task. Every method is also exactly one of
// TextFitter, FeatureFitter, Prompter and Adapter, or External.
type Method interface {
	// Type returns the name that the experiment file uses, such as "tfidf".
	Type() string

	// Draws reports whether the seed changes the result. A method that draws
	// nothing is computed once and recorded under every seed.
	Draws() bool

	// Supports returns nil if the method makes sense for a task of this kind,
	// else a sentence that says why not.
	Supports(kind string) error
}

// A FieldError is a wrong attribute of a method: the attribute's name and a
// sentence that says what is allowed.
type FieldError struct {
	Name string
	Text string
}

// Error returns the sentence.
func (e *FieldError) Error() string { return e.Text }

// Field returns the attribute's name as the experiment file spells it.
func (e *FieldError) Field() string { return e.Name }

func fieldErrorf(field, format string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(format, args...)}
}

// constructors lists the method types in the order in which they are taught.
var constructors = []struct {
	typ string
	new func() Method
}{
	{"majority", func() Method { return &Majority{} }},
	{"tfidf", func() Method { return NewTFIDF() }},
	{"prompting", func() Method { return NewPrompting() }},
	{"prompt_search", func() Method { return NewPromptSearch() }},
	{"probing", func() Method { return NewProbing() }},
	{"fine_tuning", func() Method { return NewFineTuning() }},
	{"lora", func() Method { return NewLoRA() }},
	{"adapter", func() Method { return NewBottleneck() }},
	{"prefix_tuning", func() Method { return NewPrefixTuning() }},
	{"bitfit", func() Method { return &BitFit{} }},
	{"ia3", func() Method { return &IA3{} }},
	{"layer_norm", func() Method { return &LayerNorm{} }},
	{"prompt_tuning", func() Method { return NewPromptTuning() }},
	{"union", func() Method { return &Union{} }},
	{"external", func() Method { return NewExternal() }},
}

// New returns a method of the given type with its defaults, ready for
// decoding. It returns an error if no method has that type.
func New(typ string) (Method, error) {
	for _, c := range constructors {
		if c.typ == typ {
			return c.new(), nil
		}
	}
	return nil, fmt.Errorf("no method type is named %q; known are %s", typ, strings.Join(Types(), ", "))
}

// Types returns the names that New knows.
func Types() []string {
	names := make([]string, len(constructors))
	for i, c := range constructors {
		names[i] = c.typ
	}
	return names
}

// oneOf checks a choice among names and returns the errors to append.
func oneOf(field, value string, allowed ...string) []error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return []error{&FieldError{field, fmt.Sprintf("%q is not a known %s; it must be one of %s.",
		value, field, strings.Join(allowed, ", "))}}
}

// atLeast checks a lower bound of a whole number.
func atLeast(field string, value, least int, what string) []error {
	if value >= least {
		return nil
	}
	return []error{&FieldError{field, fmt.Sprintf("%s; it must be at least %d.", what, least)}}
}
