package block

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
)

// Format is how rows become input.
type Format struct {
	Name     string              `key:"-"`
	Text     string              `hcl:"text" doc:"template of the text; {column} stands for a column, {mask} for the model's mask token"`
	TextPair string              `hcl:"text_pair,optional" doc:"template of the second text"`
	Words    map[string][]string `hcl:"words,optional" doc:"label words for each class, scored by the language-modelling head"`
}

// MaskName stands in a template where the answer is, and MaskSlot is it as it is
// written.
const (
	MaskName = "mask"
	MaskSlot = "{" + MaskName + "}"
)

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// Columns lists the columns that a format names.
func (f *Format) Columns() []string {
	var list []string
	for _, m := range placeholder.FindAllStringSubmatch(f.Text+f.TextPair, -1) {
		if m[1] != MaskName && !slices.Contains(list, m[1]) {
			list = append(list, m[1])
		}
	}
	return list
}

// Validate checks what a format says about its own answer.
func (f *Format) Validate() []error {
	var errs []error
	if f.TextPair != "" && strings.Contains(f.Text+f.TextPair, MaskSlot) {
		errs = append(errs, wrong("text", "The pair of a format has no %s: write both texts into one, as in text = \"{premise} ? %s , {hypothesis}\".", MaskSlot, MaskSlot))
	}
	for _, class := range slices.Sorted(maps.Keys(f.Words)) {
		if len(f.Words[class]) == 0 {
			errs = append(errs, wrong("words", "Class %q has no word.", class))
		}
	}
	return errs
}

// Answerable says what keeps a model of this shape from scoring label words in
// the format; "" if nothing does. prompted is for methods that read on after
// the word, which heads do not.
func (f *Format) Answerable(shape *nn.Config, prompted bool) string {
	masks := strings.Count(f.Text, MaskSlot)
	before, after, _ := strings.Cut(f.Text, MaskSlot)
	switch {
	case f.TextPair != "":
		return "Label words are scored in one text; this format makes a pair."
	case !shape.Causal() && masks != 1:
		return "A masked model scores label words at {mask}, which must stand in the text exactly once."
	case masks > 1:
		return "{mask} stands in the text at most once."
	case shape.Causal() && masks == 1 && strings.TrimSpace(before) == "":
		return "A causal model predicts a word from what stands before it; before {mask} nothing does."
	case shape.Causal() && strings.TrimSpace(after) != "" && !prompted:
		return "A head that is trained on a causal model reads the last token, so {mask} must end the text; only prompting reads on."
	}
	return ""
}
