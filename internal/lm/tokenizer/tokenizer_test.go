package tokenizer

import (
	"slices"
	"sync"
	"testing"
)

// tiny trains a BERT tokenizer on a few sentences.
func tiny(t *testing.T) *Tokenizer {
	t.Helper()
	text := []string{
		"The old baker bakes bread before the birds wake.",
		"Baking bread takes time, and the baker's oven is old.",
		"Birds wake the baker; the baker wakes the oven.",
	}
	tok, err := TrainWordPiece(slices.Values(text), TrainConfig{Vocabulary: 90, Lowercase: true})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func words(t *Tokenizer, ids []int32) []string {
	var s []string
	for _, id := range ids {
		s = append(s, t.Token(id))
	}
	return s
}

func TestInputOfAPairHasTemplateTypesAndOffsets(t *testing.T) {
	tok := tiny(t)
	e := tok.EncodeInput("The  Bäker", "bread", true, Options{})
	want := []string{"[CLS]", "the", "baker", "[SEP]", "bread", "[SEP]"}
	if got := words(tok, e.IDs); !slices.Equal(got, want) {
		t.Fatalf("tokens = %q, want %q", got, want)
	}
	if want := []int32{0, 0, 0, 0, 1, 1}; !slices.Equal(e.Types, want) {
		t.Errorf("types = %v, want %v", e.Types, want)
	}
	if want := [][2]int{{0, 0}, {0, 3}, {5, 11}, {0, 0}, {0, 5}, {0, 0}}; !slices.Equal(e.Offsets, want) {
		t.Errorf("offsets = %v, want %v", e.Offsets, want)
	}
	if want := []int32{-1, 0, 1, -1, 0, -1}; !slices.Equal(e.Words, want) {
		t.Errorf("words = %v, want %v", e.Words, want)
	}
}

func TestTruncationShortensTheLongerTextFirst(t *testing.T) {
	tok := tiny(t)
	e := tok.EncodeInput("the old baker", "bread", true, Options{MaxLength: 6})
	want := []string{"[CLS]", "the", "old", "[SEP]", "bread", "[SEP]"}
	if got := words(tok, e.IDs); !slices.Equal(got, want) || !e.Truncated {
		t.Errorf("tokens = %q, truncated %t; want %q, true", got, e.Truncated, want)
	}
	e = tok.EncodeInput("the old baker", "", false, Options{MaxLength: 4, TruncateStart: true})
	want = []string{"[CLS]", "old", "baker", "[SEP]"}
	if got := words(tok, e.IDs); !slices.Equal(got, want) || !e.Truncated {
		t.Errorf("tokens = %q, truncated %t; want %q, true", got, e.Truncated, want)
	}
	if e = tok.EncodeInput("the old baker", "", false, Options{MaxLength: 5}); e.Truncated || len(e.IDs) != 5 {
		t.Errorf("a text that just fits: %d tokens, truncated %t", len(e.IDs), e.Truncated)
	}
	if e = tok.EncodeInput("the old baker", "", false, Options{MaxLength: 1}); len(e.IDs) != 1 || !e.Truncated {
		t.Errorf("a limit below the template: %d tokens, truncated %t", len(e.IDs), e.Truncated)
	}
}

func TestPromptKeepsSpecialTokensAndItsOwnWords(t *testing.T) {
	tok := tiny(t)
	parts := []Part{{Text: "the old baker wakes the birds"}, {Text: " . "}, {Special: "[MASK]"}, {Text: " , bread"}}
	e := tok.EncodeParts(parts, Options{MaxLength: 8})
	want := []string{"[CLS]", "the", "old", ".", "[MASK]", ",", "bread", "[SEP]"}
	if got := words(tok, e.IDs); !slices.Equal(got, want) || !e.Truncated {
		t.Errorf("tokens = %q, truncated %t; want %q, true", got, e.Truncated, want)
	}
	if from, to := e.Offsets[6][0], e.Offsets[6][1]; from != 41 || to != 46 {
		t.Errorf("offsets of bread = %d, %d; want 41, 46 in the prompt as written", from, to)
	}
	e = tok.EncodeParts([]Part{{Text: "bak"}, {Text: "er"}}, Options{NoSpecial: true})
	if got := words(tok, e.IDs); !slices.Equal(got, []string{"baker"}) {
		t.Errorf("texts side by side give %q, want one word", got)
	}
}

func TestTextNeverYieldsSpecialTokens(t *testing.T) {
	tok := tiny(t)
	for _, id := range tok.Encode("the [SEP] [MASK] [CLS][PAD] bread") {
		if id != tok.Special().UNK && tok.IsSpecial(id) {
			t.Errorf("text gave the special token %q", tok.Token(id))
		}
	}
}

func TestSaveAndLoadGiveTheSameTokenizer(t *testing.T) {
	text := "Birds [SEP] wake, baking – the Bäker's 日本 oven"
	lower, err := TrainByteBPE(slices.Values(corpus(t)), TrainConfig{Vocabulary: 300, Lowercase: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(lower.Encode("The OVEN"), lower.Encode("the oven")) {
		t.Error("a byte-level tokenizer for small letters tells The from the")
	}
	for _, tok := range []*Tokenizer{tiny(t), trainedBPE(t), lower, NewHashing(100)} {
		dir := t.TempDir()
		if err := tok.Save(dir); err != nil {
			t.Fatal(err)
		}
		again, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := again.Encode(text), tok.Encode(text); !slices.Equal(got, want) {
			t.Errorf("%s: ids after loading = %v, want %v", tok.Kind(), got, want)
		}
		if again.Size() != tok.Size() || again.Special() != tok.Special() || again.Kind() != tok.Kind() {
			t.Errorf("%s: size, special tokens or kind changed", tok.Kind())
		}
	}
}

func TestGoroutinesShareATokenizer(t *testing.T) {
	tok := tiny(t)
	text := "Birds wake the baker, baking bread"
	want := tok.Encode(text)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if got := tok.Encode(text); !slices.Equal(got, want) {
					t.Errorf("ids = %v, want %v", got, want)
				}
				tok.EncodeInput(text, text, true, Options{MaxLength: 8})
			}
		})
	}
	wg.Wait()
}

func TestTrainingIsDeterministic(t *testing.T) {
	a, b := tiny(t), tiny(t)
	if !slices.Equal(a.vocab.tokens, b.vocab.tokens) {
		t.Error("two trainings on the same text differ")
	}
}
