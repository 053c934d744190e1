package torchbin

import (
	"math/bits"
)

// storageKind is an element type.
type storageKind struct {
	dtype string // as safetensors spells it
	width int64  // bytes
}

// storageKinds are the names that a pickle may use for types of elements.
var storageKinds = map[string]storageKind{
	"torch FloatStorage":    {"F32", 4},
	"torch HalfStorage":     {"F16", 2},
	"torch BFloat16Storage": {"BF16", 2},
	"torch DoubleStorage":   {"F64", 8},
	"torch LongStorage":     {"I64", 8},
	"torch IntStorage":      {"I32", 4},
	"torch ShortStorage":    {"I16", 2},
	"torch CharStorage":     {"I8", 1},
	"torch ByteStorage":     {"U8", 1},
	"torch BoolStorage":     {"BOOL", 1},
}

// callable are the names that a pickle may apply to arguments. What they do is
// written in reduce; none of them is a function of Python's here.
var callable = map[string]bool{
	orderedDict:      true,
	rebuildTensor:    true,
	rebuildTensorV2:  true,
	rebuildParameter: true,
}

const (
	orderedDict      = "collections OrderedDict"
	rebuildTensor    = "torch._utils _rebuild_tensor"
	rebuildTensorV2  = "torch._utils _rebuild_tensor_v2"
	rebuildParameter = "torch._utils _rebuild_parameter"
)

// storage is a run of elements in the file.
type storage struct {
	key      string
	kind     storageKind
	elements int64
	start    int64 // offset in the file; the legacy layout sets it after the pickles
}

// tensor is a view of a storage.
type tensor struct {
	storage  *storage
	offset   int64 // of the first element, in elements
	shape    []int64
	stride   []int64 // in elements
	elements int64
}

// maxRank bounds the dimensions of a tensor.
const maxRank = 32

// persistent replaces a persistent id by its storage.
func (m *machine) persistent() error {
	v, err := m.pop()
	if err != nil {
		return err
	}
	id, ok := v.(tuple)
	if !ok || m.storage == nil {
		return m.fail("pickle refers to something outside by a %s", kindOf(v))
	}
	s, err := m.storage(id, m.base+int64(m.op))
	if err != nil {
		return err
	}
	m.push(s)
	return nil
}

// newStorage reads ("storage", type, key, location, elements[, view]).
// Location, the device of the writer, does not matter.
func newStorage(id tuple, at int64) (*storage, error) {
	if len(id) == 6 && id[5] == nil {
		id = id[:5]
	}
	if len(id) != 5 || id[0] != "storage" {
		return nil, fail(at, "persistent id is not that of a storage")
	}
	name, ok1 := id[1].(global)
	key, ok2 := id[2].(string)
	_, ok3 := id[3].(string)
	elements, ok4 := id[4].(int64)
	kind, ok5 := storageKinds[string(name)]
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || elements < 0 {
		return nil, fail(at, "persistent id is not that of a storage")
	}
	if over, size := bits.Mul64(uint64(elements), uint64(kind.width)); over != 0 || size > 1<<62 {
		return nil, fail(at, "storage %q of %d elements is too large", clip(key), elements)
	}
	return &storage{key: key, kind: kind, elements: elements}, nil
}

// reduce does what the allowed names would do with their arguments.
func (m *machine) reduce() error {
	v, err := m.popN(2)
	if err != nil {
		return err
	}
	name, ok1 := v[0].(global)
	args, ok2 := v[1].(tuple)
	if !ok1 || !ok2 || !callable[string(name)] {
		return m.fail("pickle applies a %s to a %s", kindOf(v[0]), kindOf(v[1]))
	}
	switch name {
	case orderedDict:
		return m.makeDict(args)
	case rebuildParameter:
		// (tensor, requires_grad, hooks)
		if len(args) != 3 {
			return m.fail("_rebuild_parameter with %d arguments, want 3", len(args))
		}
		t, ok := args[0].(*tensor)
		if !ok {
			return m.fail("_rebuild_parameter of a %s", kindOf(args[0]))
		}
		m.push(t)
		return nil
	}
	// (storage, offset, shape, stride[, requires_grad, hooks[, metadata]])
	if n := len(args); name == rebuildTensor && n != 4 || name == rebuildTensorV2 && n != 6 && n != 7 {
		return m.fail("%s with %d arguments", name[len("torch._utils "):], n)
	}
	t, err := m.view(args)
	if err != nil {
		return err
	}
	m.push(t)
	return nil
}

