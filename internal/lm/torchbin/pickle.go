package torchbin

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
)

// Limits of one pickle. A checkpoint of 10,000 tensors in one file stays below
// both; the values that half a million opcodes can make take tens of megabytes.
const (
	maxPickleBytes = 8 << 20
	maxOpcodes     = 500_000
)

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

// machine interprets one pickle.
type machine struct {
	data  []byte
	pos   int
	base  int64 // offset of data[0] in the file
	op    int   // position of the current opcode, for messages
	stack []any
	memo  map[uint32]any
	// storage turns a persistent id into a storage; nil where none may occur.
	storage func(id tuple, at int64) (*storage, error)
}

// fail makes an error that points at the current opcode.
func (m *machine) fail(format string, args ...any) error {
	return fail(m.base+int64(m.op), format, args...)
}

// run interprets up to the STOP opcode and returns the one value that is left.
// m.pos then stands behind the pickle.
func (m *machine) run() (any, error) {
	m.memo = map[uint32]any{}
	m.stack = m.stack[:0]
	for count := 0; ; count++ {
		m.op = m.pos
		if count == maxOpcodes {
			return nil, m.fail("pickle of more than %d opcodes", maxOpcodes)
		}
		op, err := m.take(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' {
			if len(m.stack) != 1 {
				return nil, m.fail("pickle ends with %d values, want 1", len(m.stack))
			}
			return m.stack[0], nil
		}
		if err := m.step(op[0]); err != nil {
			return nil, err
		}
	}
}

// step interprets one opcode; the names are those of Python's pickletools.
func (m *machine) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		v, err := m.take(1)
		if err == nil && (v[0] < 2 || v[0] > 5) {
			err = m.fail("pickle protocol %d; want 2 to 5", v[0])
		}
		return err
	case 0x95: // FRAME
		_, err := m.take(8)
		return err

	// constants
	case 'N':
		m.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		m.push(op == 0x88)
	case 'K', 'M', 'J': // BININT1, BININT2, BININT
		return m.pushInt(op)
	case 0x8a: // LONG1
		return m.pushLong()
	case 'G': // BINFLOAT
		b, err := m.take(8)
		if err != nil {
			return err
		}
		m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case 'X', 'T': // BINUNICODE, BINSTRING
		return m.pushString(4)
	case 0x8c, 'U': // SHORT_BINUNICODE, SHORT_BINSTRING
		return m.pushString(1)

	// containers
	case ')', 0x85, 0x86, 0x87: // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3
		n := 0
		if op != ')' {
			n = int(op - 0x84)
		}
		v, err := m.popN(n)
		if err != nil {
			return err
		}
		m.push(tuple(v))
	case ']':
		m.push(&list{})
	case '}':
		m.push(&dict{})
	case '(':
		m.push(mark{})
	case 't': // TUPLE
		v, err := m.popMark()
		if err != nil {
			return err
		}
		m.push(tuple(v))
	case 'a', 'e', 's', 'u': // APPEND, APPENDS, SETITEM, SETITEMS
		return m.fill(op)

	// memory
	case 'q', 'r', 0x94, 'h', 'j':
		return m.remember(op)

	// objects
	case 'c', 0x93: // GLOBAL, STACK_GLOBAL
		return m.global(op)
	case 'Q': // BINPERSID
		return m.persistent()
	case 'R': // REDUCE
		return m.reduce()
	case 'b': // BUILD
		return m.build()
	default:
		return m.fail("pickle opcode 0x%02x is not one that rebuilds tensors", op)
	}
	return nil
}

// take returns the next n bytes.
func (m *machine) take(n int) ([]byte, error) {
	if n > len(m.data)-m.pos {
		return nil, m.fail("pickle ends within an opcode")
	}
	b := m.data[m.pos : m.pos+n]
	m.pos += n
	return b, nil
}

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

// pop takes a value; a mark is none.
func (m *machine) pop() (any, error) {
	v, err := m.popN(1)
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

// popN takes the n topmost values into a slice of their own.
func (m *machine) popN(n int) ([]any, error) {
	from := len(m.stack) - n
	if from < 0 {
		return nil, m.fail("pickle takes a value from an empty stack")
	}
	v := append([]any(nil), m.stack[from:]...)
	for _, x := range v {
		if _, ok := x.(mark); ok {
			return nil, m.fail("pickle takes a mark for a value")
		}
	}
	m.stack = m.stack[:from]
	return v, nil
}

// popMark takes the values above the last mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			v := append([]any(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return v, nil
		}
	}
	return nil, m.fail("pickle goes back to a mark that is not there")
}

