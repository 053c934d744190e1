package tensor

import (
	"fmt"
	"unsafe"
)

const (
	arenaAlign    = 64
	arenaMinChunk = 1 << 20
	arenaMaxChunk = 256 << 20

	smallPage = 4 << 10
	hugePage  = 2 << 20 // see adviseHuge
)

// Arena is memory outside Go's heap, handed out in order and taken back all at
// once or down to a mark. It grows by mapping further chunks and keeps them
// until Free. It may be used by one goroutine at a time.
type Arena struct {
	chunks []chunk
	at     Mark // where the next tensor goes
	peak   int64
	dry    bool
}

// chunk is one mapping.
type chunk struct {
	memory  []byte // nil when dry
	size    int64
	touched int64 // the most that has been handed out of it
}

// Mark is a state of an arena to which Release returns.
type Mark struct {
	chunk  int
	offset int
	bytes  int64
}

// NewArena returns an empty arena. It maps nothing until it is asked for
// memory; Free gives back what it mapped.
func NewArena() *Arena { return &Arena{} }

// NewDryArena returns an arena whose tensors have no memory. Bytes, Peak and
// Resident count what they would take: the same figures as a real arena.
func NewDryArena() *Arena { return &Arena{dry: true} }

// Dry reports whether the arena only counts.
func (a *Arena) Dry() bool { return a.dry }

// Bytes is the memory handed out now, each piece rounded up to 64 bytes.
func (a *Arena) Bytes() int64 { return a.at.bytes }

// Peak is the largest value that Bytes has had.
func (a *Arena) Peak() int64 { return a.peak }

// Resident is the memory that the system has to provide for all that was handed
// out since the arena was new or freed: whole pages of each mapping.
func (a *Arena) Resident() int64 {
	n := int64(0)
	for _, c := range a.chunks {
		page := int64(smallPage)
		if c.size >= hugePage {
			page = hugePage
		}
		n += min((c.touched+page-1)/page*page, c.size)
	}
	return n
}

// New returns a tensor whose contents are undefined.
func (a *Arena) New(rows, cols int) *Tensor {
	if rows < 0 || cols < 0 {
		panic(fmt.Sprintf("tensor: New: shape [%d %d]", rows, cols))
	}
	return &Tensor{Rows: rows, Cols: cols, data: a.take(4 * int64(rows) * int64(cols)), dry: a.dry}
}

// Zeros returns a tensor of zeros.
func (a *Arena) Zeros(rows, cols int) *Tensor {
	t := a.New(rows, cols)
	Fill(t, 0)
	return t
}

// From returns a tensor that holds a copy of v.
func (a *Arena) From(rows, cols int, v []float32) *Tensor {
	t := a.New(rows, cols)
	t.CopyFrom(v)
	return t
}

// Ints returns a copy of v in the arena.
func (a *Arena) Ints(v []int32) *Ints {
	p := a.take(4 * int64(len(v)))
	if a.dry {
		return &Ints{v: append([]int32(nil), v...)}
	}
	t := unsafe.Slice((*int32)(p), len(v))
	copy(t, v)
	return &Ints{v: t}
}

// Mark remembers the present state.
func (a *Arena) Mark() Mark { return a.at }

// Release takes back all that was handed out since the mark. Its tensors must
// no longer be used.
func (a *Arena) Release(m Mark) {
	if m.bytes > a.at.bytes {
		panic("tensor: Release: the mark lies beyond what is in use")
	}
	a.at = m
}

// Reset takes back everything and keeps the memory for the next round.
func (a *Arena) Reset() { a.at = Mark{} }

// Free takes back everything and returns the memory to the system. The arena
// may be used again.
func (a *Arena) Free() {
	for _, c := range a.chunks {
		if c.memory != nil {
			unmapMemory(c.memory)
		}
	}
	a.chunks = nil
	a.Reset()
}

// take hands out n bytes and counts them.
func (a *Arena) take(n int64) unsafe.Pointer {
	n = (n + arenaAlign - 1) &^ (arenaAlign - 1)
	a.at.bytes += n
	a.peak = max(a.peak, a.at.bytes)
	for a.at.chunk < len(a.chunks) {
		c := &a.chunks[a.at.chunk]
		if c.size-int64(a.at.offset) >= n {
			return a.takeFrom(c, n)
		}
		a.at.chunk++
		a.at.offset = 0
	}
	// Chunks double, so that their number stays small; a large tensor gets one
	// of its own size.
	size := int64(arenaMinChunk) << min(len(a.chunks), 8)
	size = max(min(size, arenaMaxChunk), n)
	c := chunk{size: size}
	if !a.dry {
		c.memory = mapMemory(size)
	}
	a.chunks = append(a.chunks, c)
	return a.takeFrom(&a.chunks[len(a.chunks)-1], n)
}

// takeFrom hands out n bytes of the chunk that the arena stands in, which has
// them.
func (a *Arena) takeFrom(c *chunk, n int64) unsafe.Pointer {
	at := a.at.offset
	a.at.offset += int(n)
	c.touched = max(c.touched, int64(a.at.offset))
	switch {
	case a.dry:
		return nil
	case n == 0:
		// A pointer to no bytes; the end of the chunk would not be inside it.
		return unsafe.Pointer(&c.memory[0])
	}
	return unsafe.Pointer(&c.memory[at])
}
