package tokenizer

// reader turns the objects of a tokenizer.json into parts. Each describes itself
// by its "type".
type reader struct {
	failure    *failure
	byteLevels int // pre-tokenizers of this type so far: each would make text longer
}

// readTokenizerJSON reads the one-file layout of the Hugging Face tokenizers
// library. Its truncation and padding are settings of a use, not of the
// tokenizer, and are left to Options.
func readTokenizerJSON(data []byte, c config) (spec, error) {
	doc, err := parseJSON("tokenizer.json", data)
	if err != nil {
		return spec{}, err
	}
	o, err := doc.object()
	if err != nil {
		return spec{}, err
	}
	o.only("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model")
	if *o.err != nil {
		return spec{}, *o.err
	}
	r := &reader{failure: new(failure)}
	s, raw, err := r.model(o)
	if err != nil || s.kind == "hashing" {
		return s, err
	}
	s.failure = r.failure
	if s.added, err = r.addedTokens(o); err != nil {
		return s, err
	}
	if s.normalizer, err = part(o, "normalizer", r.normalizer); err != nil {
		return s, err
	}
	if s.pre, err = part(o, "pre_tokenizer", r.preTokenizer); err != nil {
		return s, err
	}
	if s.decoder, err = part(o, "decoder", r.decoder); err != nil {
		return s, err
	}
	p, err := part(o, "post_processor", r.processor)
	if err != nil {
		return s, err
	}
	s.template = p.template

	if raw != nil {
		if pre, ok := leaveBytes(s.pre); ok {
			s.pre, raw.rawBytes, s.kind = pre, true, "byte-level BPE"
		}
	}
	return s, nil
}

// part reads an optional part; without one it is the zero value.
func part[T any](o object, key string, read func(object) (T, error)) (T, error) {
	v, ok := o.get(key)
	if !ok {
		var none T
		return none, nil
	}
	po, err := v.object()
	if err != nil {
		var none T
		return none, err
	}
	x, err := read(po)
	if err == nil {
		err = *po.err
	}
	return x, err
}

// leaveBytes lets the model take raw bytes where a byte-level part comes last:
// the ids are the same, and nothing has to be written in byte characters.
func leaveBytes(pre preTokenizer) (preTokenizer, bool) {
	switch p := pre.(type) {
	case byteLevel:
		p.mapped = false
		return p, true
	case preTokenizers:
		n := len(p)
		if n == 0 {
			return pre, false
		}
		for _, q := range p[:n-1] {
			if _, ok := q.(byteLevel); ok {
				return pre, false
			}
		}
		last, ok := leaveBytes(p[n-1])
		if !ok {
			return pre, false
		}
		return append(p[:n-1:n-1], last), true
	}
	return pre, false
}

// addedTokens reads the list of tokens beside the model's own.
func (r *reader) addedTokens(o object) ([]addedToken, error) {
	var tokens []addedToken
	o.list("added_tokens", func(v value) error {
		a, err := readAddedToken(v)
		if err != nil {
			return err
		}
		to, err := v.object()
		if err != nil {
			return err
		}
		id := to.integer("id", -1)
		if *to.err != nil {
			return *to.err
		}
		if id < 0 || id >= maxTokens+maxUnusedIDs {
			return v.errorf("added token %q has id %d, outside 0 to %d", a.content, id, maxTokens+maxUnusedIDs-1)
		}
		a.id = int32(id)
		tokens = append(tokens, a)
		return nil
	})
	return tokens, *o.err
}
