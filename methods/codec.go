package methods

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// magic opens every saved predictor; the digit is the version of the layout.
const magic = "runexp predictor 1\n"

// codable is a predictor that can be written and read. encode and decode
// visit the same fields in the same order.
type codable interface {
	kind() string // names the kind of predictor in the file
	encode(*encoder)
	decode(*decoder)
}

// save writes the magic, the kind of predictor and its fields.
func save(w io.Writer, p codable) error {
	e := &encoder{}
	e.WriteString(magic)
	e.predictor(p)
	_, err := w.Write(e.Bytes())
	return err
}

// savedSize returns the length of what Save writes.
func savedSize(p Predictor) int64 {
	n := &countingWriter{}
	if err := p.Save(n); err != nil {
		panic("methods: counting bytes: " + err.Error()) // a countingWriter accepts everything
	}
	return n.bytes
}

type countingWriter struct{ bytes int64 }

func (c *countingWriter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}

// LoadText reads a predictor that a TextFitter's predictor saved.
func LoadText(r io.Reader) (TextPredictor, error) {
	p, err := load(r)
	if err != nil {
		return nil, err
	}
	t, ok := p.(TextPredictor)
	if !ok {
		return nil, errors.New("load predictor: it reads features, not texts")
	}
	return t, nil
}

// LoadFeatures reads a predictor that a FeatureFitter's predictor saved.
func LoadFeatures(r io.Reader) (FeaturePredictor, error) {
	p, err := load(r)
	if err != nil {
		return nil, err
	}
	f, ok := p.(FeaturePredictor)
	if !ok {
		return nil, errors.New("load predictor: it reads texts, not features")
	}
	return f, nil
}

// newPredictor returns an empty predictor of a saved kind, or nil.
func newPredictor(kind string) codable {
	for _, p := range []codable{
		&constant{}, &tfidfPredictor{}, &linearProbe{}, &mlpProbe{}, &centroidProbe{}, &knnProbe{}, &controlledProbe{},
	} {
		if p.kind() == kind {
			return p
		}
	}
	return nil
}

func load(r io.Reader) (codable, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("load predictor: %w", err)
	}
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok {
		return nil, errors.New("load predictor: the file does not start as a predictor of this version")
	}
	d := &decoder{rest: rest}
	p := d.predictor()
	if d.err == nil && len(d.rest) > 0 {
		d.err = fmt.Errorf("%d bytes are left over", len(d.rest))
	}
	if d.err != nil {
		return nil, fmt.Errorf("load predictor: %w", d.err)
	}
	return p, nil
}

// encoder writes little-endian values, each list after its length.
type encoder struct{ bytes.Buffer }

func (e *encoder) predictor(p codable) {
	e.text(p.kind())
	p.encode(e)
}

func (e *encoder) count(n int) {
	e.Write(binary.AppendUvarint(nil, uint64(n)))
}

func (e *encoder) text(s string) {
	e.count(len(s))
	e.WriteString(s)
}

func (e *encoder) texts(s []string) {
	e.count(len(s))
	for _, t := range s {
		e.text(t)
	}
}

func (e *encoder) counts(v []int) {
	e.count(len(v))
	for _, n := range v {
		e.count(n)
	}
}

func (e *encoder) float64s(v []float64) {
	e.count(len(v))
	b := make([]byte, 0, 8*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	e.Write(b)
}

func (e *encoder) float32s(v []float32) {
	e.count(len(v))
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	e.Write(b)
}

// decoder reads what an encoder wrote. Its first error sticks, and every
// later read gives zero values.
type decoder struct {
	rest []byte
	err  error
}

var errCutOff = errors.New("the file is cut off or damaged")

func (d *decoder) predictor() codable {
	kind := d.text()
	p := newPredictor(kind)
	if p == nil {
		if d.err == nil {
			d.err = fmt.Errorf("%q is not a known kind of predictor", kind)
		}
		return nil
	}
	p.decode(d)
	return p
}

// take returns the next n bytes.
func (d *decoder) take(n int) []byte {
	if d.err != nil || n < 0 || n > len(d.rest) {
		if d.err == nil {
			d.err = errCutOff
		}
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) count() int {
	n, size := binary.Uvarint(d.rest)
	if d.err != nil || size <= 0 || n > math.MaxInt32 {
		if d.err == nil {
			d.err = errCutOff
		}
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

// length reads the length of a list whose items take at least size bytes
// each, so that a damaged length cannot ask for more memory than the file has.
func (d *decoder) length(size int) int {
	n := d.count()
	if n > len(d.rest)/size {
		if d.err == nil {
			d.err = errCutOff
		}
		return 0
	}
	return n
}

func (d *decoder) text() string { return string(d.take(d.count())) }

func (d *decoder) texts() []string {
	s := make([]string, d.length(1))
	for i := range s {
		s[i] = d.text()
	}
	return s
}

func (d *decoder) counts() []int {
	v := make([]int, d.length(1))
	for i := range v {
		v[i] = d.count()
	}
	return v
}

func (d *decoder) float64s() []float64 {
	v := make([]float64, d.length(8))
	b := d.take(8 * len(v))
	for i := range b[:len(b)/8] {
		v[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return v
}

func (d *decoder) float32s() []float32 {
	v := make([]float32, d.length(4))
	b := d.take(4 * len(v))
	for i := range b[:len(b)/4] {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

// want reports damage if a loaded predictor's parts do not fit together.
func (d *decoder) want(ok bool) {
	if d.err == nil && !ok {
		d.err = errCutOff
	}
}