// makeDict makes an OrderedDict of nothing or, as Python 2 wrote it, of a list of pairs.
func (m *machine) makeDict(args tuple) error {
	d := &dict{order: true}
	if len(args) > 0 {
		pairs, ok := args[0].(*list)
		if len(args) > 1 || !ok {
			return m.fail("OrderedDict of something other than a list of pairs")
		}
		for _, p := range pairs.v {
			var kv []any
			switch p := p.(type) {
			case tuple:
				kv = p
			case *list:
				kv = p.v
			}
			if len(kv) != 2 || !d.set(kv[0], kv[1]) {
				return m.fail("OrderedDict of something other than a list of pairs")
			}
		}
	}
	m.push(d)
	return nil
}

// build accepts the attributes that PyTorch hangs on the dictionary of a
// module (_metadata: versions of its layers), and drops them.
func (m *machine) build() error {
	if _, err := m.pop(); err != nil {
		return err
	}
	object, err := m.pop()
	if err != nil {
		return err
	}
	if d, ok := object.(*dict); !ok || !d.order {
		return m.fail("pickle sets attributes of a %s", kindOf(object))
	}
	m.push(object)
	return nil
}

// view checks that a tensor lies within its storage and has no more elements
// than that, so that a short file cannot stand for a huge tensor.
func (m *machine) view(args tuple) (*tensor, error) {
	s, ok1 := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	shape, ok3 := naturals(args[2])
	stride, ok4 := naturals(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 || offset < 0 || len(shape) != len(stride) || len(shape) > maxRank {
		return nil, m.fail("tensor with wrong storage, offset, shape or stride")
	}
	t := &tensor{storage: s, offset: offset, shape: shape, stride: stride, elements: 1}
	empty := false
	for _, d := range shape {
		empty = empty || d == 0
	}
	if empty {
		t.elements = 0
		if offset > s.elements {
			return nil, m.fail("tensor of shape %v begins beyond its storage %q", shape, clip(s.key))
		}
		return t, m.checkEmpty(shape)
	}
	last := uint64(offset)
	for i, d := range shape {
		// Both products stay below 2⁶³ because what they multiply stays below s.elements.
		over, n := bits.Mul64(uint64(t.elements), uint64(d))
		if over != 0 || n > uint64(s.elements) {
			return nil, m.fail("tensor of shape %v has more elements than its storage %q (%d)", shape, clip(s.key), s.elements)
		}
		t.elements = int64(n)
		over, reach := bits.Mul64(uint64(d-1), uint64(stride[i]))
		if last += reach; over != 0 || reach >= 1<<62 || last >= uint64(s.elements) {
			return nil, m.fail("tensor of shape %v reaches beyond its storage %q of %d elements", shape, clip(s.key), s.elements)
		}
	}
	if last >= uint64(s.elements) {
		return nil, m.fail("tensor begins at element %d of its storage %q of %d", offset, clip(s.key), s.elements)
	}
	return t, nil
}

// checkEmpty refuses shapes whose dimensions other than 0 overflow when multiplied.
func (m *machine) checkEmpty(shape []int64) error {
	product := uint64(8)
	for _, d := range shape {
		if d == 0 {
			continue
		}
		over, n := bits.Mul64(product, uint64(d))
		if over != 0 || n > 1<<62 {
			return m.fail("the size of shape %v overflows", shape)
		}
		product = n
	}
	return nil
}

// naturals converts a tuple of whole numbers from 0.
func naturals(v any) ([]int64, bool) {
	t, ok := v.(tuple)
	if !ok {
		return nil, false
	}
	out := make([]int64, len(t))
	for i, x := range t {
		n, ok := x.(int64)
		if !ok || n < 0 {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}

// contiguous tells whether the elements lie side by side in row-major order.
// The stride of a dimension of length 1 does not matter.
func (t *tensor) contiguous() bool {
	want := int64(1)
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] != 1 && t.stride[i] != want {
			return false
		}
		want *= t.shape[i]
	}
	return true
}

// tensors takes the top dictionary apart.
func tensors(v any, at int64) (map[string]*tensor, error) {
	d, ok := v.(*dict)
	if !ok {
		return nil, fail(at, "the pickle holds a %s, not a dictionary of tensors", kindOf(v))
	}
	out := make(map[string]*tensor, len(d.items))
	for _, item := range d.items {
		name, ok := item.key.(string)
		if !ok {
			return nil, fail(at, "the dictionary has a %s as a key", kindOf(item.key))
		}
		t, ok := item.value.(*tensor)
		if !ok {
			return nil, fail(at, "entry %q is a %s, not a tensor", clip(name), kindOf(item.value))
		}
		out[name] = t
	}
	return out, nil
}
