package torchbin

import (
	"fmt"
	"io"

	"runexp/internal/lm/safetensors"
)

// pieceElements is how many elements are converted at a time.
const pieceElements = 64 << 10

// Read fills dst, row-major, as safetensors.File.Read does.
func (f *File) Read(name string, dst []float32) error {
	if t, ok := f.tensors[name]; ok && t.elements != int64(len(dst)) {
		return fmt.Errorf("read tensor %q of %s: shape %v has %d elements, want %d", name, f.path, t.shape, t.elements, len(dst))
	}
	return f.Stream(name, func(at int64, v []float32) error {
		copy(dst[at:], v)
		return nil
	})
}

// Stream hands the tensor to each in pieces of float32, in row-major order.
func (f *File) Stream(name string, each func(at int64, v []float32) error) error {
	t, ok := f.tensors[name]
	if !ok {
		return fmt.Errorf("read tensor %q of %s: no such tensor", name, f.path)
	}
	if !safetensors.IsFloat(t.storage.kind.dtype) {
		return fmt.Errorf("read tensor %q of %s: %s cannot be used as weights; want F32, F16, BF16 or F64", name, f.path, t.storage.kind.dtype)
	}
	values := make([]float32, min(t.elements, pieceElements))
	return f.pieces(name, t, func(at int64, raw []byte) error {
		v := values[:int64(len(raw))/t.storage.kind.width]
		safetensors.Decode(v, raw, t.storage.kind.dtype)
		return each(at, v)
	})
}

// ReadRaw returns the tensor's bytes in row-major order.
func (f *File) ReadRaw(name string) ([]byte, error) {
	t, ok := f.tensors[name]
	if !ok {
		return nil, fmt.Errorf("read tensor %q of %s: no such tensor", name, f.path)
	}
	out := make([]byte, t.elements*t.storage.kind.width)
	err := f.pieces(name, t, func(at int64, raw []byte) error {
		copy(out[at*t.storage.kind.width:], raw)
		return nil
	})
	return out, err
}

// pieces reads the bytes of at most pieceElements elements at a time. Elements
// that lie side by side are read at once; of a transposed or otherwise strided
// tensor the whole storage is read first, since its elements lie anywhere in it.
func (f *File) pieces(name string, t *tensor, each func(at int64, raw []byte) error) error {
	width := t.storage.kind.width
	var whole []byte
	if !t.contiguous() && t.elements > 0 {
		whole = make([]byte, t.storage.elements*width)
		if err := f.readAt(whole, name, t.storage.start); err != nil {
			return err
		}
	}
	raw := make([]byte, width*min(t.elements, pieceElements))
	index := make([]int64, len(t.shape))
	for at := int64(0); at < t.elements; at += pieceElements {
		n := min(t.elements-at, pieceElements)
		piece := raw[:n*width]
		if whole == nil {
			if err := f.readAt(piece, name, t.storage.start+(t.offset+at)*width); err != nil {
				return err
			}
		} else {
			for i := range n {
				from := t.offset
				for d, x := range index {
					from += x * t.stride[d]
				}
				copy(piece[i*width:(i+1)*width], whole[from*width:])
				t.next(index)
			}
		}
		if err := each(at, piece); err != nil {
			return err
		}
	}
	return nil
}

// next advances index to the following element in row-major order.
func (t *tensor) next(index []int64) {
	for d := len(index) - 1; d >= 0; d-- {
		if index[d]++; index[d] < t.shape[d] {
			return
		}
		index[d] = 0
	}
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
