package tokenizer

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// vocabOf writes the vocabulary of a tokenizer as a vocab.json, without the
// tokens from the given id on.
func vocabOf(tok *Tokenizer, below int) []byte { return vocabJSON(tok.vocab.tokens[:below]) }

// The older layouts must give what a tokenizer.json for the same vocabulary gives.
func TestOlderLayoutsAgreeWithTokenizerJSON(t *testing.T) {
	merges, err := os.ReadFile("testdata/trained-bpe/merges.txt")
	if err != nil {
		t.Fatal(err)
	}
	vocabTxt, err := os.ReadFile("testdata/trained-wordpiece/vocab.txt")
	if err != nil {
		t.Fatal(err)
	}
	load := func(name string) *Tokenizer {
		tok, err := Load("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	roberta := load("roberta")
	mask, _ := roberta.ID("<mask>")
	robertaVocab := vocabOf(roberta, int(mask)+1)
	for name, c := range map[string]struct {
		files files
		same  *Tokenizer
		kind  string
	}{
		"bert":  {files{"vocab.txt": vocabTxt}, load("bert"), "WordPiece"},
		"gpt2":  {files{"vocab.json": vocabOf(load("gpt2"), load("gpt2").Size()), "merges.txt": merges}, load("gpt2"), "byte-level BPE"},
		"qwen2": {files{"vocab.json": vocabOf(load("qwen2"), load("qwen2").Size()), "merges.txt": merges, "tokenizer_config.json": []byte(`{"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|endoftext|>"}`)}, load("qwen2"), "byte-level BPE"},
		"roberta without configuration": {files{"vocab.json": robertaVocab, "merges.txt": merges,
			"tokenizer_config.json": []byte(`{"add_prefix_space": true}`)}, roberta, "byte-level BPE"},
	} {
		tok, err := fromFiles(c.files)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if tok.Kind() != c.kind {
			t.Errorf("%s: kind %q, want %q", name, tok.Kind(), c.kind)
		}
		for _, s := range append(corpus(t), "IT'S 1234, \n\n<x> e\u0301 今", "") {
			got := tok.EncodeInput(s, "and more", true, Options{MaxLength: 60})
			want := c.same.EncodeInput(s, "and more", true, Options{MaxLength: 60})
			if !slices.Equal(got.IDs, want.IDs) || !slices.Equal(got.Types, want.Types) || !slices.Equal(got.Offsets, want.Offsets) && name != "gpt2" {
				t.Errorf("%s: %q\n = %q\nwant %q", name, s, words(tok, got.IDs), words(c.same, want.IDs))
			}
		}
	}

	tok, err := fromFiles(files{"vocab.json": robertaVocab, "merges.txt": merges})
	if err != nil {
		t.Fatal(err)
	}
	if s := tok.Special(); s != (Special{PAD: 1, UNK: 3, CLS: 0, SEP: 2, MASK: mask, BOS: 0, EOS: 2}) {
		t.Errorf("RoBERTa's special tokens = %+v", s)
	}
	// The mask takes the blank before it along.
	e := tok.EncodeParts([]Part{{Text: "The baker "}, {Special: "<mask>"}, {Text: " bread"}}, Options{})
	if got := strings.Join(words(tok, e.IDs), "|"); !strings.Contains(got, "er|<mask>|Ġ") {
		t.Errorf("tokens around the mask = %s, want no blank of its own", got)
	}
}

// A vocabulary with capital letters is not for lower-case text, whatever the
// default of the published code is.
func TestCaseComesFromTheVocabulary(t *testing.T) {
	const specials = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
	for vocab, want := range map[string]string{"the\nThe\n": "The", "the\n": "the"} {
		tok, err := fromFiles(files{"vocab.txt": []byte(specials + vocab)})
		if err != nil {
			t.Fatal(err)
		}
		if got := words(tok, tok.Encode("The")); !slices.Equal(got, []string{want}) {
			t.Errorf("with %q: %q, want %q", vocab, got, want)
		}
	}
	tok, err := fromFiles(files{"vocab.txt": []byte(specials + "the\nThe\n"), "tokenizer_config.json": []byte(`{"do_lower_case": true}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got := words(tok, tok.Encode("The")); !slices.Equal(got, []string{"the"}) {
		t.Errorf("the configuration says lower case, but The gives %q", got)
	}
}