func (m *machine) pushInt(op byte) error {
	width := map[byte]int{'K': 1, 'M': 2, 'J': 4}[op]
	b, err := m.take(width)
	if err != nil {
		return err
	}
	switch width {
	case 1:
		m.push(int64(b[0]))
	case 2:
		m.push(int64(binary.LittleEndian.Uint16(b)))
	default:
		m.push(int64(int32(binary.LittleEndian.Uint32(b))))
	}
	return nil
}

// pushLong reads a two's complement number of up to 255 bytes.
func (m *machine) pushLong() error {
	n, err := m.take(1)
	if err != nil {
		return err
	}
	b, err := m.take(int(n[0]))
	if err != nil {
		return err
	}
	if len(b) > 8 {
		m.push(long(b))
		return nil
	}
	v := int64(0)
	for i, x := range b {
		v |= int64(x) << (8 * i)
	}
	if n := len(b); n > 0 && n < 8 && b[n-1] >= 0x80 {
		v -= 1 << (8 * n)
	}
	m.push(v)
	return nil
}

// pushString reads a text whose length takes width bytes. Byte strings of
// Python 2 are accepted when they are UTF-8, which names of tensors are.
func (m *machine) pushString(width int) error {
	b, err := m.take(width)
	if err != nil {
		return err
	}
	n := uint32(b[0])
	if width == 4 {
		n = binary.LittleEndian.Uint32(b)
	}
	if n > maxPickleBytes {
		return m.fail("pickle holds a string of %d bytes", n)
	}
	s, err := m.take(int(n))
	if err != nil {
		return err
	}
	if !utf8.Valid(s) {
		return m.fail("pickle holds a string that is not UTF-8")
	}
	m.push(string(s))
	return nil
}

// fill adds items to the list or dictionary below them.
func (m *machine) fill(op byte) error {
	var items []any
	var err error
	switch op {
	case 'a':
		items, err = m.popN(1)
	case 's':
		items, err = m.popN(2)
	default:
		items, err = m.popMark()
	}
	if err != nil {
		return err
	}
	container, err := m.pop()
	if err != nil {
		return err
	}
	m.push(container)
	switch c := container.(type) {
	case *list:
		if op == 'a' || op == 'e' {
			c.v = append(c.v, items...)
			return nil
		}
	case *dict:
		if (op == 's' || op == 'u') && len(items)%2 == 0 {
			for i := 0; i < len(items); i += 2 {
				if !c.set(items[i], items[i+1]) {
					return m.fail("pickle uses a %s as a key", kindOf(items[i]))
				}
			}
			return nil
		}
	}
	return m.fail("pickle adds items to a %s", kindOf(container))
}

// remember stores the top of the stack in the memory or pushes what is stored there.
func (m *machine) remember(op byte) error {
	key := uint32(len(m.memo))
	if op != 0x94 { // all but MEMOIZE name the place
		width := 1
		if op == 'r' || op == 'j' {
			width = 4
		}
		b, err := m.take(width)
		if err != nil {
			return err
		}
		key = uint32(b[0])
		if width == 4 {
			key = binary.LittleEndian.Uint32(b)
		}
	}
	if op == 'h' || op == 'j' { // BINGET, LONG_BINGET
		v, ok := m.memo[key]
		if !ok {
			return m.fail("pickle recalls %d, which it never stored", key)
		}
		m.push(v)
		return nil
	}
	v, err := m.pop() // BINPUT, LONG_BINPUT, MEMOIZE
	if err != nil {
		return err
	}
	m.push(v)
	m.memo[key] = v
	return nil
}

// global pushes an allowed name and refuses every other.
func (m *machine) global(op byte) error {
	var name string
	if op == 'c' {
		lines := strings.SplitN(string(m.data[m.pos:min(m.pos+1024, len(m.data))]), "\n", 3)
		if len(lines) < 3 {
			return m.fail("pickle names a global without an end")
		}
		m.pos += len(lines[0]) + len(lines[1]) + 2
		name = lines[0] + " " + lines[1]
	} else {
		v, err := m.popN(2)
		if err != nil {
			return err
		}
		module, ok1 := v[0].(string)
		attribute, ok2 := v[1].(string)
		if !ok1 || !ok2 {
			return m.fail("pickle names a global by a %s and a %s", kindOf(v[0]), kindOf(v[1]))
		}
		name = module + " " + attribute
	}
	if _, isStorage := storageKinds[name]; !isStorage && !callable[name] {
		return m.fail("pickle names %q; only what rebuilds tensors is allowed", clip(strings.Replace(name, " ", ".", 1)))
	}
	m.push(global(name))
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
