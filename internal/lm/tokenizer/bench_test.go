package tokenizer

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedData finds the folder of real files beside the repository.
func sharedData(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	data := filepath.Join(dir, "..", "shared", "data")
	if _, err := os.Stat(data); err != nil {
		t.Skip("the real data is not beside the repository: ", err)
	}
	return data
}

// published loads a tokenizer from the vocabularies in the real data.
func published(t testing.TB, names map[string]string) *Tokenizer {
	t.Helper()
	fs := make(files)
	for name, from := range names {
		data, err := os.ReadFile(filepath.Join(sharedData(t), from))
		if err != nil {
			t.Fatal(err)
		}
		fs[name] = data
	}
	tok, err := fromFiles(fs)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

var publishedFiles = map[string]map[string]string{
	"gpt2":   {"vocab.json": "tok-gpt2-vocab/gpt2-vocab.json", "merges.txt": "tok-gpt2-vocab/gpt2-merges.txt"},
	"bert":   {"vocab.txt": "tok-gpt2-vocab/vocab.txt"},
	"llama2": {"tok512.bin": "weights-stories260k/tok512.bin"},
}

func benchmarkEncode(b *testing.B, name string) {
	tok := published(b, publishedFiles[name])
	lines := realLines(b, "text-wikitext2/valid.txt")
	bytes := 0
	for _, l := range lines {
		bytes += len(l)
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		for _, l := range lines {
			tok.Encode(l)
		}
	}
}

func BenchmarkWordPiece(b *testing.B)    { benchmarkEncode(b, "bert") }
func BenchmarkByteLevelBPE(b *testing.B) { benchmarkEncode(b, "gpt2") }
func BenchmarkLlama2c(b *testing.B)      { benchmarkEncode(b, "llama2") }

func BenchmarkInputWithOffsets(b *testing.B) {
	tok := published(b, publishedFiles["bert"])
	lines := realLines(b, "text-wikitext2/valid.txt")
	bytes := 0
	for _, l := range lines {
		bytes += len(l)
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		for _, l := range lines {
			tok.EncodeInput(l, "", false, Options{MaxLength: 512})
		}
	}
}
