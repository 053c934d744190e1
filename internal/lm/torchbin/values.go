package torchbin

// Values on the stack of the interpreter. Beside these there are nil, bool,
// int64, float64 and string, which stand for themselves.
type (
	mark   struct{}          // where a run of items begins
	global string            // an allowed name, "module name"
	long   string            // a whole number of more than 8 bytes, little-endian
	tuple  []any             //
	list   struct{ v []any } //
	// dict keeps its items in order, as Python does.
	dict struct {
		index map[any]int // key -> position in items
		items []item
		order bool // made by OrderedDict, which may carry attributes
	}
	item struct{ key, value any }
)

// set stores a value; keys are strings or whole numbers.
func (d *dict) set(key, value any) bool {
	switch key.(type) {
	case string, int64:
	default:
		return false
	}
	if i, ok := d.index[key]; ok {
		d.items[i].value = value
		return true
	}
	if d.index == nil {
		d.index = map[any]int{}
	}
	d.index[key] = len(d.items)
	d.items = append(d.items, item{key, value})
	return true
}

// get returns the value under a string key.
func (d *dict) get(key string) any {
	if i, ok := d.index[key]; ok {
		return d.items[i].value
	}
	return nil
}

// kindOf names a value's type in messages.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64, long:
		return "whole number"
	case float64:
		return "float"
	case string:
		return "string"
	case tuple:
		return "tuple"
	case *list:
		return "list"
	case *dict:
		return "dictionary"
	case *storage:
		return "storage"
	case *tensor:
		return "tensor"
	}
	return "name"
}
