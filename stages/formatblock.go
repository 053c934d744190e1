package stages

import (
	"maps"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
)

// Validate checks what a format says about its own answer.
func (f *Format) Validate() []error {
	var errs []error
	if f.TextPair != "" && strings.Contains(f.Text+f.TextPair, maskSlot) {
		errs = append(errs, wrong("text", "The pair of a format has no %s: write both texts into one, as in text = \"{premise} ? %s , {hypothesis}\".", maskSlot, maskSlot))
	}
	for _, class := range slices.Sorted(maps.Keys(f.Words)) {
		if len(f.Words[class]) == 0 {
			errs = append(errs, wrong("words", "Class %q has no word.", class))
		}
	}
	return errs
}

// answerable says what keeps a model of this shape from scoring label words in
// the format; "" if nothing does. prompted is for methods that read on after
// the word, which heads do not.
func (f *Format) answerable(shape *nn.Config, prompted bool) string {
	masks := strings.Count(f.Text, maskSlot)
	before, after, _ := strings.Cut(f.Text, maskSlot)
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
