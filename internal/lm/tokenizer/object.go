package tokenizer

// object is a JSON object with few keys, such as the description of one part of
// a tokenizer. Reading a key that is absent or null gives the default. The first
// error stays in err.
type object struct {
	value
	fields map[string]value
	err    *error
}

// object reads the keys of v; the same key twice is an error.
func (v value) object() (object, error) {
	o := object{value: v, fields: make(map[string]value), err: new(error)}
	err := v.each(func(key, val value) error {
		k, err := key.str()
		if err != nil {
			return err
		}
		if _, ok := o.fields[k]; ok {
			return key.errorf("key %q stands there twice", k)
		}
		o.fields[k] = val
		return nil
	})
	return o, err
}

// check keeps the first error.
func (o object) check(err error) {
	if *o.err == nil {
		*o.err = err
	}
}

func (o object) get(key string) (value, bool) {
	v, ok := o.fields[key]
	return v, ok && !v.isNull()
}

// field reads one key of an object with the given reader of values.
func field[T any](o object, key string, absent T, read func(value) (T, error)) T {
	v, ok := o.get(key)
	if !ok {
		return absent
	}
	x, err := read(v)
	if err != nil {
		o.check(err)
		return absent
	}
	return x
}

func (o object) str(key, absent string) string { return field(o, key, absent, value.str) }

func (o object) boolean(key string, absent bool) bool { return field(o, key, absent, value.boolean) }

func (o object) integer(key string, absent int64) int64 { return field(o, key, absent, value.integer) }

// list calls f for the elements of a list; an absent list is empty.
func (o object) list(key string, f func(value) error) {
	if v, ok := o.get(key); ok {
		o.check(v.items(f))
	}
}

// only refuses keys that are not known: a setting that is not understood would
// change the ids without a word.
func (o object) only(known ...string) {
	o.check(o.each(func(key, _ value) error {
		k, err := key.str()
		if err != nil {
			return err
		}
		for _, name := range known {
			if k == name {
				return nil
			}
		}
		return key.errorf("unknown key %q in %s", k, o.str("type", "the object"))
	}))
}
