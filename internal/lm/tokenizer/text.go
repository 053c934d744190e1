package tokenizer

import (
	"unicode/utf8"
)

// text is a piece of normalized text that remembers where it came from.
//
// Most text passes through unchanged, so the way back is stored only once
// something was rewritten: without an alignment, byte i of s is byte off+i of
// the original; with one, it came from bytes from[off+i] to to[off+i] of it.
type text struct {
	s     string
	off   int
	align *alignment
	first bool // starts where the original starts
	track bool // the caller wants offsets, so rewriting must keep the alignment
}

type alignment struct{ from, to []int32 }

func newText(s string, off int, track bool) text {
	t := text{s: s, off: off, first: off == 0, track: track}
	if !utf8.ValidString(s) {
		t = rewrite(t, nil, func(dst []byte, r rune, _ string) []byte {
			return utf8.AppendRune(dst, r)
		})
	}
	return t
}

// slice is the part of t from byte a to byte b.
func (t text) slice(a, b int) text {
	t.s = t.s[a:b]
	t.off += a
	t.first = t.first && a == 0
	return t
}

// source gives the range of the original that bytes a to b came from.
func (t text) source(a, b int) (from, to int) {
	if t.align == nil {
		return t.off + a, t.off + b
	}
	if a == b { // between two bytes: where the next one starts
		if t.off+a < len(t.align.from) {
			from = int(t.align.from[t.off+a])
		}
		return from, from
	}
	return int(t.align.from[t.off+a]), int(t.align.to[t.off+b-1])
}

// builder collects the rewritten form of a text.
type builder struct {
	src   text
	out   []byte
	align *alignment
}

// newBuilder starts with the first n bytes of src, unchanged.
func newBuilder(src text, n int) *builder {
	b := &builder{src: src, out: make([]byte, 0, len(src.s)+len(src.s)/8+16)}
	if src.track {
		b.align = &alignment{
			from: make([]int32, 0, cap(b.out)),
			to:   make([]int32, 0, cap(b.out)),
		}
	}
	b.copy(0, n)
	return b
}

// copy appends bytes i to j of the source as they are.
func (b *builder) copy(i, j int) {
	b.out = append(b.out, b.src.s[i:j]...)
	if b.align == nil {
		return
	}
	if a := b.src.align; a != nil {
		b.align.from = append(b.align.from, a.from[b.src.off+i:b.src.off+j]...)
		b.align.to = append(b.align.to, a.to[b.src.off+i:b.src.off+j]...)
		return
	}
	for i < j {
		_, n := utf8.DecodeRuneInString(b.src.s[i:])
		for range n {
			b.align.from = append(b.align.from, int32(b.src.off+i))
			b.align.to = append(b.align.to, int32(b.src.off+i+n))
		}
		i += n
	}
}

// put appends one byte that stands for bytes i to j of the source.
func (b *builder) put(c byte, i, j int) {
	b.out = append(b.out, c)
	b.mark(i, j)
}

// mark records that everything in out without an alignment yet stands for
// bytes i to j of the source.
func (b *builder) mark(i, j int) {
	if b.align == nil {
		return
	}
	from, to := b.src.source(i, j)
	for len(b.align.from) < len(b.out) {
		b.align.from = append(b.align.from, int32(from))
		b.align.to = append(b.align.to, int32(to))
	}
}

func (b *builder) text() text {
	return text{s: string(b.out), align: b.align, first: b.src.first, track: b.src.track}
}

// asciiMap says what becomes of each ASCII character: another one, or nothing.
type asciiMap [utf8.RuneSelf]byte

const dropped = 0xFF // in an asciiMap: the character is left out

func newASCIIMap(f func(c byte) byte) *asciiMap {
	m := new(asciiMap)
	for i := range m {
		m[i] = f(byte(i))
	}
	return m
}

// rewrite replaces character by character: ASCII by the map (nil keeps it),
// others by what f appends to dst for the character r, spelled src. A text in
// which nothing changes is returned as it is.
func rewrite(t text, ascii *asciiMap, f func(dst []byte, r rune, src string) []byte) text {
	var b *builder
	var scratch [64]byte
	for i := 0; i < len(t.s); {
		if same := unchanged(t.s[i:], ascii); same > 0 {
			if b != nil {
				b.copy(i, i+same)
			}
			i += same
			continue
		}
		if c := t.s[i]; c < utf8.RuneSelf {
			if b == nil {
				b = newBuilder(t, i)
			}
			if to := ascii[c]; to != dropped {
				b.put(to, i, i+1)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(t.s[i:])
		src := t.s[i : i+n]
		if b == nil {
			if string(f(scratch[:0], r, src)) != src {
				b = newBuilder(t, i)
			}
		}
		if b != nil {
			b.out = f(b.out, r, src)
			b.mark(i, i+n)
		}
		i += n
	}
	if b == nil {
		return t
	}
	return b.text()
}

// unchanged is the length of the ASCII text that s starts with and that the map
// leaves alone.
func unchanged(s string, ascii *asciiMap) int {
	i := 0
	if ascii == nil {
		for i < len(s) && s[i] < utf8.RuneSelf {
			i++
		}
		return i
	}
	for i < len(s) && s[i] < utf8.RuneSelf && ascii[s[i]] == s[i] {
		i++
	}
	return i
}
