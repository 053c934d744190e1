package safetensors

import (
	"fmt"
	"math"
	"strings"
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

// CheckFinite reads every floating-point tensor and returns a
// *NonFiniteError that lists the first ten with NaN or infinity (a float64
// beyond float32's range counts as infinite), or nil when all numbers are finite.
func CheckFinite(s Source) error {
	fault := &NonFiniteError{}
	for _, name := range s.Names() {
		info, _ := s.Info(name)
		if !IsFloat(info.DType) {
			continue
		}
		bad, found, err := firstNonFinite(s, name)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if len(fault.Bad) == 10 {
			fault.More = true
			break
		}
		fault.Bad = append(fault.Bad, bad)
	}
	if len(fault.Bad) > 0 {
		return fault
	}
	return nil
}

// errStop ends a Stream early.
var errStop = fmt.Errorf("stop")

func firstNonFinite(s Source, name string) (bad Bad, found bool, err error) {
	err = s.Stream(name, func(at int64, v []float32) error {
		for i, x := range v {
			// All exponent bits set means infinity or NaN.
			if math.Float32bits(x)&0x7f800000 == 0x7f800000 {
				bad, found = Bad{name, at + int64(i), x}, true
				return errStop
			}
		}
		return nil
	})
	if err == errStop {
		err = nil
	}
	return bad, found, err
}
