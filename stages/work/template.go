package work

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/tokenizer"
	"runexp/stages/block"
)

// A segment is a piece of a template: text as it stands, or the name of a
// column.
type segment struct{ text, column string }

// segments takes a template apart; a brace that is not closed is text.
func segments(template string) []segment {
	var list []segment
	add := func(text string) {
		if text != "" {
			list = append(list, segment{text: text})
		}
	}
	for {
		before, rest, ok := strings.Cut(template, "{")
		if !ok {
			add(template)
			return list
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			add(template)
			return list
		}
		add(before)
		list, template = append(list, segment{column: name}), after
	}
}

// fillTemplate replaces {column} by the row's value; Compile has checked the
// columns.
func fillTemplate(template string, row *dataset.Row) string {
	var out strings.Builder
	for _, s := range segments(template) {
		out.WriteString(s.text)
		if s.column != "" {
			out.WriteString(row.Fields[s.column])
		}
	}
	return out.String()
}

// filled gives a row's texts as the format says, or as they are without one.
func (in Input) filled(row *dataset.Row) (text, pair string, hasPair bool) {
	if in.Format == nil {
		return row.Text, row.Pair, row.HasPair
	}
	return fillTemplate(in.Format.Text, row), fillTemplate(in.Format.TextPair, row), in.Format.TextPair != ""
}

// templateParts renders a template for a tokenizer, which cuts a long row
// before it cuts the template's own words; answer stands for {mask}.
func templateParts(template string, row *dataset.Row, answer []tokenizer.Part) []tokenizer.Part {
	var parts []tokenizer.Part
	for _, s := range segments(template) {
		switch {
		case s.column == block.MaskName:
			parts = append(parts, answer...)
		case s.text != "":
			parts = append(parts, tokenizer.Part{Text: s.text})
		case row.Fields[s.column] != "":
			parts = append(parts, tokenizer.Part{Text: row.Fields[s.column]})
		}
	}
	return parts
}

// trimEnd takes the spaces from the end of a prompt: the word that a causal
// model is to say next begins with one of its own.
func trimEnd(parts []tokenizer.Part) []tokenizer.Part {
	for len(parts) > 0 {
		last := &parts[len(parts)-1]
		if last.Text = strings.TrimRight(last.Text, " "); last.Text != "" || last.Special != "" {
			return parts
		}
		parts = parts[:len(parts)-1]
	}
	return parts
}

// maskPart is a model's mask token.
func maskPart(base *lm.Base) (tokenizer.Part, error) {
	id := base.Tokenizer.Special().MASK
	if id < 0 {
		return tokenizer.Part{}, InputError("the model's tokenizer has no mask token, which " + block.MaskSlot + " stands for")
	}
	return tokenizer.Part{Special: base.Tokenizer.Token(id)}, nil
}

// wordTokens are the tokens of a label word where the template has it: after a
// space, unless it begins the text or something touches it.
func wordTokens(base *lm.Base, template, word string) ([]int32, error) {
	ids := base.Tokenizer.Encode(word)
	before, _, ok := strings.Cut(template, block.MaskSlot)
	if !ok || strings.TrimRight(before, " \n\t") != before {
		const context = "x "
		enc := base.Tokenizer.EncodeParts([]tokenizer.Part{{Text: context + word}}, tokenizer.Options{NoSpecial: true})
		ids = nil
		for i, span := range enc.Offsets {
			if span[1] > len(context) {
				ids = append(ids, enc.IDs[i])
			}
		}
	}
	if len(ids) == 0 || slices.Contains(ids, base.Tokenizer.Special().UNK) {
		return nil, InputError(fmt.Sprintf("label word %q is not in the model's vocabulary", word))
	}
	return ids, base.Tokenizer.Err()
}

// checkWords refuses label words that do not match the classes of the rows.
func (in Input) checkWords(data *dataset.Dataset) error {
	for _, class := range slices.Sorted(maps.Keys(in.Words)) {
		if !slices.Contains(data.LabelNames, class) {
			return InputError(fmt.Sprintf("format %q has words for %q, which is no class of the rows; there are %s", in.Format.Name, class, strings.Join(data.LabelNames, ", ")))
		}
	}
	for _, class := range data.LabelNames {
		if len(in.Words[class]) == 0 {
			return InputError(fmt.Sprintf("format %q has no words for class %q", in.Format.Name, class))
		}
	}
	return nil
}
