package methods

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
)

// PromptSearch asks as Prompting does without demonstrations, and chooses what
// to ask: every template is combined with every set of label words, and the
// combination that does best on dev by the data set's metric is used. What the
// search costs is the number of combinations that are tried, its budget; if
// there are more, so many of them are drawn.
type PromptSearch struct {
	Templates []string            `hcl:"templates,optional" doc:"texts with {column} and {mask}"`
	Grammar   [][]string          `hcl:"grammar,optional" doc:"parts of a template in their order, each a list of alternatives; all ways to choose are templates"`
	Words     map[string][]string `hcl:"words" doc:"alternative words for each class; the first of all classes are one set, the second another"`
	Budget    int                 `hcl:"budget,optional" unit:"combinations" doc:"most combinations that are tried on dev"`
	Asking    `hcl:",inline"`
}

// maxCombinations bounds what a grammar may describe.
const maxCombinations = 1 << 20

// A Wording is one combination: a template and a word for each class.
type Wording struct {
	Template string
	Words    map[string][]string
}

// NewPromptSearch tries at most 32 combinations.
func NewPromptSearch() *PromptSearch { return &PromptSearch{Budget: 32} }

// Type returns "prompt_search".
func (*PromptSearch) Type() string { return "prompt_search" }

// Draws reports whether the budget leaves combinations out.
func (m *PromptSearch) Draws() bool { return m.Combinations() > m.Budget }

// Supports returns nil for classification.
func (*PromptSearch) Supports(kind string) error {
	return kindError("prompt_search", kind, Classification)
}

// SupportsModel returns an error if the model cannot predict words, or if it
// would have to predict one from nothing.
func (m *PromptSearch) SupportsModel(c *nn.Config) error {
	if err := predictsWords(c); err != nil || !c.Causal() {
		return err
	}
	for i := range m.templates() {
		if before, _, _ := strings.Cut(m.template(i), "{mask}"); strings.TrimSpace(before) == "" {
			return fieldErrorf("templates", "A causal model predicts a word from what stands before it; before {mask} in %q nothing does.", m.template(i))
		}
	}
	return nil
}

// How returns the settings that scoring reads.
func (m *PromptSearch) How() Asking { return m.Asking }

// Validate returns what is wrong with the attributes.
func (m *PromptSearch) Validate() []error {
	errs := atLeast("budget", m.Budget, 1, "The budget is a number of combinations")
	if len(m.Templates) == 0 && len(m.Grammar) == 0 {
		errs = append(errs, &FieldError{"templates", "There is nothing to search: give templates, or a grammar that makes them."})
	}
	for i, part := range m.Grammar {
		if len(part) == 0 {
			errs = append(errs, fieldErrorf("grammar", "Part %d of the grammar has no alternative.", i+1))
			return errs
		}
	}
	sets := -1
	for _, class := range slices.Sorted(maps.Keys(m.Words)) {
		n := len(m.Words[class])
		if n == 0 || sets >= 0 && n != sets {
			errs = append(errs, fieldErrorf("words", "Class %q has %d words; every class has a word in each set, so all have the same number, at least one.", class, n))
			return errs
		}
		sets = n
	}
	if len(m.Words) < 2 {
		errs = append(errs, &FieldError{"words", "There are words for each class, and at least two classes."})
		return errs
	}
	if m.Combinations() > maxCombinations {
		errs = append(errs, fieldErrorf("grammar", "Templates and words make more than %d combinations.", maxCombinations))
		return errs
	}
	for i := range m.templates() {
		if t := m.template(i); strings.Count(t, "{mask}") != 1 {
			field := "templates"
			if i >= len(m.Templates) {
				field = "grammar"
			}
			return append(errs, fieldErrorf(field, "{mask}, where the word stands, must be in each template exactly once; it is not in %q.", t))
		}
	}
	return errs
}

// sets is the number of sets of label words.
func (m *PromptSearch) sets() int {
	for _, list := range m.Words {
		return len(list)
	}
	return 0
}

// templates is the number of templates, or a number above the limit.
func (m *PromptSearch) templates() int {
	n := 0
	if len(m.Grammar) > 0 {
		n = 1
		for _, part := range m.Grammar {
			n = min(n*len(part), maxCombinations+1)
		}
	}
	return n + len(m.Templates)
}

// template is the i-th template: the listed ones, then those of the grammar,
// of which the last part changes fastest.
func (m *PromptSearch) template(i int) string {
	if i < len(m.Templates) {
		return m.Templates[i]
	}
	i -= len(m.Templates)
	parts := make([]string, len(m.Grammar))
	for k := len(parts) - 1; k >= 0; k-- {
		alternatives := m.Grammar[k]
		parts[k] = alternatives[i%len(alternatives)]
		i /= len(alternatives)
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// Combinations is the number of templates times the number of word sets.
func (m *PromptSearch) Combinations() int { return m.templates() * m.sets() }

// Texts lists all templates.
func (m *PromptSearch) Texts() []string {
	list := make([]string, m.templates())
	for i := range list {
		list[i] = m.template(i)
	}
	return list
}

// Tried lists the combinations to try, as many as the budget allows: all in
// their order, or some drawn.
func (m *PromptSearch) Tried(key tensor.Key) []Wording {
	n := m.Combinations()
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if n > m.Budget {
		order = key.Perm(n)[:m.Budget]
		slices.Sort(order)
	}
	list := make([]Wording, len(order))
	for i, k := range order {
		words := map[string][]string{}
		for class, all := range m.Words {
			words[class] = []string{all[k%m.sets()]}
		}
		list[i] = Wording{Template: m.template(k / m.sets()), Words: words}
	}
	return list
}

// String writes a wording in one line.
func (w Wording) String() string {
	var words []string
	for _, class := range slices.Sorted(maps.Keys(w.Words)) {
		words = append(words, class+" = "+strings.Join(w.Words[class], ", "))
	}
	return fmt.Sprintf("%q with %s", w.Template, strings.Join(words, "; "))
}
