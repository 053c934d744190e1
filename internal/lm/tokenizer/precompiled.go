package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// precompiled is the character map inside SentencePiece models: a double-array
// trie from strings to their replacements.
//
// Layout: the size of the trie in bytes, its units (both of 32 bits, little
// endian), then the replacements, each ended by a zero byte.
//
// Source: the sentencepiece and darts-clone formats, as their readers take them.
type precompiled struct {
	units        []uint32
	replacements []byte
}

// longestReplacement bounds how far a map may stretch text. The longest of the
// Unicode standard has 33 bytes.
const longestReplacement = 256

func newPrecompiled(encoded string) (precompiled, error) {
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return precompiled{}, fmt.Errorf("precompiled_charsmap: %w", err)
	}
	if len(data) < 4 {
		return precompiled{}, fmt.Errorf("precompiled_charsmap: %d bytes hold no map", len(data))
	}
	size := int64(binary.LittleEndian.Uint32(data))
	data = data[4:]
	if size > int64(len(data)) || size%4 != 0 || size == 0 {
		return precompiled{}, fmt.Errorf("precompiled_charsmap: a trie of %d bytes in a map of %d", size, len(data))
	}
	for text := range bytes.SplitSeq(data[size:], []byte{0}) {
		if len(text) > longestReplacement {
			return precompiled{}, fmt.Errorf("precompiled_charsmap: a replacement of %d bytes; the limit is %d", len(text), longestReplacement)
		}
	}
	m := precompiled{units: make([]uint32, size/4), replacements: data[size:]}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return m, nil
}

// find gives the replacement of the shortest string in the map that s starts with.
func (m precompiled) find(s string) (string, bool) {
	// A unit holds a label, the way to its children, and whether a value is among them.
	offset := func(u uint32) uint32 { return (u >> 10) << ((u & (1 << 9)) >> 6) }
	node := offset(m.units[0])
	for i := range len(s) {
		c := uint32(s[i])
		node ^= c
		if c == 0 || node >= uint32(len(m.units)) {
			return "", false
		}
		u := m.units[node]
		if u&(1<<31|0xFF) != c {
			return "", false
		}
		node ^= offset(u)
		if u>>8&1 == 0 {
			continue
		}
		if node >= uint32(len(m.units)) {
			return "", false
		}
		at := m.units[node] &^ (1 << 31)
		if at > uint32(len(m.replacements)) {
			return "", false
		}
		text := m.replacements[at:]
		if end := bytes.IndexByte(text, 0); end >= 0 {
			text = text[:end]
		}
		return string(text), utf8.Valid(text)
	}
	return "", false
}

// normalize replaces by what a user sees as a character where that is short,
// else character by character. As in the reference code, what is found for the
// start of a short one replaces all of it.
func (m precompiled) normalize(t text) text {
	b := newBuilder(t, 0)
	seen := graphemes.FromString(t.s)
	for seen.Next() {
		s, from := seen.Value(), seen.Start()
		if len(s) < 6 {
			if to, ok := m.find(s); ok {
				b.out = append(b.out, to...)
				b.mark(from, from+len(s))
				continue
			}
		}
		for i, r := range s {
			n := utf8.RuneLen(r)
			if to, ok := m.find(s[i : i+n]); ok {
				b.out = append(b.out, to...)
				b.mark(from+i, from+i+n)
			} else {
				b.copy(from+i, from+i+n)
			}
		}
	}
	if string(b.out) == t.s {
		return t
	}
	return b.text()
}
