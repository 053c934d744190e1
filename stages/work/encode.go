package work

import (
	"fmt"
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/tokenizer"
	"runexp/internal/train"
	"runexp/pipeline"
	"runexp/stages/block"
)

// Input is how rows become sequences of tokens; part of every stage that
// reads rows through a model.
type Input struct {
	MaxLength int
	Truncate  string
	// Format renders a row; nil takes its text and pair as they are.
	Format *block.Format
	// Words has the label words that the language-modelling head scores; nil
	// trains a new head.
	Words map[string][]string
}

// encoded is a data set as a model reads it.
type encoded struct {
	splits    map[string][]*train.Example
	truncated map[string]int
	key       string // in the memo
}

// encodeSplits tokenises every split, once per process. room is how many
// positions the method takes for itself.
func encodeSplits(job *pipeline.Job, in Input, base *lm.Base, data *dataset.Dataset, room int) (*encoded, func(), error) {
	format := ""
	if in.Format != nil {
		format = fmt.Sprintf("%q %q", in.Format.Text, in.Format.TextPair)
	}
	key := fmt.Sprintf("tokens %s %s %d %s %s %d", job.In["data"].Output(), job.In["model"].Output(), in.MaxLength, in.Truncate, format, room)
	value, release, err := job.Memo.Get(key, func() (any, int64, error) {
		e := &encoded{splits: map[string][]*train.Example{}, truncated: map[string]int{}, key: key}
		bytes := int64(0)
		for _, split := range dataset.SplitNames {
			if err := data.Split(split).Each(func(_ int, row *dataset.Row) error {
				example, cut, err := in.Example(base, data, row, room)
				if err != nil {
					return err
				}
				if cut {
					e.truncated[split]++
				}
				bytes += int64(8 * example.Tokens())
				e.splits[split] = append(e.splits[split], example)
				return nil
			}); err != nil {
				return nil, 0, err
			}
		}
		return e, bytes, nil
	})
	if err != nil {
		return nil, nil, err
	}
	return value.(*encoded), release, nil
}

// Limit is the longest sequence that both the data set and the model allow.
func (in Input) Limit(base *lm.Base, room int) (int, error) {
	c := base.Config()
	limit := min(in.MaxLength, c.Longest()-room)
	if limit < 4 {
		return 0, fmt.Errorf("the model has %d positions, and the method takes %d: nothing is left for the input", c.Longest(), room)
	}
	return limit, nil
}

// Example is a row in the model's tokens, and whether it was cut. room is how many
// positions the method takes beside it.
func (in Input) Example(base *lm.Base, data *dataset.Dataset, row *dataset.Row, room int) (*train.Example, bool, error) {
	limit, err := in.Limit(base, room)
	if err != nil {
		return nil, false, err
	}
	o := tokenizer.Options{MaxLength: limit, TruncateStart: in.Truncate == "start"}
	e := &train.Example{Label: int32(row.Label)}
	cut := false
	add := func(enc tokenizer.Encoding) {
		if len(enc.IDs) == 0 {
			// Without a template an empty text has no tokens; its end stands for it.
			enc.IDs, enc.Offsets = []int32{max(base.Config().EOSID, 0)}, [][2]int{{0, 0}}
		}
		mask := int32(-1)
		if id := base.Tokenizer.Special().MASK; id >= 0 {
			mask = int32(slices.Index(enc.IDs, id))
		}
		e.Sequences = append(e.Sequences, train.Sequence{IDs: enc.IDs, Types: enc.Types, Mask: mask})
		cut = cut || enc.Truncated
	}
	switch data.Task {
	case dataset.MultipleChoice:
		for _, choice := range row.Choices {
			add(base.Tokenizer.EncodeInput(row.Text, choice, true, o))
		}
		return e, cut, base.Tokenizer.Err()
	case dataset.Tagging:
		enc := base.Tokenizer.EncodeInput(row.Text, "", false, o)
		add(enc)
		e.Tags, e.Words = wordTags(row, enc)
	default:
		enc, err := in.render(base, row, o)
		if err != nil {
			return nil, false, err
		}
		add(enc)
	}
	switch data.Task {
	case dataset.Regression:
		e.Targets = []float32{float32(row.Target)}
	case dataset.MultiLabel:
		e.Targets = make([]float32, len(data.LabelNames))
		for _, l := range row.Labels {
			e.Targets[l] = 1
		}
	}
	return e, cut, base.Tokenizer.Err()
}

// render encodes a row, through the format if there is one.
func (in Input) render(base *lm.Base, row *dataset.Row, o tokenizer.Options) (tokenizer.Encoding, error) {
	if in.Format == nil {
		return base.Tokenizer.EncodeInput(row.Text, row.Pair, row.HasPair, o), nil
	}
	if in.Format.TextPair != "" {
		return base.Tokenizer.EncodeInput(fillTemplate(in.Format.Text, row), fillTemplate(in.Format.TextPair, row), true, o), nil
	}
	if base.Config().Causal() {
		// A causal model answers after the text: nothing stands for the mask.
		before, after, _ := strings.Cut(in.Format.Text, block.MaskSlot)
		parts := trimEnd(templateParts(before, row, nil))
		return base.Tokenizer.EncodeParts(append(parts, templateParts(after, row, nil)...), o), nil
	}
	var answer []tokenizer.Part
	if strings.Contains(in.Format.Text, block.MaskSlot) {
		mask, err := maskPart(base)
		if err != nil {
			return tokenizer.Encoding{}, err
		}
		answer = append(answer, mask)
	}
	return base.Tokenizer.EncodeParts(templateParts(in.Format.Text, row, answer), o), nil
}

// wordTags gives the tag of each word to the first of its tokens and -1 to the
// rest, and lists the words that have one: all that were not cut off.
func wordTags(row *dataset.Row, enc tokenizer.Encoding) (tags, words []int32) {
	starts := make([]int, len(row.Words))
	at := 0
	for i, w := range row.Words {
		starts[i] = at
		at += len(w) + 1
	}
	next := 0
	for _, span := range enc.Offsets {
		tag := int32(-1)
		for next < len(starts) && starts[next] < span[0] {
			next++
		}
		// A byte-level token begins with the space before its word.
		if next < len(starts) && starts[next] < span[1] {
			tag, words = int32(row.Tags[next]), append(words, int32(next))
			next++
		}
		tags = append(tags, tag)
	}
	return tags, words
}

// scoredWords lists, for tagging, the words of each row that examples score.
func scoredWords(examples []*train.Example) [][]int32 {
	words := make([][]int32, len(examples))
	for i, e := range examples {
		words[i] = e.Words
	}
	return words
}

// words lists the scored words of every split.
func (e *encoded) words() map[string][][]int32 {
	all := map[string][][]int32{}
	for split, examples := range e.splits {
		all[split] = scoredWords(examples)
	}
	return all
}

// meanTokens is the mean length of the examples of each split.
func (e *encoded) meanTokens() map[string]float64 {
	means := map[string]float64{}
	for split, examples := range e.splits {
		sum := 0
		for _, x := range examples {
			sum += x.Tokens()
		}
		means[split] = float64(sum) / float64(len(examples))
	}
	return means
}
