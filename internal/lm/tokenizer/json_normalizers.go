package tokenizer

// normalizer reads one normalizer.
func (r *reader) normalizer(o object) (normalizer, error) {
	switch kind := o.str("type", ""); kind {
	case "BertNormalizer":
		o.only("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
		lower := o.boolean("lowercase", true)
		return bertNormalizer{
			cleanText:    o.boolean("clean_text", true),
			chineseChars: o.boolean("handle_chinese_chars", true),
			stripAccents: o.boolean("strip_accents", lower),
			lowercase:    lower,
		}, nil
	case "Lowercase":
		o.only("type")
		return lowercase{}, nil
	case "NFC":
		o.only("type")
		return nfc, nil
	case "NFD":
		o.only("type")
		return nfd, nil
	case "NFKC":
		o.only("type")
		return nfkc, nil
	case "NFKD":
		o.only("type")
		return nfkd, nil
	case "StripAccents":
		o.only("type")
		return accents{}, nil
	case "Strip":
		o.only("type", "strip_left", "strip_right")
		return stripper{o.boolean("strip_left", true), o.boolean("strip_right", true)}, nil
	case "Replace":
		return r.replace(o)
	case "Prepend":
		o.only("type", "prepend")
		return prepender{o.str("prepend", "")}, nil
	case "Precompiled":
		o.only("type", "precompiled_charsmap")
		v, ok := o.get("precompiled_charsmap")
		if !ok {
			return normalizers{failure: r.failure}, nil // a model without a map leaves text alone
		}
		s, err := v.str()
		if err != nil {
			return nil, err
		}
		m, err := newPrecompiled(s)
		if err != nil {
			return nil, v.errorf("%v", err)
		}
		return m, nil
	case "Sequence":
		o.only("type", "normalizers")
		ns, err := parts(o, "normalizers", r.normalizer)
		return normalizers{ns, r.failure}, err
	default:
		return nil, o.errorf("normalizer %q is not known", kind)
	}
}

// replace reads a pattern and what to put in its place.
func (r *reader) replace(o object) (replacer, error) {
	o.only("type", "pattern", "content")
	find, err := r.pattern(o)
	return replacer{find, o.str("content", ""), r.failure}, err
}

// pattern reads {"String": …} or {"Regex": …}.
func (r *reader) pattern(o object) (finder, error) {
	v, ok := o.get("pattern")
	if !ok {
		return nil, o.errorf("%s without a pattern", o.str("type", "an object"))
	}
	p, err := v.object()
	if err != nil {
		return nil, err
	}
	p.only("String", "Regex")
	s, re := p.str("String", ""), p.str("Regex", "")
	switch {
	case *p.err != nil:
		return nil, *p.err
	case (s == "") == (re == ""):
		return nil, p.errorf("a pattern must be either a String or a Regex that is not empty")
	case s != "":
		return findString(s), nil
	}
	find, err := compile(re, r.failure)
	if err != nil {
		return nil, p.errorf("%v", err)
	}
	return find, nil
}

// parts reads a list of parts.
func parts[T any](o object, key string, read func(object) (T, error)) ([]T, error) {
	var list []T
	o.list(key, func(v value) error {
		po, err := v.object()
		if err != nil {
			return err
		}
		x, err := read(po)
		if err == nil {
			err = *po.err
		}
		list = append(list, x)
		return err
	})
	return list, *o.err
}
