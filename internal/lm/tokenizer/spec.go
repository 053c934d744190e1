package tokenizer

import (
	"fmt"
	"maps"
	"slices"
)

// spec is what a set of files says, whichever their layout: the parts of a
// tokenizer before they are put together.
type spec struct {
	kind       string
	entries    []entry // the model's vocabulary
	added      []addedToken
	normalizer normalizer
	pre        preTokenizer
	decoder    decoder
	failure    *failure // nil: none of the parts can fail
	// template is made once ids are known.
	template func(v *vocabulary) (template, error)
	// model is made last. It must not yield the banned ids.
	model func(v *vocabulary, banned map[int32]bool) (model, error)
}

// build puts a tokenizer together.
func (s spec) build(c config) (*Tokenizer, error) {
	v, err := s.vocabulary()
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{kind: s.kind, vocab: v, normalizer: s.normalizer, pre: s.pre, decoder: s.decoder, failure: s.failure}
	if t.failure == nil {
		t.failure = new(failure)
	}
	if t.special, err = c.special(v); err != nil {
		return nil, err
	}
	if t.template, err = s.template(v); err != nil {
		return nil, err
	}
	t.isSpecial = s.specialIDs(t)
	for i := range s.added {
		s.added[i].special = t.isSpecial[s.added[i].id]
	}
	t.added = newAddedTokens(s.added, s.normalizer)
	if t.model, err = s.model(v, t.isSpecial); err != nil {
		return nil, err
	}
	return t, nil
}

// vocabulary joins the model's tokens and the added ones, which may repeat them.
func (s spec) vocabulary() (*vocabulary, error) {
	byToken := make(map[string]int64, len(s.entries))
	for _, e := range s.entries {
		byToken[e.token] = e.id
	}
	entries := s.entries
	for _, a := range s.added {
		id, ok := byToken[a.content]
		switch {
		case ok && id == int64(a.id):
		case ok:
			return nil, fmt.Errorf("added token %q has id %d, but also id %d", a.content, a.id, id)
		default:
			byToken[a.content] = int64(a.id)
			entries = append(entries, entry{a.content, int64(a.id), addedTokenList{}})
		}
	}
	return newVocabulary(entries)
}

// addedTokenList is the position of an added token.
type addedTokenList struct{}

func (addedTokenList) position() string { return "added tokens" }

// specialIDs are the ids that text must not yield: tokens marked special,
// tokens with a role and those of the template. UNK, which unknown text yields,
// is among them only where it is marked.
func (s spec) specialIDs(t *Tokenizer) map[int32]bool {
	ids := make(map[int32]bool)
	for _, a := range s.added {
		if a.special {
			ids[a.id] = true
		}
	}
	r := t.special
	for _, id := range append(t.template.ids(), r.PAD, r.CLS, r.SEP, r.MASK, r.BOS, r.EOS) {
		if id >= 0 {
			ids[id] = true
		}
	}
	return ids
}

// sortedKeys lists the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
