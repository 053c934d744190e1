package methods

import (
	"fmt"
	"slices"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// A Prompter asks the frozen model for label words and trains nothing.
type Prompter interface {
	Method
	// How returns the settings that scoring reads.
	How() Asking
}

// Asking is how label words are scored. A class's score is the mean over its
// words of log p(word): at the mask of a masked model, as many masks side by
// side as the word has tokens; in a causal model the log-likelihood of the word
// and of the text after it, given the text before it.
type Asking struct {
	Normalise bool `hcl:"normalise,optional" doc:"divide log-likelihoods by the number of tokens that they are of"`
	Calibrate bool `hcl:"calibrate,optional" doc:"divide probabilities by those for inputs without content" source:"Zhao et al. 2021"`
}

// Prompting renders each row by its format, with the class to be found at
// {mask} or at the end, after a number of rows whose class is shown.
//
// Sources: Schick and Schütze 2021, arXiv:2001.07676 (label words at a mask);
// Brown et al. 2020, arXiv:2005.14165 (demonstrations); Liu et al. 2022,
// arXiv:2101.06804 (nearest rows).
type Prompting struct {
	Shots     int    `hcl:"shots,optional" doc:"training rows that are shown with their class before each row"`
	Selection string `hcl:"selection,optional" doc:"which: random, balanced over the classes, or nearest to the row by the frozen model's mean features"`
	Separator string `hcl:"separator,optional" doc:"text between demonstrations"`
	Asking    `hcl:",inline"`
}

// NewPrompting returns zero-shot prompting.
func NewPrompting() *Prompting { return &Prompting{Selection: "balanced", Separator: "\n"} }

// Type returns "prompting".
func (*Prompting) Type() string { return "prompting" }

// Draws reports whether demonstrations are drawn.
func (m *Prompting) Draws() bool { return m.Shots > 0 && m.Selection != "nearest" }

// Supports returns nil for classification.
func (m *Prompting) Supports(kind string) error { return kindError("prompting", kind, Classification) }

// SupportsModel returns an error if the model cannot predict words.
func (m *Prompting) SupportsModel(c *nn.Config) error { return predictsWords(c) }

// NeedsWords returns true: a format with words has the classes' names.
func (*Prompting) NeedsWords() bool { return true }

// How returns the settings that scoring reads.
func (m *Prompting) How() Asking { return m.Asking }

// Needs returns what nearest demonstrations are found by.
func (m *Prompting) Needs() []FeatureNeed {
	if m.Shots == 0 || m.Selection != "nearest" {
		return nil
	}
	return []FeatureNeed{{Layer: -1, Pooling: "mean"}}
}

// Validate returns what is wrong with the attributes.
func (m *Prompting) Validate() []error {
	errs := slices.Concat(
		atLeast("shots", m.Shots, 0, "The number of demonstrations is a count"),
		oneOf("selection", m.Selection, "random", "balanced", "nearest"))
	d := NewPrompting()
	if m.Shots == 0 && m.Selection != d.Selection {
		errs = append(errs, &FieldError{"selection", "Without shots nothing is selected."})
	}
	if m.Shots == 0 && m.Separator != d.Separator {
		errs = append(errs, &FieldError{"separator", "Without shots there is nothing to separate."})
	}
	return errs
}

// Draw chooses the rows that every prompt shows, by their classes: at random,
// or as evenly over the classes as their number allows. The order is random.
func (m *Prompting) Draw(labels []int, classes int, key tensor.Key) []int {
	order := key.At(0).Perm(len(labels))
	if m.Selection == "random" {
		return order[:min(m.Shots, len(order))]
	}
	byClass := make([][]int, classes)
	for _, i := range order {
		byClass[labels[i]] = append(byClass[labels[i]], i)
	}
	var chosen []int
	for round := 0; len(chosen) < min(m.Shots, len(labels)); round++ {
		for _, c := range key.At(1).At(uint64(round)).Perm(classes) {
			if round < len(byClass[c]) && len(chosen) < m.Shots {
				chosen = append(chosen, byClass[c][round])
			}
		}
	}
	shown := make([]int, len(chosen))
	for i, k := range key.At(2).Perm(len(chosen)) {
		shown[i] = chosen[k]
	}
	return shown
}

func predictsWords(c *nn.Config) error {
	if !c.LMHead {
		return fmt.Errorf("the checkpoint has no language-modelling head, which scores the words")
	}
	return nil
}
