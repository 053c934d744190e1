package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// preTokenizer reads one pre-tokenizer.
func (r *reader) preTokenizer(o object) (preTokenizer, error) {
	switch kind := o.str("type", ""); kind {
	case "BertPreTokenizer":
		o.only("type")
		return bertPreTokenizer{}, nil
	case "Whitespace":
		o.only("type")
		return wordSplit{}, nil
	case "WhitespaceSplit":
		o.only("type")
		return whitespaceSplit, nil
	case "ByteLevel":
		o.only("type", "add_prefix_space", "trim_offsets", "use_regex")
		if r.byteLevels++; r.byteLevels > 1 {
			return nil, o.errorf("a second ByteLevel pre-tokenizer is not supported")
		}
		return byteLevel{
			prefixSpace: o.boolean("add_prefix_space", true),
			cut:         o.boolean("use_regex", true),
			mapped:      true,
		}, nil
	case "Metaspace":
		return r.metaspace(o)
	case "Split":
		o.only("type", "pattern", "behavior", "invert")
		find, err := r.pattern(o)
		if err != nil {
			return nil, err
		}
		return patternSplit{find, o.behavior(isolated), o.boolean("invert", false)}, nil
	case "Digits":
		o.only("type", "individual_digits")
		p := patternSplit{find: findRunes(unicode.IsNumber), behavior: contiguous}
		if o.boolean("individual_digits", false) {
			p.behavior = isolated
		}
		return p, nil
	case "Punctuation":
		o.only("type", "behavior")
		return patternSplit{find: findRunes(isPunctuation), behavior: o.behavior(isolated)}, nil
	case "Sequence":
		o.only("type", "pretokenizers")
		ps, err := parts(o, "pretokenizers", r.preTokenizer)
		return preTokenizers(ps), err
	default:
		return nil, o.errorf("pre-tokenizer %q is not known", kind)
	}
}

func (o object) behavior(usual behavior) behavior {
	b := behavior(o.str("behavior", string(usual)))
	switch b {
	case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous:
	default:
		o.check(o.errorf("behavior %q is not known", string(b)))
	}
	return b
}

// metaspace reads the new spelling, with a prepend_scheme, and the old one, with
// add_prefix_space.
func (r *reader) metaspace(o object) (metaspace, error) {
	o.only("type", "replacement", "prepend_scheme", "add_prefix_space", "split", "str_rep")
	m := metaspace{blank: o.str("replacement", "▁"), cut: o.boolean("split", true), prefix: prefixAlways, failure: r.failure}
	if !o.boolean("add_prefix_space", true) {
		m.prefix = prefixNever
	}
	m.prefix = prefixScheme(o.str("prepend_scheme", string(m.prefix)))
	switch m.prefix {
	case prefixAlways, prefixFirst, prefixNever:
	default:
		return m, o.errorf("prepend_scheme %q is not known", string(m.prefix))
	}
	if utf8.RuneCountInString(m.blank) != 1 {
		return m, o.errorf("replacement %q is not one character", m.blank)
	}
	return m, nil
}
