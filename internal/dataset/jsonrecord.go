package dataset

// A flattener turns JSON objects into values under one header: the member text of
// the member meta is the column "meta.text". Lists of scalars are values; lists of
// anything else, and null, count as missing.
type flattener struct {
	header *Header
	values []Value
}

func newFlattener() *flattener {
	f := &flattener{header: NewHeader(nil)}
	f.header.grows = true
	return f
}

func (f *flattener) record(object *jsonNode) []Value {
	f.values = f.values[:0]
	for range f.header.Names {
		f.values = append(f.values, Value{})
	}
	f.members("", object)
	return f.values
}

func (f *flattener) members(prefix string, object *jsonNode) {
	for i, key := range object.keys {
		name, item := prefix+key, &object.items[i]
		if item.kind == jsonObject {
			f.members(name+".", item)
			continue
		}
		v, err := item.field()
		if err != nil || item.kind == jsonNull {
			v = Value{}
		}
		f.set(name, v)
	}
}

func (f *flattener) set(name string, v Value) {
	i, ok := f.header.index[name]
	if !ok {
		i = f.header.add(name)
		f.values = append(f.values, Value{})
	}
	f.values[i] = v
}
