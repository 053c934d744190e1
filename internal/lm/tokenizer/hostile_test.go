package tokenizer

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runexp/internal/testkit/hostile"
)

var wordLevelJSON, bpeJSON = hostile.WordLevelJSON, hostile.BPEJSON

// Each file is refused with an error that says where and why, and without
// memory that the file does not pay for.
func TestHostileTokenizerJSON(t *testing.T) {
	for _, c := range hostile.TokenizerFiles() {
		_, err := fromFiles(files{"tokenizer.json": c.Data})
		if err == nil || !strings.Contains(err.Error(), c.Want) {
			t.Errorf("%s: error %v, want one with %q", c.Name, err, c.Want)
			continue
		}
	}
	if _, err := fromFiles(files{"tokenizer.json": []byte(wordLevelJSON("", ""))}); err != nil {
		t.Errorf("the correct file: %v", err)
	}
}

// Merges that go in circles cannot happen, since joining makes words shorter;
// what comes closest still ends.
func TestCircularMergesEnd(t *testing.T) {
	_, err := fromFiles(files{"tokenizer.json": []byte(bpeJSON(`{"a": 0, "##": 1, "##a": 2, "aa": 3}`, `[["a", "##"], ["a", "##a"], ["aa", "##a"]]`, `, "continuing_subword_prefix": "##"`))})
	if err == nil || !strings.Contains(err.Error(), `lacks the token "aaa"`) {
		t.Fatalf("error %v, want one about aaa", err)
	}
	tok, err := fromFiles(files{"tokenizer.json": []byte(bpeJSON(`{"a": 0, "##": 1, "##a": 2, "aa": 3}`, `[["a", "##"], ["a", "##a"]]`, `, "continuing_subword_prefix": "##"`))})
	if err != nil {
		t.Fatal(err)
	}
	if got := words(tok, tok.Encode(strings.Repeat("a", 99))); len(got) != 98 || got[0] != "aa" {
		t.Errorf("%d tokens that start with %q, want 98 and aa", len(got), got[0])
	}
}

func TestHostileClassicFiles(t *testing.T) {
	bin := func(tokens ...string) []byte {
		b := []byte{9, 0, 0, 0}
		for _, s := range tokens {
			b = binary.LittleEndian.AppendUint32(b, 0)
			b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
			b = append(b, s...)
		}
		return b
	}
	huge := append(bin("<unk>"), 0, 0, 0, 0, 255, 255, 255, 255)
	for name, c := range map[string]struct {
		files files
		want  string
	}{
		"nothing":              {files{}, "no tokenizer files"},
		"vocab.txt twice":      {files{"vocab.txt": []byte("[UNK]\n[CLS]\n[SEP]\na\na\n")}, `vocab.txt:5: token "a" has id 4, but also id 3`},
		"vocab.txt without":    {files{"vocab.txt": []byte("[CLS]\n[SEP]\na\n")}, `lacks the token "[UNK]"`},
		"vocab.txt empty":      {files{"vocab.txt": {}}, "vocabulary is empty"},
		"vocab.txt of others":  {files{"vocab.txt": []byte("[UNK]\n[CLS]\n[SEP]\n"), "tokenizer_config.json": []byte(`{"tokenizer_class": "EsmTokenizer"}`)}, "EsmTokenizer"},
		"vocab.txt disagrees":  {files{"tokenizer.json": []byte(wordLevelJSON("", "")), "vocab.txt": []byte("a\n")}, `vocab.txt:1: token "a" has id 0, but not in tokenizer.json`},
		"config malformed":     {files{"vocab.txt": []byte("a\n"), "tokenizer_config.json": []byte(`{"a"}`)}, "tokenizer_config.json: offset 4"},
		"config of wrong type": {files{"vocab.txt": []byte("[UNK]\n[CLS]\n[SEP]\n"), "tokenizer_config.json": []byte(`{"do_lower_case": "yes"}`)}, "a string where true or false must stand"},
		"role unknown":         {files{"vocab.txt": []byte("[UNK]\n[CLS]\n[SEP]\n"), "special_tokens_map.json": []byte(`{"mask_token": "<m>"}`)}, `mask_token "<m>" is not in the vocabulary`},
		"added id":             {files{"vocab.txt": []byte("a\n"), "tokenizer_config.json": []byte(`{"added_tokens_decoder": {"99999999999": {"content": "x"}}}`)}, "not the id of a token"},
		"merges.txt":           {files{"vocab.json": []byte(`{"a": 0}`), "merges.txt": []byte("#version: 0.2\na\n")}, "merges.txt:2"},
		"merges.txt unknown":   {files{"vocab.json": []byte(`{"a": 0}`), "merges.txt": []byte("a b\n")}, `merges.txt:1: merge of "a" and "b"`},
		"vocab.json of others": {files{"vocab.json": []byte(`{"a": 0}`), "merges.txt": {}, "tokenizer_config.json": []byte(`{"tokenizer_class": "CLIPTokenizer"}`)}, "CLIPTokenizer"},
		"tok512.bin empty":     {files{"tok512.bin": {}}, "ends within its header"},
		"tok512.bin cut":       {files{"tok512.bin": bin("<unk>")[:10]}, "tok512.bin: offset 4"},
		"tok512.bin huge":      {files{"tok512.bin": huge}, "a token of 4294967295 bytes"},
		"tok512.bin short":     {files{"tok512.bin": bin("<unk>", "<s>")}, `"</s>" is not in the vocabulary`},
	} {
		if _, err := fromFiles(c.files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestLargeFileIsRefusedBeforeItIsRead(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(100 << 20); err != nil { // a hole: no disk is used
		t.Fatal(err)
	}
	f.Close()
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("error %v, want one about the size", err)
	}
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "vocab.txt"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v, want one about a folder", err)
	}
}

// Parts that double a text forty times are stopped, and say so.
func TestTextThatGrowsWithoutEndIsNoted(t *testing.T) {
	double := strings.TrimSuffix(strings.Repeat(`{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaa"},`, 40), ",")
	tok, err := fromFiles(files{"tokenizer.json": []byte(wordLevelJSON(`"normalizer": null`, `"normalizer": {"type": "Sequence", "normalizers": [`+double+`]}`))})
	if err != nil {
		t.Fatal(err)
	}
	if got := words(tok, tok.Encode("a")); len(got) != 1 || tok.Err() == nil {
		t.Errorf("tokens %q and error %v, want one token and an error", got, tok.Err())
	}
}

// Text that spells special tokens out gives none of them, whatever the kind.
func TestDataTextYieldsNoSpecialTokens(t *testing.T) {
	forEachVectors(t, func(t *testing.T, tok *Tokenizer, v vectors) {
		var names []string
		for id := range tok.isSpecial {
			names = append(names, tok.Token(id))
		}
		text := strings.Join(names, "") + " " + strings.Join(names, " ")
		for _, id := range tok.Encode(text) {
			if tok.IsSpecial(id) && id != tok.Special().UNK && !strings.Contains(tok.Token(id), "unk") {
				t.Errorf("%q gives the special token %q", text, tok.Token(id))
			}
		}
	})
}
