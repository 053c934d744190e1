package lm

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"runexp/internal/lm/tensor"
)

// Bad is the first number of a tensor that is NaN or infinite.
type Bad struct {
	Name  string
	Index int64 // row-major, from 0
	Value float32
}

func (b Bad) String() string { return fmt.Sprintf("%q[%d] = %v", b.Name, b.Index, b.Value) }

// NonFiniteError says that weights cannot be used as they stand.
type NonFiniteError struct {
	Bad  []Bad // at most ten, in order of name
	More bool  // there are further tensors like these
}

func (e *NonFiniteError) Error() string {
	var b strings.Builder
	b.WriteString("weights that are not finite:")
	for i, bad := range e.Bad {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" " + bad.String())
	}
	if e.More {
		b.WriteString(" and more")
	}
	return b.String()
}

// checkFinite refuses weights that are NaN or infinite.
func (b *Base) checkFinite() error {
	fault := &NonFiniteError{}
	scratch := tensor.NewArena()
	defer scratch.Free()
	flag := scratch.New(1, 1)
	for _, name := range slices.Sorted(maps.Keys(b.Weights)) {
		x := b.Weights[name].Value
		tensor.NonFinite(flag, x, false)
		if flag.Slice()[0] == 0 {
			continue
		}
		if len(fault.Bad) == 10 {
			fault.More = true
			break
		}
		i := slices.IndexFunc(x.Slice(), func(v float32) bool { return v-v != 0 })
		fault.Bad = append(fault.Bad, Bad{Name: name, Index: int64(i), Value: x.Slice()[i]})
	}
	if len(fault.Bad) > 0 {
		return fault
	}
	return nil
}
