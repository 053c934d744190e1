package torchbin

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

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
