package tokenizer

// processor is a post-processor before ids are checked; the zero value adds
// nothing.
type processor struct {
	slots bool // it says where special tokens stand
	made  template
	at    value
}

// template checks that its tokens are in the vocabulary.
func (p processor) template(v *vocabulary) (template, error) {
	if !p.slots {
		p.made.single, p.made.pair = plain.single, plain.pair
	}
	for _, id := range p.made.ids() {
		if int(id) >= len(v.tokens) {
			return template{}, p.at.errorf("post-processor: id %d is not in the vocabulary", id)
		}
	}
	return p.made, nil
}

// processor reads one post-processor.
func (r *reader) processor(o object) (processor, error) {
	p := processor{at: o.value}
	switch kind := o.str("type", ""); kind {
	case "TemplateProcessing":
		return r.templateProcessing(o)
	case "BertProcessing":
		o.only("type", "sep", "cls")
		p.slots, p.made = true, bertTemplate(o.tokenID("cls"), o.tokenID("sep"))
		return p, nil
	case "RobertaProcessing":
		o.only("type", "sep", "cls", "trim_offsets", "add_prefix_space")
		p.slots, p.made = true, robertaTemplate(o.tokenID("cls"), o.tokenID("sep"))
		p.made.trim = o.boolean("trim_offsets", true)
		return p, nil
	case "ByteLevel":
		o.only("type", "add_prefix_space", "trim_offsets", "use_regex")
		p.made.trim = o.boolean("trim_offsets", true)
		return p, nil
	case "Sequence":
		o.only("type", "processors")
		ps, err := parts(o, "processors", r.processor)
		if err != nil {
			return p, err
		}
		for _, q := range ps {
			trim := p.made.trim || q.made.trim
			if q.slots {
				if p.slots {
					return p, q.at.errorf("a second post-processor that adds special tokens is not supported")
				}
				p = q
			}
			p.made.trim = trim
		}
		return p, nil
	default:
		return p, o.errorf("post-processor %q is not known", kind)
	}
}

// tokenID reads ["[SEP]", 102].
func (o object) tokenID(key string) int32 {
	id := int64(-1)
	n := 0
	o.list(key, func(v value) (err error) {
		if n == 1 {
			id, err = v.integer()
		}
		n++
		return err
	})
	if n != 2 || id < 0 || id >= maxTokens+maxUnusedIDs {
		o.check(o.errorf("%s must be a token and its id", key))
		return 0
	}
	return int32(id)
}

// templateProcessing reads lists of sequences and special tokens.
func (r *reader) templateProcessing(o object) (processor, error) {
	p := processor{slots: true, at: o.value}
	o.only("type", "single", "pair", "special_tokens")
	ids := make(map[string][]int32)
	if v, ok := o.get("special_tokens"); ok {
		err := v.each(func(key, val value) error {
			name, err := key.str()
			if err != nil {
				return err
			}
			so, err := val.object()
			if err != nil {
				return err
			}
			so.only("id", "ids", "tokens")
			so.list("ids", func(v value) error {
				id, err := v.integer()
				if err == nil && (id < 0 || id >= maxTokens+maxUnusedIDs) {
					err = v.errorf("id %d is not in the vocabulary", id)
				}
				ids[name] = append(ids[name], int32(id))
				return err
			})
			return *so.err
		})
		if err != nil {
			return p, err
		}
	}
	p.made.single = o.slots("single", ids, 1)
	p.made.pair = o.slots("pair", ids, 2)
	return p, *o.err
}

// slots reads one list; each of the given number of sequences must be in it once.
func (o object) slots(key string, ids map[string][]int32, sequences int) []slot {
	var slots []slot
	seen := make([]int, 2)
	o.list(key, func(v value) error {
		po, err := v.object()
		if err != nil {
			return err
		}
		po.only("Sequence", "SpecialToken")
		for _, kind := range []string{"Sequence", "SpecialToken"} {
			pv, ok := po.get(kind)
			if !ok {
				continue
			}
			item, err := pv.object()
			if err != nil {
				return err
			}
			item.only("id", "type_id")
			name, typ := item.str("id", ""), item.integer("type_id", 0)
			tokens, known := ids[name]
			switch {
			case *item.err != nil:
				return *item.err
			case typ < 0 || typ > 1<<16:
				return item.errorf("type_id %d is out of range", typ)
			case kind == "Sequence" && (name == "A" || name == "B"):
				n := int(name[0] - 'A')
				seen[n]++
				slots = append(slots, sequence(n, int32(typ)))
			case kind == "SpecialToken" && known:
				slots = append(slots, special(int32(typ), tokens...))
			default:
				return item.errorf("%s %q is not known", kind, name)
			}
		}
		return *po.err
	})
	for n, times := range seen {
		if want := min(1, max(0, sequences-n)); times != want {
			o.check(o.errorf("template %s holds the sequence %c %d times, must be %d", key, 'A'+n, times, want))
		}
	}
	return slots
}
