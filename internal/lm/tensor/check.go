package tensor

import "fmt"

// shapeOf prints the shape of a tensor: "[rows cols]", or "nil".
type shapeOf struct{ t *Tensor }

func shape(t *Tensor) shapeOf { return shapeOf{t} }

func (s shapeOf) String() string {
	if s.t == nil {
		return "nil"
	}
	return fmt.Sprintf("[%d %d]", s.t.Rows, s.t.Cols)
}

// is panics unless t has the shape.
func is(op, name string, t *Tensor, rows, cols int) {
	if t == nil || t.Rows != rows || t.Cols != cols {
		panic(fmt.Sprintf("tensor: %s: %s is %v, want [%d %d]", op, name, shape(t), rows, cols))
	}
}

// isOrNil is is, where nil will do.
func isOrNil(op, name string, t *Tensor, rows, cols int) {
	if t != nil {
		is(op, name, t, rows, cols)
	}
}

// same panics unless t has the shape of like.
func same(op, name string, t, like *Tensor) {
	is(op, name, t, like.Rows, like.Cols)
}

// length panics unless v has n values.
func length(op, name string, v *Ints, n int) {
	if v == nil || len(v.v) != n {
		got := -1
		if v != nil {
			got = len(v.v)
		}
		panic(fmt.Sprintf("tensor: %s: %s has %d values, want %d", op, name, got, n))
	}
}

// within panics unless all values lie in [low, high).
func within(op, name string, v *Ints, low, high int) {
	for i, x := range v.v {
		if int(x) < low || int(x) >= high {
			panic(fmt.Sprintf("tensor: %s: %s[%d] is %d, want %d to %d", op, name, i, x, low, high-1))
		}
	}
}

// segments panics unless offsets rise from 0 to rows.
func segments(op string, offsets *Ints, rows int) {
	v := offsets.v
	if len(v) < 1 || v[0] != 0 || int(v[len(v)-1]) != rows {
		panic(fmt.Sprintf("tensor: %s: offsets do not run from 0 to %d", op, rows))
	}
	for i := 1; i < len(v); i++ {
		if v[i] < v[i-1] {
			panic(fmt.Sprintf("tensor: %s: offsets[%d] is %d, below the one before", op, i, v[i]))
		}
	}
}

// anyDry reports whether one of the tensors, nil ones aside, is dry.
func anyDry(ts ...*Tensor) bool {
	for _, t := range ts {
		if t != nil && t.dry {
			return true
		}
	}
	return false
}
