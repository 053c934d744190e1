package tokenizer

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzTokenizerJSON: whatever a tokenizer.json holds, loading gives a tokenizer
// or an error, and encoding with it ends.
func FuzzTokenizerJSON(f *testing.F) {
	f.Add([]byte(wordLevelJSON("", "")))
	f.Add([]byte(bpeJSON(`{"a": 0, "b": 1, "ab": 2}`, `["a b"]`, "")))
	for _, name := range []string{"llama2", "unigram", "roberta", "bpe-prefix", "split-next"} {
		data, err := os.ReadFile("testdata/" + name + "/tokenizer.json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := fromFiles(files{"tokenizer.json": data})
		if err != nil {
			return
		}
		e := tok.EncodeInput("The ba\u0301ker's <s> 12\n👍🏽 今", "b", true, Options{MaxLength: 20})
		for _, id := range e.IDs {
			if id < 0 || int(id) >= tok.Size() {
				t.Errorf("id %d of a vocabulary of %d", id, tok.Size())
			}
		}
		tok.Decode(e.IDs, true)
	})
}

// FuzzByteLevelRoundTrip: every valid text comes back from its ids.
func FuzzByteLevelRoundTrip(f *testing.F) {
	for _, s := range scanPieces {
		f.Add("x" + s + "y")
	}
	tok := trainedBPE(f)
	f.Fuzz(func(t *testing.T, s string) {
		e := tok.EncodeInput(s, "", false, Options{})
		if !utf8.ValidString(s) {
			s = strings.ToValidUTF8(s, "\ufffd")
			e = tok.EncodeInput(s, "", false, Options{})
		}
		if got := tok.Decode(e.IDs, false); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
		checkOffsets(t, s, e)
	})
}
