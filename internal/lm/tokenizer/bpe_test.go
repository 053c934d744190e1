package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// trainedBPE is the byte-level tokenizer of testdata.
func trainedBPE(t testing.TB) *Tokenizer {
	t.Helper()
	tok, err := Load("testdata/trained-bpe")
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestLongWordsMergeLikeShortOnes(t *testing.T) {
	m := trainedBPE(t).model.(*bpe)
	rng := rand.New(rand.NewPCG(3, 4))
	letters := "theraningsoaaa "
	for range 5000 {
		b := make([]byte, 2+rng.IntN(shortWord-2))
		for i := range b {
			b[i] = letters[rng.IntN(len(letters))]
		}
		short := m.mergeShort(m.spellBytes(nil, string(b)))
		long := m.mergeLong(m.spellBytes(nil, string(b)))
		if !slices.Equal(short, long) {
			t.Fatalf("%q: %v by looking at all pairs, %v by queue", b, short, long)
		}
	}
}

func TestAWordOfAMegabyteIsEncoded(t *testing.T) {
	word := strings.Repeat("theandbaker", 1<<20/11)
	for _, tok := range []*Tokenizer{trainedBPE(t), tiny(t)} {
		ids := tok.Encode(word)
		if tok.Kind() == "WordPiece" {
			if len(ids) != 1 || ids[0] != tok.Special().UNK {
				t.Errorf("WordPiece gives %d tokens, want one unknown", len(ids))
			}
			continue
		}
		if got := tok.Decode(ids, false); got != word {
			t.Errorf("%s: the word does not come back", tok.Kind())
		}
	}
	for _, name := range []string{"llama2", "unigram-bytes", "unigram"} {
		tok, err := Load("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.Decode(tok.Encode(word), false); got != word {
			t.Errorf("%s: the word does not come back", name)
		}
	}
}

func TestByteBPETrainingKeepsToItsSize(t *testing.T) {
	text := slices.Values(corpus(t))
	for _, size := range []int{257, 258, 300} {
		tok, err := TrainByteBPE(text, TrainConfig{Vocabulary: size})
		if err != nil {
			t.Fatal(err)
		}
		if tok.Size() != size || tok.Special().EOS != int32(size-1) {
			t.Errorf("a vocabulary of %d has size %d and end of text %d", size, tok.Size(), tok.Special().EOS)
		}
	}
	if _, err := TrainByteBPE(text, TrainConfig{Vocabulary: 256}); err == nil {
		t.Error("256 tokens leave no room for the end of text, but training went on")
	}
	if _, err := TrainWordPiece(text, TrainConfig{Vocabulary: 20}); err == nil {
		t.Error("20 tokens leave no room for the alphabet, but training went on")
	}
	// Nothing occurs this often, so there is nothing to merge.
	tok, err := TrainByteBPE(text, TrainConfig{Vocabulary: 400, MinFrequency: 1000})
	if err != nil || tok.Size() != 257 {
		t.Errorf("size %d (%v), want 257", tok.Size(), err)
	}
}
