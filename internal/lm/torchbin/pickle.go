package torchbin

import (
	"encoding/binary"
	"math"
)

// Limits of one pickle. A checkpoint of 10,000 tensors in one file stays below
// both; the values that half a million opcodes can make take tens of megabytes.
const (
	maxPickleBytes = 8 << 20
	maxOpcodes     = 500_000
)

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
