package tokenizer

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the trained vocabularies in testdata again")

// corpus is our own training text.
func corpus(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// The vectors of the reference library were made with these vocabularies, so a
// change of the trainers must not go unnoticed.
func TestTrainedVocabularies(t *testing.T) {
	text := corpus(t)
	piece, err := TrainWordPiece(slices.Values(text), TrainConfig{Vocabulary: 560, Lowercase: true})
	if err != nil {
		t.Fatal(err)
	}
	bpe, err := TrainByteBPE(slices.Values(text), TrainConfig{Vocabulary: 420})
	if err != nil {
		t.Fatal(err)
	}
	for dir, tok := range map[string]*Tokenizer{"trained-wordpiece": piece, "trained-bpe": bpe} {
		dir = filepath.Join("testdata", dir)
		if *update {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := tok.Save(dir); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range tok.files {
			want, err := os.ReadFile(filepath.Join(dir, f.name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(f.data, want) {
				t.Errorf("%s/%s differs from what training gives", dir, f.name)
			}
		}
	}
}
