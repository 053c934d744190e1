package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// elementBits lists the types of the format with the bits of one element.
var elementBits = map[string]int{
	"BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
	"F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
	"F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}

// chunkElements is how many elements Stream converts at a time.
const chunkElements = 64 << 10

// Decode converts little-endian elements of a floating-point type to float32,
// rounding F64 to nearest even; src must hold len(dst) elements. It reports
// false for the types that have no conversion.
func Decode(dst []float32, src []byte, dtype string) bool {
	switch dtype {
	case "F32":
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case "F16":
		for i := range dst {
			dst[i] = halfToFloat(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case "BF16":
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	case "F64":
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	default:
		return false
	}
	return true
}

// IsFloat tells whether Decode converts the type.
func IsFloat(dtype string) bool {
	return dtype == "F32" || dtype == "F16" || dtype == "BF16" || dtype == "F64"
}

// halfToFloat widens an IEEE 754 binary16 number; every one is exact in float32.
func halfToFloat(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch exponent {
	case 0: // zero and subnormal: fraction × 2⁻²⁴
		v := float32(fraction) * (1.0 / (1 << 24))
		return math.Float32frombits(sign | math.Float32bits(v))
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent-15+127)<<23 | fraction<<13)
}

// Stream hands the tensor to f in pieces of float32, in order.
func (f *File) Stream(name string, each func(at int64, v []float32) error) error {
	info, ok := f.tensors[name]
	if !ok {
		return fmt.Errorf("read tensor %q of %s: no such tensor", name, f.path)
	}
	if !IsFloat(info.DType) {
		return fmt.Errorf("read tensor %q of %s: %s cannot be used as weights; want F32, F16, BF16 or F64", name, f.path, info.DType)
	}
	width := int64(elementBits[info.DType] / 8)
	n := info.Size / width
	raw := make([]byte, width*min(n, chunkElements))
	values := make([]float32, min(n, chunkElements))
	for at := int64(0); at < n; at += chunkElements {
		m := min(n-at, chunkElements)
		if err := f.readAt(raw[:m*width], name, info.Offset+at*width); err != nil {
			return err
		}
		Decode(values[:m], raw, info.DType)
		if err := each(at, values[:m]); err != nil {
			return err
		}
	}
	return nil
}

// Read fills dst with the tensor's elements, row-major; len(dst) must be their number.
func (f *File) Read(name string, dst []float32) error {
	if info, ok := f.tensors[name]; ok && info.Elements() != int64(len(dst)) {
		return fmt.Errorf("read tensor %q of %s: shape %v has %d elements, want %d", name, f.path, info.Shape, info.Elements(), len(dst))
	}
	return f.Stream(name, func(at int64, v []float32) error {
		copy(dst[at:], v)
		return nil
	})
}

// ReadRaw returns the tensor's bytes.
func (f *File) ReadRaw(name string) ([]byte, error) {
	info, ok := f.tensors[name]
	if !ok {
		return nil, fmt.Errorf("read tensor %q of %s: no such tensor", name, f.path)
	}
	raw := make([]byte, info.Size)
	return raw, f.readAt(raw, name, info.Offset)
}

// readAt fills p from the file, which may have been cut short since it was opened.
func (f *File) readAt(p []byte, name string, offset int64) error {
	n, err := f.r.ReadAt(p, offset)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		err = fmt.Errorf("the file now ends at byte %d; it changed after it was opened", offset+int64(n))
	}
	return fmt.Errorf("read tensor %q of %s: %w", name, f.path, cause(err))
}
