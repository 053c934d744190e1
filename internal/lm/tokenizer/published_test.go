package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// realLines reads the lines of a file of the real data, without blank ones and
// without what is not UTF-8.
func realLines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(sharedData(t), name))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for l := range strings.SplitSeq(string(data), "\n") {
		if strings.TrimSpace(l) != "" && utf8.ValidString(l) {
			lines = append(lines, l)
		}
	}
	return lines
}

func realSentences(t testing.TB) []string {
	t.Helper()
	var lines []string
	for _, name := range []string{
		"sst2/stsa.binary.train", "cola/in_domain_train.tsv", "tweeteval-emotion/train_text.txt",
		"med-chemprot/train.txt", "text-botchan/botchan.txt", "text-wikitext2/valid.txt",
	} {
		lines = append(lines, realLines(t, name)...)
	}
	if len(lines) < 10000 {
		t.Fatalf("%d sentences, want at least 10,000", len(lines))
	}
	return lines
}

// The digests are those of the reference library's ids; see testdata/digest.mjs.
func TestPublishedVocabulariesGiveTheReferenceIDs(t *testing.T) {
	lines := realSentences(t)
	for name, want := range map[string]string{
		"gpt2": "05d1a755ad95ec100024ad63ee15c0e27aacfeb8f907217b582f4a9ccdfd3bb5",
		"bert": "c7d44e7a3a3d3759c7b4ca07adeda0dfede987eb65653635295001e64f4327c2",
	} {
		tok := published(t, publishedFiles[name])
		hash := sha256.New()
		for _, l := range lines {
			for i, id := range tok.Encode(l) {
				if i > 0 {
					fmt.Fprint(hash, " ")
				}
				fmt.Fprint(hash, id)
			}
			fmt.Fprintln(hash)
		}
		if got := hex.EncodeToString(hash.Sum(nil)); got != want {
			t.Errorf("%s: digest of the ids of %d sentences = %s, want %s", name, len(lines), got, want)
		}
	}
}

func TestPublishedByteLevelBPEGivesTheTextBack(t *testing.T) {
	tok := published(t, publishedFiles["gpt2"])
	if s := tok.Special(); s.EOS != 50256 || s.CLS != -1 || tok.Size() != 50257 || tok.TemplateLength(false) != 0 {
		t.Errorf("GPT-2 has special tokens %+v, size %d and a template of %d", s, tok.Size(), tok.TemplateLength(false))
	}
	for _, l := range realSentences(t) {
		e := tok.EncodeInput(l, "", false, Options{})
		if got := tok.Decode(e.IDs, false); got != l {
			t.Fatalf("decoded %q, want %q", got, l)
		}
		checkOffsets(t, l, e)
	}
}

func TestPublishedLlama2cGivesTheTextBack(t *testing.T) {
	tok := published(t, publishedFiles["llama2"])
	if s := tok.Special(); s.BOS != 1 || s.EOS != 2 || s.UNK != 0 || tok.Size() != 512 {
		t.Errorf("special tokens %+v, size %d", s, tok.Size())
	}
	for _, l := range realSentences(t) {
		e := tok.EncodeInput(l, "", false, Options{})
		if e.IDs[0] != 1 {
			t.Fatalf("the input of %q starts with %d, want <s>", l, e.IDs[0])
		}
		if got := tok.Decode(e.IDs, true); got != l {
			t.Fatalf("decoded %q, want %q", got, l)
		}
	}
	// As in the published sampling program: Once upon a time.
	want := []string{"<s>", " Once", " upon", " a", " time", ","}
	if got := words(tok, tok.EncodeInput("Once upon a time,", "", false, Options{}).IDs); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("tokens = %q, want %q", got, want)
	}
}

func TestPublishedWordPieceCoversRealText(t *testing.T) {
	tok := published(t, publishedFiles["bert"])
	if s := tok.Special(); s != (Special{PAD: 0, UNK: 100, CLS: 101, SEP: 102, MASK: 103, BOS: -1, EOS: -1}) {
		t.Errorf("BERT has special tokens %+v", s)
	}
	unknown, all := 0, 0
	for _, l := range realSentences(t) {
		e := tok.EncodeInput(l, "", false, Options{})
		checkOffsets(t, l, e)
		lower := strings.ToLower(l)
		for i, id := range e.IDs {
			if e.Words[i] < 0 {
				continue
			}
			all++
			if id == tok.Special().UNK {
				unknown++
				continue
			}
			// In plain ASCII text a token is the lower-case text it stands for.
			if token := strings.TrimPrefix(tok.Token(id), "##"); isASCII(l) && tok.Token(id) != "##" {
				if got := lower[e.Offsets[i][0]:e.Offsets[i][1]]; got != token {
					t.Fatalf("%q: token %q stands for %q", l, token, got)
				}
			}
		}
	}
	if unknown*1000 > all {
		t.Errorf("%d of %d tokens are unknown", unknown, all)
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// checkOffsets checks that ranges are in order, within the text and at the
// borders of characters.
func checkOffsets(t *testing.T, text string, e Encoding) {
	t.Helper()
	last := 0
	for i, o := range e.Offsets {
		if e.Words[i] < 0 {
			continue
		}
		boundary := func(at int) bool { return at == len(text) || utf8.RuneStart(text[at]) }
		if o[0] < last || o[1] < o[0] || o[1] > len(text) || !boundary(o[0]) || !boundary(o[1]) {
			t.Fatalf("%q: token %d has offsets %v after one that started at %d", text, i, o, last)
		}
		last = o[0]
	}
}
