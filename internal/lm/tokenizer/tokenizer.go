// Package tokenizer turns text into the ids a language model was trained on,
// and back.
//
// A tokenizer is a chain of small parts: a normalizer rewrites the text, a
// pre-tokenizer cuts it into words, a model cuts each word into tokens of its
// vocabulary, a template adds the special tokens, and a decoder undoes it all.
// The parts are read from the files published beside a checkpoint
// (tokenizer.json, vocab.txt, vocab.json with merges.txt, or the tok512.bin of
// llama2.c), or come from training on plain text. A part that is not known is
// an error that names it; no part is ever left out.
//
// Text that comes in as data never yields a special token: "[SEP]" in a row of
// a data set is five ordinary characters. Who wants a special token asks for it
// by name, see [Tokenizer.EncodeParts].
package tokenizer

import (
	"sync"
	"sync/atomic"
)

// Encoding is the input of a model: N tokens and where they come from.
type Encoding struct {
	IDs       []int32  // [N] rows of the embedding table
	Types     []int32  // [N] segment of each token: 0, or 1 in the second text of a pair
	Offsets   [][2]int // [N] from and to, in bytes of the text the token came from; 0, 0 for special tokens
	Words     []int32  // [N] number of the word within its text, -1 for special tokens
	Truncated bool     // tokens were left out to keep to Options.MaxLength
}

// Options say how a text becomes a model's input.
type Options struct {
	MaxLength     int  // most tokens of the result, special ones included; 0: no limit
	TruncateStart bool // cut at the start of a text that is too long instead of at its end
	NoSpecial     bool // leave out the template's special tokens
}

// Part is a piece of a prompt: a text, or a special token given by its name.
type Part struct {
	Text    string
	Special string // such as "[MASK]"; the text is ignored when it is set
}

// Special holds the ids of the tokens with a role; -1 where there is none.
type Special struct {
	PAD, UNK, CLS, SEP, MASK, BOS, EOS int32
}

// Tokenizer is safe for use by several goroutines.
type Tokenizer struct {
	kind       string
	vocab      *vocabulary
	normalizer normalizer   // nil: text stays as it is
	pre        preTokenizer // nil: the whole text is one word
	model      model
	template   template
	decoder    decoder
	added      addedTokens
	special    Special
	isSpecial  map[int32]bool
	files      []file // what Save writes, in order of name

	workers workers
	failure *failure
}

// Encode gives the ids of a text, without any special tokens.
func (t *Tokenizer) Encode(text string) []int32 {
	w := t.workers.get()
	defer t.workers.put(w)
	w.reset()
	t.encodeText(w, newText(text, 0, false))
	ids := make([]int32, len(w.tokens))
	for i, tok := range w.tokens {
		ids[i] = tok.id
	}
	return ids
}

// Size is the number of rows an embedding table needs: the highest id plus one.
func (t *Tokenizer) Size() int { return len(t.vocab.tokens) }

// Token is the token with that id as it stands in the vocabulary, or "" if
// there is none.
func (t *Tokenizer) Token(id int32) string {
	if id < 0 || int(id) >= len(t.vocab.tokens) {
		return ""
	}
	return t.vocab.tokens[id]
}

// ID is the id of a token as it stands in the vocabulary.
func (t *Tokenizer) ID(token string) (int32, bool) {
	id, ok := t.vocab.ids[token]
	return id, ok
}

// IsSpecial tells whether the id is that of a special token: one that text
// never yields.
func (t *Tokenizer) IsSpecial(id int32) bool { return t.isSpecial[id] }

// Special gives the tokens with a role.
func (t *Tokenizer) Special() Special { return t.special }

// Kind names the algorithm, such as "WordPiece" or "byte-level BPE".
func (t *Tokenizer) Kind() string { return t.kind }

// TemplateLength is the number of special tokens that EncodeInput adds to one
// text, or to a pair.
func (t *Tokenizer) TemplateLength(pair bool) int { return t.template.length(pair) }

// Err is the first error met while encoding: a regular expression of the
// tokenizer's files that took too long on some text. The ids of that text are
// of no use, so callers look here after a batch of texts.
func (t *Tokenizer) Err() error { return t.failure.get() }

// failure keeps the first error of several goroutines.
type failure struct{ err atomic.Pointer[error] }

func (f *failure) set(err error) { f.err.CompareAndSwap(nil, &err) }

func (f *failure) get() error {
	if p := f.err.Load(); p != nil {
		return *p
	}
	return nil
}

// workers lends scratch memory and a word cache to each call. It keeps as many
// as were ever in use at once.
type workers struct {
	mu   sync.Mutex
	free []*worker
}

func (ws *workers) get() *worker {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if n := len(ws.free); n > 0 {
		w := ws.free[n-1]
		ws.free = ws.free[:n-1]
		return w
	}
	return &worker{cache: make(map[string][]piece)}
}

func (ws *workers) put(w *worker) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.free = append(ws.free, w)
}
