package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// vectors are what the reference library makes of our texts with one of the
// tokenizers in testdata. See testdata/make.mjs.
type vectors struct {
	Texts []struct {
		Text    string
		IDs     []int32
		Offsets [][2]int
		Words   []int32
		Decoded string
	}
	Pairs []struct {
		Text, Pair string
		Max        int
		Start      bool
		IDs, Types []int32
		Single     []int32
		Decoded    string
	}
	Prompts []struct {
		Parts []Part
		IDs   []int32
	}
}

func forEachVectors(t *testing.T, test func(t *testing.T, tok *Tokenizer, v vectors)) {
	paths, err := filepath.Glob("testdata/*/vectors.json")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d files of vectors (%v), want at least 20", len(paths), err)
	}
	for _, path := range paths {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			tok, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var v vectors
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			test(t, tok, v)
		})
	}
}

// otherOffsets tells for which tokenizers our offsets are not those of the
// reference library, and why. Ids, words and decoded text must agree everywhere.
var otherOffsets = map[string]string{
	"qwen2":         "what composes to one character stands for all its parts, not for the first",
	"unigram":       "what a replacement comes from is all of the match, not its end",
	"unigram-bytes": "each byte token stands for its own character, not for all unknown neighbours",
	"bpe-prefix":    "what decomposes stands for its character; the last part is not drawn to the next one",
	"split-mapped":  "a byte that is a word by itself stands for its whole character",
	"roberta":       "a blank set before a text that begins with blanks is not part of it",
}

func TestTextsGiveTheReferenceIDs(t *testing.T) {
	forEachVectors(t, func(t *testing.T, tok *Tokenizer, v vectors) {
		for _, c := range v.Texts {
			e := tok.EncodeInput(c.Text, "", false, Options{NoSpecial: true})
			if !slices.Equal(e.IDs, c.IDs) {
				t.Errorf("ids of %q = %v\n%q\nwant %v\n%q", c.Text, e.IDs, words(tok, e.IDs), c.IDs, words(tok, c.IDs))
				continue
			}
			if plain := tok.Encode(c.Text); !slices.Equal(plain, c.IDs) {
				t.Errorf("Encode(%q) = %v, want %v as with offsets", c.Text, plain, c.IDs)
			}
			if !slices.Equal(e.Words, c.Words) {
				t.Errorf("words of %q = %v, want %v", c.Text, e.Words, c.Words)
			}
			if otherOffsets[filepath.Base(t.Name())] == "" && !slices.Equal(e.Offsets, c.Offsets) {
				t.Errorf("offsets of %q = %v, want %v\n%q", c.Text, e.Offsets, c.Offsets, words(tok, e.IDs))
			}
			if got := tok.Decode(c.IDs, false); got != c.Decoded {
				t.Errorf("Decode of %q = %q, want %q", c.Text, got, c.Decoded)
			}
		}
		if err := tok.Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestPairsGiveTheReferenceInput(t *testing.T) {
	forEachVectors(t, func(t *testing.T, tok *Tokenizer, v vectors) {
		for _, c := range v.Pairs {
			o := Options{MaxLength: c.Max, TruncateStart: c.Start}
			e := tok.EncodeInput(c.Text, c.Pair, true, o)
			if !slices.Equal(e.IDs, c.IDs) || !slices.Equal(e.Types, c.Types) {
				t.Errorf("pair %q, %q %+v\n = %v %v\nwant %v %v", c.Text, c.Pair, o, e.IDs, e.Types, c.IDs, c.Types)
			}
			if e := tok.EncodeInput(c.Pair, "", false, o); !slices.Equal(e.IDs, c.Single) {
				t.Errorf("single %q %+v = %v, want %v", c.Pair, o, e.IDs, c.Single)
			}
			if got := tok.Decode(c.IDs, true); got != c.Decoded {
				t.Errorf("Decode(%v) = %q, want %q", c.IDs, got, c.Decoded)
			}
		}
	})
}

func TestPromptsGiveTheReferenceInput(t *testing.T) {
	seen := 0
	forEachVectors(t, func(t *testing.T, tok *Tokenizer, v vectors) {
		for _, c := range v.Prompts {
			seen++
			if e := tok.EncodeParts(c.Parts, Options{}); !slices.Equal(e.IDs, c.IDs) {
				t.Errorf("prompt %+v = %v, want %v", c.Parts, e.IDs, c.IDs)
			}
		}
	})
	if seen == 0 {
		t.Error("no vectors hold a prompt")
	}
}
