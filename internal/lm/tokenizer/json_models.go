package tokenizer

import "math"

// model reads the model and its vocabulary. For a BPE model that could take raw
// bytes it also gives its configuration, to be told so.
func (r *reader) model(o object) (spec, *bpeConfig, error) {
	v, ok := o.get("model")
	if !ok {
		return spec{}, nil, o.errorf("there is no model")
	}
	m, err := v.object()
	if err != nil {
		return spec{}, nil, err
	}
	var s spec
	var raw *bpeConfig
	switch kind := m.modelType(); kind {
	case "WordPiece":
		s, err = r.wordPiece(m)
	case "BPE":
		s, raw, err = r.bpe(m)
	case "Unigram":
		s, err = r.unigram(m)
	case "WordLevel":
		s, err = r.wordLevel(m)
	case "Hashing":
		s, err = readHashing(m)
	default:
		return spec{}, nil, m.errorf("model type %q is not known; known are WordPiece, BPE, Unigram and WordLevel", kind)
	}
	if err == nil {
		err = *m.err
	}
	return s, raw, err
}

// modelType is the type, or for old files without one what the keys tell.
func (o object) modelType() string {
	if kind := o.str("type", ""); kind != "" {
		return kind
	}
	if _, ok := o.get("merges"); ok {
		return "BPE"
	}
	if _, ok := o.get("max_input_chars_per_word"); ok {
		return "WordPiece"
	}
	if v, ok := o.get("vocab"); ok && v.what() == "a list" {
		return "Unigram"
	}
	return "WordLevel"
}

func (o object) vocabulary() ([]entry, error) {
	v, ok := o.get("vocab")
	if !ok {
		return nil, o.errorf("the model has no vocab")
	}
	return v.vocab()
}

func (r *reader) wordPiece(o object) (spec, error) {
	s := spec{kind: "WordPiece"}
	o.only("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab")
	unk := o.str("unk_token", "[UNK]")
	prefix := o.str("continuing_subword_prefix", "##")
	maxChars := o.integer("max_input_chars_per_word", 100)
	if maxChars < 1 || maxChars > math.MaxInt32 {
		return s, o.errorf("max_input_chars_per_word is %d, must be at least 1", maxChars)
	}
	var err error
	s.entries, err = o.vocabulary()
	s.model = func(v *vocabulary, banned map[int32]bool) (model, error) {
		ids, err := v.find(unk)
		if err != nil {
			return nil, o.errorf("unk_token: %v", err)
		}
		return newWordPiece(v, prefix, ids[0], int(maxChars), banned), nil
	}
	return s, err
}

func (r *reader) bpe(o object) (spec, *bpeConfig, error) {
	s := spec{kind: "BPE"}
	o.only("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges")
	if field(o, "dropout", 0, value.float) != 0 {
		return s, nil, o.errorf("dropout of merges makes encoding random and is not supported")
	}
	c := &bpeConfig{
		unk:          o.str("unk_token", ""),
		fuseUnk:      o.boolean("fuse_unk", false),
		byteFallback: o.boolean("byte_fallback", false),
		ignoreMerges: o.boolean("ignore_merges", false),
		prefix:       o.str("continuing_subword_prefix", ""),
		suffix:       o.str("end_of_word_suffix", ""),
	}
	var err error
	if s.entries, err = o.vocabulary(); err != nil {
		return s, nil, err
	}
	o.list("merges", func(v value) error {
		rule, err := v.mergeRule()
		c.rules = append(c.rules, rule)
		return err
	})
	s.model = func(v *vocabulary, banned map[int32]bool) (model, error) { return c.build(v, banned) }
	if c.prefix == "" && c.suffix == "" && !c.byteFallback {
		return s, c, nil
	}
	return s, nil, nil
}

// mergeRule reads ["a", "b"] or, as older files have it, "a b".
func (v value) mergeRule() (mergeRule, error) {
	if v.what() == "a string" {
		s, err := v.str()
		if err != nil {
			return mergeRule{}, err
		}
		rule, ok := parseRule(s, v)
		if !ok {
			return rule, v.errorf("%q is not two tokens with a blank between", s)
		}
		return rule, nil
	}
	var tokens []string
	err := v.items(func(item value) error {
		s, err := item.str()
		tokens = append(tokens, s)
		return err
	})
	if err != nil {
		return mergeRule{}, err
	}
	if len(tokens) != 2 {
		return mergeRule{}, v.errorf("a merge of %d tokens, must be 2", len(tokens))
	}
	return mergeRule{tokens[0], tokens[1], v}, nil
}

func (r *reader) unigram(o object) (spec, error) {
	s := spec{kind: "Unigram"}
	o.only("type", "unk_id", "vocab", "byte_fallback")
	unk := o.integer("unk_id", -1)
	fallback := o.boolean("byte_fallback", false)
	var scores []float64
	o.list("vocab", func(v value) error {
		var token string
		var score float64
		n := 0
		err := v.items(func(item value) (err error) {
			switch n {
			case 0:
				token, err = item.str()
			case 1:
				score, err = item.float()
			}
			n++
			return err
		})
		if err == nil && n != 2 {
			err = v.errorf("a list of %d elements where a token and its score must stand", n)
		}
		s.entries = append(s.entries, entry{token, int64(len(scores)), v})
		scores = append(scores, score)
		return err
	})
	if unk < -1 || unk >= int64(len(scores)) {
		return s, o.errorf("unk_id is %d, but the vocabulary has %d tokens", unk, len(scores))
	}
	s.model = func(v *vocabulary, banned map[int32]bool) (model, error) {
		return newUnigram(v, scores, int32(unk), fallback, banned), nil
	}
	return s, nil
}

func (r *reader) wordLevel(o object) (spec, error) {
	s := spec{kind: "WordLevel"}
	o.only("type", "vocab", "unk_token")
	unk := o.str("unk_token", "<unk>")
	var err error
	s.entries, err = o.vocabulary()
	s.model = func(v *vocabulary, banned map[int32]bool) (model, error) {
		ids, err := v.find(unk)
		if err != nil {
			return nil, o.errorf("unk_token: %v", err)
		}
		return newWordLevel(v, ids[0], banned), nil
	}
	return s, err
}
