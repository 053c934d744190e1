package hostile

import "strings"

// WordLevelJSON is a small correct tokenizer.json with one part replaced.
func WordLevelJSON(part, with string) string {
	s := `{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{"id": 2, "content": "<s>", "special": true}], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null, "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1}, "unk_token": "[UNK]"}}`
	if part != "" && !strings.Contains(s, part) {
		panic("no such part: " + part)
	}
	return strings.Replace(s, part, with, 1)
}

// BPEJSON is a tokenizer.json of a BPE model with its vocabulary, merges and more members.
func BPEJSON(vocab, merges, more string) string {
	return `{"model": {"type": "BPE", "vocab": ` + vocab + `, "merges": ` + merges + more + `}}`
}

// TokenizerFiles lists texts of tokenizer.json that must be refused.
func TokenizerFiles() []File {
	vocab := `"vocab": {"[UNK]": 0, "a": 1}`
	var files []File
	for _, c := range []struct{ name, json, want string }{
		{"empty", "", "offset 0: unexpected end of file"},
		{"cut", WordLevelJSON("", "")[:100], "offset "},
		{"not an object", "[]", "a list where an object must stand"},
		{"trailing", WordLevelJSON("", "") + "x", "unexpected 'x' after the end"},
		{"trailing comma", WordLevelJSON(`"a": 1}`, `"a": 1,}`), "where a key must stand"},
		{"deep", strings.Repeat("[", 100000), "nested deeper than 64"},
		{"bad UTF-8", WordLevelJSON(`"a"`, "\"a\xff\""), "invalid UTF-8"},
		{"lone surrogate", WordLevelJSON(`"a"`, `"\ud83d"`), "surrogate"},
		{"bad escape", WordLevelJSON(`"a"`, `"\x61"`), "invalid escape"},
		{"control character", WordLevelJSON(`"a"`, "\"a\n\""), "control character"},
		{"leading zero", WordLevelJSON(`"a": 1`, `"a": 01`), "leading zero"},
		{"no model", `{"version": "1.0"}`, "there is no model"},
		{"unknown model", WordLevelJSON("WordLevel", "Neural"), `model type "Neural" is not known`},
		{"unknown key", WordLevelJSON(`"padding"`, `"puddings"`), `unknown key "puddings"`},
		{"unknown model key", WordLevelJSON(`"unk_token"`, `"dropout2": 1, "unk_token"`), `unknown key "dropout2"`},
		{"key twice", WordLevelJSON(`"padding": null`, `"version": "1.0"`), `key "version" stands there twice`},
		{"token twice", WordLevelJSON(vocab, `"vocab": {"[UNK]": 0, "a": 1, "a": 2}`), `token "a" has id 2, but also id 1`},
		{"id twice", WordLevelJSON(vocab, `"vocab": {"[UNK]": 0, "a": 0}`), `token "a" has id 0, which is that of "[UNK]"`},
		{"id 2^31", WordLevelJSON(`"a": 1`, `"a": 2147483648`), "has id 2147483648"},
		{"id 2^64", WordLevelJSON(`"a": 1`, `"a": 18446744073709551616`), "not an integer"},
		{"id below zero", WordLevelJSON(`"a": 1`, `"a": -1`), "has id -1"},
		{"id far out", WordLevelJSON(`"a": 1`, `"a": 1000000`), "ids go from 0 to"},
		{"id with a point", WordLevelJSON(`"a": 1`, `"a": 1.5`), "not an integer"},
		{"added id 2^31", WordLevelJSON(`"id": 2`, `"id": 2147483648`), "outside 0 to"},
		{"added id taken", WordLevelJSON(`"id": 2`, `"id": 1`), `has id 1, which is that of "a"`},
		{"added token twice", WordLevelJSON(`"content": "<s>"`, `"content": "a"`), `added token "a" has id 2, but also id 1`},
		{"unknown token", WordLevelJSON(`"unk_token": "[UNK]"`, `"unk_token": "?"`), `lacks the token "?"`},
		{"empty vocabulary", `{"model": {"type": "BPE", "vocab": {}, "merges": []}}`, "vocabulary is empty"},
		{"vocab of a string", WordLevelJSON(vocab, `"vocab": "a"`), "a string where an object must stand"},
		{"unknown normalizer", WordLevelJSON(`"normalizer": null`, `"normalizer": {"type": "Rot13"}`), `normalizer "Rot13" is not known`},
		{"unknown in sequence", WordLevelJSON(`"normalizer": null`, `"normalizer": {"type": "Sequence", "normalizers": [{"type": "Nmt"}]}`), `normalizer "Nmt" is not known`},
		{"unknown pre-tok", WordLevelJSON(`"Whitespace"`, `"UnicodeScripts"`), `pre-tokenizer "UnicodeScripts" is not known`},
		{"unknown processor", WordLevelJSON(`"post_processor": null`, `"post_processor": {"type": "X"}`), `post-processor "X" is not known`},
		{"unknown decoder", WordLevelJSON(`"decoder": null`, `"decoder": {"type": "CTC"}`), `decoder "CTC" is not known`},
		{"unknown behavior", WordLevelJSON(`"Whitespace"`, `"Punctuation", "behavior": "Eaten"`), `behavior "Eaten" is not known`},
		{"bad regex", WordLevelJSON(`"Whitespace"`, `"Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": false`), `pattern "("`},
		{"empty pattern", WordLevelJSON(`"Whitespace"`, `"Split", "pattern": {"String": ""}, "behavior": "Isolated"`), "not empty"},
		{"second ByteLevel", WordLevelJSON(`{"type": "Whitespace"}`, `{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "ByteLevel"}]}`), "a second ByteLevel"},
		{"bad charsmap", WordLevelJSON(`"normalizer": null`, `"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////w=="}`), "precompiled_charsmap"},
		{"template without A", WordLevelJSON(`"post_processor": null`, `"post_processor": {"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}`), "holds the sequence A 0 times"},
		{"template of unknown", WordLevelJSON(`"post_processor": null`, `"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<x>", "type_id": 0}}], "pair": [], "special_tokens": {}}`), `SpecialToken "<x>" is not known`},
		{"template id far out", WordLevelJSON(`"post_processor": null`, `"post_processor": {"type": "BertProcessing", "sep": ["x", 9], "cls": ["y", 1]}`), "id 9 is not in the vocabulary"},
		{"merge of unknown", BPEJSON(`{"a": 0, "b": 1}`, `["a c"]`, ""), `lacks the token "c"`},
		{"merge into unknown", BPEJSON(`{"a": 0, "b": 1}`, `["a b"]`, ""), `lacks the token "ab"`},
		{"merge of three", BPEJSON(`{"a": 0}`, `["a a a"]`, ""), "not two tokens"},
		{"merge list of one", BPEJSON(`{"a": 0}`, `[["a"]]`, ""), "a merge of 1 tokens"},
		{"merge below prefix", BPEJSON(`{"a": 0, "b": 1}`, `["a b"]`, `, "continuing_subword_prefix": "##"`), "shorter than the prefix"},
		{"random merges", BPEJSON(`{"a": 0}`, `[]`, `, "dropout": 0.1`), "dropout"},
		{"unigram unk far out", `{"model": {"type": "Unigram", "unk_id": 7, "vocab": [["a", -1.0]]}}`, "unk_id is 7"},
		{"unigram score", `{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 1e999]]}}`, "outside the range"},
		{"unigram of three", `{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 1, 2]]}}`, "a list of 3 elements"},
		{"hashing of 2^40", `{"model": {"type": "Hashing", "vocabulary": 1099511627776}}`, "outside 6 to"},
		{"words of no letters", `{"model": {"type": "WordPiece", "max_input_chars_per_word": 0, "vocab": {"[UNK]": 0}}}`, "max_input_chars_per_word is 0"},
		{"replacement of three", WordLevelJSON(`"Whitespace"`, `"Metaspace", "replacement": "abc"`), "not one character"},
	} {
		files = append(files, File{c.name, []byte(c.json), -1, c.want})
	}
	return files
}
