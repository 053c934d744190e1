package tokenizer

import "fmt"

// Limits on what a file may ask for. The largest published vocabularies have
// about 260,000 tokens and tokenizer.json files of 34 MB.
const (
	maxFileBytes = 64 << 20
	maxTokens    = 4 << 20
	maxUnusedIDs = 1 << 16 // holes in the numbering of all tokens together
)

// vocabulary maps tokens to ids and back. An unused id has the token "".
type vocabulary struct {
	tokens []string
	ids    map[string]int32
}

// entry is a token of a file before the vocabulary is complete.
type entry struct {
	token string
	id    int64
	where position
}

// position is where something stands in a file, for errors.
type position interface{ position() string }

// line is a place in a file of lines, counted from 1.
type line struct {
	file   string
	number int
}

func (l line) position() string { return fmt.Sprintf("%s:%d", l.file, l.number) }

// newVocabulary checks that ids are unique and nearly without holes, so that no
// table is ever larger than the file that asks for it.
func newVocabulary(entries []entry) (*vocabulary, error) {
	if len(entries) == 0 {
		return nil, fmt.Errorf("the vocabulary is empty")
	}
	if len(entries) > maxTokens {
		return nil, fmt.Errorf("the vocabulary has %d tokens; the limit is %d", len(entries), maxTokens)
	}
	limit := int64(len(entries) + maxUnusedIDs)
	size := int64(0)
	for _, e := range entries {
		if e.id < 0 || e.id >= limit {
			return nil, fmt.Errorf("%s: token %q has id %d; with %d tokens ids go from 0 to %d at most", e.where.position(), e.token, e.id, len(entries), limit-1)
		}
		size = max(size, e.id+1)
	}
	v := &vocabulary{tokens: make([]string, size), ids: make(map[string]int32, len(entries))}
	used := make([]bool, size)
	for _, e := range entries {
		if used[e.id] {
			return nil, fmt.Errorf("%s: token %q has id %d, which is that of %q", e.where.position(), e.token, e.id, v.tokens[e.id])
		}
		if id, ok := v.ids[e.token]; ok {
			return nil, fmt.Errorf("%s: token %q has id %d, but also id %d", e.where.position(), e.token, e.id, id)
		}
		used[e.id] = true
		v.tokens[e.id] = e.token
		v.ids[e.token] = int32(e.id)
	}
	return v, nil
}
