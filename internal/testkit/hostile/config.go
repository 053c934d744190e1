package hostile

import "strings"

// Members of a small config.json, without the braces.
const (
	SmallBERT  = `"model_type": "bert", "vocab_size": 30, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16`
	SmallLlama = `"model_type": "llama", "vocab_size": 30, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16`
)

// ConfigFiles lists texts of config.json that must be refused.
func ConfigFiles() []File {
	bert := func(old, new string) string {
		if !strings.Contains(SmallBERT, old) {
			panic("no such part: " + old)
		}
		return "{" + strings.Replace(SmallBERT, old, new, 1) + "}"
	}
	more := func(members string) string { return "{" + SmallBERT + ", " + members + "}" }
	llama := func(members string) string { return "{" + SmallLlama + ", " + members + "}" }
	var files []File
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "byte"},
		{"cut", `{"model_type": "bert"`, "byte"},
		{"a list", "[]", "byte"},
		{"a number", "1", "byte"},
		{"null", "null", "model_type"},
		{"no members", "{}", "model_type"},
		{"byte order mark", "\ufeff{" + SmallBERT + "}", "byte"},
		{"NUL", "{\x00}", "byte"},
		{"trailing comma", "{" + SmallBERT + ",}", "byte"},
		{"something behind", "{" + SmallBERT + "} x", "byte"},
		{"a second object", "{" + SmallBERT + "}{}", "byte"},
		{"NaN", more(`"layer_norm_eps": NaN`), "byte"},
		{"deep", more(`"x": ` + strings.Repeat("[", 100_000)), "byte"},
		{"larger than any configuration", more(`"x": "` + strings.Repeat("x", 5<<20) + `"`), "larger than"},
		{"unknown family", `{"model_type": "t5"}`, `model_type: "t5" is not one of`},
		{"family of a number", bert(`"bert"`, "7"), "model_type"},
		{"family is null", bert(`"bert"`, "null"), "model_type"},
		{"nothing else", `{"model_type": "bert"}`, "vocab_size: missing"},
		{"size as text", bert("8", `"8"`), "hidden_size: 8 is not a number"},
		{"size as a list", bert("8", `[8]`), "hidden_size"},
		{"size is true", bert("8", `true`), "hidden_size"},
		{"size is null", bert("8", `null`), "hidden_size"},
		{"size with a fraction", bert("8", "8.5"), "hidden_size: 8.5 is not a whole number"},
		{"size of zero", bert("8", "0"), "hidden_size"},
		{"size below zero", bert("8", "-8"), "hidden_size"},
		{"size of 10⁹", bert("8", "1000000000"), "hidden_size"},
		{"size of 2⁶³", bert("8", "9223372036854775808"), "hidden_size"},
		{"vocabulary of 10⁹⁹", bert("30", "1e99"), "vocab_size"},
		{"vocabulary of 10⁹⁹⁹", bert("30", "1e999"), "vocab_size"},
		{"vocabulary of 2³¹", bert("30", "2147483648"), "vocab_size"},
		{"vocabulary below zero", bert("30", "-1"), "vocab_size"},
		{"vocabulary of zero", bert("30", "0"), "vocab_size"},
		{"layers below zero", bert(`"num_hidden_layers": 1`, `"num_hidden_layers": -1`), "num_hidden_layers"},
		{"a million layers", bert(`"num_hidden_layers": 1`, `"num_hidden_layers": 1000000`), "num_hidden_layers"},
		{"heads of zero", bert(`"num_attention_heads": 2`, `"num_attention_heads": 0`), "num_attention_heads"},
		{"more heads than channels", bert(`"num_attention_heads": 2`, `"num_attention_heads": 16`), "8"},
		{"heads that do not divide", more(`"num_attention_heads": 3`), "hidden size 8 is not a multiple of 3 heads"},
		{"inner size below zero", bert(`"intermediate_size": 16`, `"intermediate_size": -16`), "intermediate_size"},
		{"inner size of 10¹²", bert(`"intermediate_size": 16`, `"intermediate_size": 1000000000000`), "intermediate_size"},
		{"positions of 10¹⁰", more(`"max_position_embeddings": 10000000000`), "max_position_embeddings"},
		{"positions below zero", more(`"max_position_embeddings": -1`), "max_position_embeddings"},
		{"types below zero", more(`"type_vocab_size": -2`), "type_vocab_size"},
		{"unknown activation", more(`"hidden_act": "swishy"`), `activation "swishy" is not supported`},
		{"relative positions", more(`"position_embedding_type": "relative_key"`), "position_embedding_type"},
		{"heads of one channel", llama(`"num_attention_heads": 8`), "a head of 1 channels"},
		{"key heads that do not divide", llama(`"num_attention_heads": 4, "num_key_value_heads": 3`), "4 attention heads are not a multiple of 3"},
		{"scaled rotation", llama(`"rope_scaling": {"type": "linear", "factor": 2}`), "rope_scaling"},
		{"unknown rotation", llama(`"rope_parameters": {"rope_type": "yarn"}`), `rope_type "yarn"`},
		{"activation of another family", llama(`"hidden_act": "gelu"`), "hidden_act"},
		{"more parameters than fit", llama(`"vocab_size": 16777216, "hidden_size": 65536`), "parameters; at most"},
	} {
		files = append(files, File{c.name, []byte(c.text), -1, c.want})
	}
	return files
}
