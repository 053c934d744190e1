package tokenizer

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wordLevelJSON is a small correct tokenizer.json with one part replaced.
func wordLevelJSON(part, with string) string {
	s := `{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{"id": 2, "content": "<s>", "special": true}], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null, "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1}, "unk_token": "[UNK]"}}`
	if part != "" && !strings.Contains(s, part) {
		panic("no such part: " + part)
	}
	return strings.Replace(s, part, with, 1)
}

func bpeJSON(vocab, merges, more string) string {
	return `{"model": {"type": "BPE", "vocab": ` + vocab + `, "merges": ` + merges + more + `}}`
}

// Each file is refused with an error that says where and why, and without
// memory that the file does not pay for.
func TestHostileTokenizerJSON(t *testing.T) {
	vocab := `"vocab": {"[UNK]": 0, "a": 1}`
	for name, c := range map[string]struct{ json, want string }{
		"empty":                {"", "offset 0: unexpected end of file"},
		"cut":                  {wordLevelJSON("", "")[:100], "offset "},
		"not an object":        {"[]", "a list where an object must stand"},
		"trailing":             {wordLevelJSON("", "") + "x", "unexpected 'x' after the end"},
		"trailing comma":       {wordLevelJSON(`"a": 1}`, `"a": 1,}`), "where a key must stand"},
		"deep":                 {strings.Repeat("[", 100000), "nested deeper than 64"},
		"bad UTF-8":            {wordLevelJSON(`"a"`, "\"a\xff\""), "invalid UTF-8"},
		"lone surrogate":       {wordLevelJSON(`"a"`, `"\ud83d"`), "surrogate"},
		"bad escape":           {wordLevelJSON(`"a"`, `"\x61"`), "invalid escape"},
		"control character":    {wordLevelJSON(`"a"`, "\"a\n\""), "control character"},
		"leading zero":         {wordLevelJSON(`"a": 1`, `"a": 01`), "leading zero"},
		"no model":             {`{"version": "1.0"}`, "there is no model"},
		"unknown model":        {wordLevelJSON("WordLevel", "Neural"), `model type "Neural" is not known`},
		"unknown key":          {wordLevelJSON(`"padding"`, `"puddings"`), `unknown key "puddings"`},
		"unknown model key":    {wordLevelJSON(`"unk_token"`, `"dropout2": 1, "unk_token"`), `unknown key "dropout2"`},
		"key twice":            {wordLevelJSON(`"padding": null`, `"version": "1.0"`), `key "version" stands there twice`},
		"token twice":          {wordLevelJSON(vocab, `"vocab": {"[UNK]": 0, "a": 1, "a": 2}`), `token "a" has id 2, but also id 1`},
		"id twice":             {wordLevelJSON(vocab, `"vocab": {"[UNK]": 0, "a": 0}`), `token "a" has id 0, which is that of "[UNK]"`},
		"id 2^31":              {wordLevelJSON(`"a": 1`, `"a": 2147483648`), "has id 2147483648"},
		"id 2^64":              {wordLevelJSON(`"a": 1`, `"a": 18446744073709551616`), "not an integer"},
		"id below zero":        {wordLevelJSON(`"a": 1`, `"a": -1`), "has id -1"},
		"id far out":           {wordLevelJSON(`"a": 1`, `"a": 1000000`), "ids go from 0 to"},
		"id with a point":      {wordLevelJSON(`"a": 1`, `"a": 1.5`), "not an integer"},
		"added id 2^31":        {wordLevelJSON(`"id": 2`, `"id": 2147483648`), "outside 0 to"},
		"added id taken":       {wordLevelJSON(`"id": 2`, `"id": 1`), `has id 1, which is that of "a"`},
		"added token twice":    {wordLevelJSON(`"content": "<s>"`, `"content": "a"`), `added token "a" has id 2, but also id 1`},
		"unknown token":        {wordLevelJSON(`"unk_token": "[UNK]"`, `"unk_token": "?"`), `lacks the token "?"`},
		"empty vocabulary":     {`{"model": {"type": "BPE", "vocab": {}, "merges": []}}`, "vocabulary is empty"},
		"vocab of a string":    {wordLevelJSON(vocab, `"vocab": "a"`), "a string where an object must stand"},
		"unknown normalizer":   {wordLevelJSON(`"normalizer": null`, `"normalizer": {"type": "Rot13"}`), `normalizer "Rot13" is not known`},
		"unknown in sequence":  {wordLevelJSON(`"normalizer": null`, `"normalizer": {"type": "Sequence", "normalizers": [{"type": "Nmt"}]}`), `normalizer "Nmt" is not known`},
		"unknown pre-tok":      {wordLevelJSON(`"Whitespace"`, `"UnicodeScripts"`), `pre-tokenizer "UnicodeScripts" is not known`},
		"unknown processor":    {wordLevelJSON(`"post_processor": null`, `"post_processor": {"type": "X"}`), `post-processor "X" is not known`},
		"unknown decoder":      {wordLevelJSON(`"decoder": null`, `"decoder": {"type": "CTC"}`), `decoder "CTC" is not known`},
		"unknown behavior":     {wordLevelJSON(`"Whitespace"`, `"Punctuation", "behavior": "Eaten"`), `behavior "Eaten" is not known`},
		"bad regex":            {wordLevelJSON(`"Whitespace"`, `"Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": false`), `pattern "("`},
		"empty pattern":        {wordLevelJSON(`"Whitespace"`, `"Split", "pattern": {"String": ""}, "behavior": "Isolated"`), "not empty"},
		"second ByteLevel":     {wordLevelJSON(`{"type": "Whitespace"}`, `{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "ByteLevel"}]}`), "a second ByteLevel"},
		"bad charsmap":         {wordLevelJSON(`"normalizer": null`, `"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////w=="}`), "precompiled_charsmap"},
		"template without A":   {wordLevelJSON(`"post_processor": null`, `"post_processor": {"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}`), "holds the sequence A 0 times"},
		"template of unknown":  {wordLevelJSON(`"post_processor": null`, `"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<x>", "type_id": 0}}], "pair": [], "special_tokens": {}}`), `SpecialToken "<x>" is not known`},
		"template id far out":  {wordLevelJSON(`"post_processor": null`, `"post_processor": {"type": "BertProcessing", "sep": ["x", 9], "cls": ["y", 1]}`), "id 9 is not in the vocabulary"},
		"merge of unknown":     {bpeJSON(`{"a": 0, "b": 1}`, `["a c"]`, ""), `lacks the token "c"`},
		"merge into unknown":   {bpeJSON(`{"a": 0, "b": 1}`, `["a b"]`, ""), `lacks the token "ab"`},
		"merge of three":       {bpeJSON(`{"a": 0}`, `["a a a"]`, ""), "not two tokens"},
		"merge list of one":    {bpeJSON(`{"a": 0}`, `[["a"]]`, ""), "a merge of 1 tokens"},
		"merge below prefix":   {bpeJSON(`{"a": 0, "b": 1}`, `["a b"]`, `, "continuing_subword_prefix": "##"`), "shorter than the prefix"},
		"random merges":        {bpeJSON(`{"a": 0}`, `[]`, `, "dropout": 0.1`), "dropout"},
		"unigram unk far out":  {`{"model": {"type": "Unigram", "unk_id": 7, "vocab": [["a", -1.0]]}}`, "unk_id is 7"},
		"unigram score":        {`{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 1e999]]}}`, "outside the range"},
		"unigram of three":     {`{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 1, 2]]}}`, "a list of 3 elements"},
		"hashing of 2^40":      {`{"model": {"type": "Hashing", "vocabulary": 1099511627776}}`, "outside 6 to"},
		"words of no letters":  {`{"model": {"type": "WordPiece", "max_input_chars_per_word": 0, "vocab": {"[UNK]": 0}}}`, "max_input_chars_per_word is 0"},
		"replacement of three": {wordLevelJSON(`"Whitespace"`, `"Metaspace", "replacement": "abc"`), "not one character"},
	} {
		_, err := fromFiles(files{"tokenizer.json": []byte(c.json)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
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
	tok, err := fromFiles(files{"tokenizer.json": []byte(bpeJSON(`{"a": 0, "##": 1, "##a": 2, "aa": 3}`, `[["a", "##"], ["a", "##a"], ["aa", "##a"]]`, `, "continuing_subword_prefix": "##"`))})
	if err == nil || !strings.Contains(err.Error(), `lacks the token "aaa"`) {
		t.Fatalf("error %v, want one about aaa", err)
	}
	tok, err = fromFiles(files{"tokenizer.json": []byte(bpeJSON(`{"a": 0, "##": 1, "##a": 2, "aa": 3}`, `[["a", "##"], ["a", "##a"]]`, `, "continuing_subword_prefix": "##"`))})
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
