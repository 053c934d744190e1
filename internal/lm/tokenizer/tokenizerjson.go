package tokenizer

// readTokenizerJSON reads the one-file layout of the Hugging Face tokenizers
// library.
func readTokenizerJSON(data []byte, c config) (spec, error) {
	doc, err := parseJSON("tokenizer.json", data)
	if err != nil {
		return spec{}, err
	}
	o, err := doc.object()
	if err != nil {
		return spec{}, err
	}
	m, ok := o.get("model")
	if !ok {
		return spec{}, o.errorf("there is no model")
	}
	mo, err := m.object()
	if err != nil {
		return spec{}, err
	}
	if mo.str("type", "") == "Hashing" {
		return readHashing(mo)
	}
	return spec{}, m.errorf("model type %q is not known", mo.str("type", ""))
}
