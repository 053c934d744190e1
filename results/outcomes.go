package results

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"runexp/internal/stats"
)

// Two kinds of blobs keep per-row outcomes, so that a split costs one row of
// SQL and the row ids, which all runs on a data set share, are stored once.
//
//	rowset.rows  = "rxr1" count, then per row: id, slice          (strings)
//	outcome.data = "rxo1" count, label count, labels,
//	               columns gold, predicted, score, weight,
//	               probability width, count × width float32
//
// A string is its length and its bytes; counts and lengths are unsigned
// varints. A column is one byte that names its form, then count values, little
// endian: 0 absent, 1 uint8, 2 int32, 3 float64. The narrowest form that is
// exact is taken, so class indices and 0/1 scores cost a byte each.
const (
	rowsetMagic  = "rxr1"
	outcomeMagic = "rxo1"
)

const (
	columnAbsent = iota
	columnUint8
	columnInt32
	columnFloat64
)

// encodeRowset returns the blob of row ids and slices, and its id.
func encodeRowset(r *stats.Rows) (id string, blob []byte) {
	blob = binary.AppendUvarint([]byte(rowsetMagic), uint64(r.Len()))
	for i, row := range r.IDs {
		blob = appendString(blob, row)
		if r.Slices == nil {
			blob = appendString(blob, "")
		} else {
			blob = appendString(blob, r.Slices[i])
		}
	}
	return blobID(blob), blob
}

func blobID(blob []byte) string {
	sum := sha256.Sum256(blob)
	return hex.EncodeToString(sum[:])
}

func appendString(blob []byte, s string) []byte {
	return append(binary.AppendUvarint(blob, uint64(len(s))), s...)
}

// encodeOutcomes returns the blob of everything but ids and slices.
func encodeOutcomes(o *Outcomes) []byte {
	n := o.Len()
	blob := binary.AppendUvarint([]byte(outcomeMagic), uint64(n))
	blob = binary.AppendUvarint(blob, uint64(len(o.Labels)))
	for _, label := range o.Labels {
		blob = appendString(blob, label)
	}
	for _, column := range [][]float64{o.Gold, o.Pred, o.Score, o.Weight} {
		blob = appendColumn(blob, column)
	}
	width := 0
	if n > 0 && o.Probs != nil {
		width = len(o.Probs[0])
	}
	blob = binary.AppendUvarint(blob, uint64(width))
	for _, row := range o.Probs {
		for _, p := range row {
			blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(p))
		}
	}
	return blob
}

func appendColumn(blob []byte, column []float64) []byte {
	switch form := columnForm(column); form {
	case columnUint8:
		blob = append(blob, columnUint8)
		for _, v := range column {
			blob = append(blob, byte(v))
		}
	case columnInt32:
		blob = append(blob, columnInt32)
		for _, v := range column {
			blob = binary.LittleEndian.AppendUint32(blob, uint32(int32(v)))
		}
	case columnFloat64:
		blob = append(blob, columnFloat64)
		for _, v := range column {
			blob = binary.LittleEndian.AppendUint64(blob, math.Float64bits(v))
		}
	default:
		blob = append(blob, columnAbsent)
	}
	return blob
}

// columnForm is the narrowest form that gives every value back bit by bit.
func columnForm(column []float64) byte {
	if column == nil {
		return columnAbsent
	}
	form := byte(columnUint8)
	for _, v := range column {
		switch {
		case v != math.Trunc(v) || v == 0 && math.Signbit(v) || v < math.MinInt32 || v > math.MaxInt32:
			return columnFloat64 // also NaN, which differs from itself
		case v < 0 || v > math.MaxUint8:
			form = columnInt32
		}
	}
	return form
}

// checkOutcomes refuses columns that do not fit together.
func checkOutcomes(o *Outcomes) error {
	if o.Rows == nil {
		return fmt.Errorf("outcomes of %s: no rows", o.Split)
	}
	n := o.Len()
	for name, length := range map[string]int{
		"slices": len(o.Slices), "gold": len(o.Gold), "predicted": len(o.Pred),
		"score": len(o.Score), "weight": len(o.Weight), "probabilities": len(o.Probs),
	} {
		if length != 0 && length != n {
			return fmt.Errorf("outcomes of %s: %d values of %s for %d rows", o.Split, length, name, n)
		}
	}
	for i, row := range o.Probs {
		if len(row) != len(o.Probs[0]) {
			return fmt.Errorf("outcomes of %s: row %d has %d probabilities, the first has %d", o.Split, i, len(row), len(o.Probs[0]))
		}
	}
	seen := make(map[string]bool, n)
	for _, id := range o.IDs {
		if seen[id] {
			return fmt.Errorf("outcomes of %s: row id %q occurs twice", o.Split, id)
		}
		seen[id] = true
	}
	return nil
}

// decodeRowset reads row ids and slices back.
func decodeRowset(blob []byte) (*stats.Rows, error) {
	r := &blobReader{rest: blob}
	n := r.start(rowsetMagic, 2)
	rows := &stats.Rows{IDs: make([]string, 0, n), Slices: make([]string, 0, n)}
	sliced := false
	for range n {
		rows.IDs = append(rows.IDs, r.text())
		slice := r.text()
		sliced = sliced || slice != ""
		rows.Slices = append(rows.Slices, slice)
	}
	if !sliced {
		rows.Slices = nil
	}
	if err := r.finish(); err != nil {
		return nil, fmt.Errorf("row ids: %w", err)
	}
	return rows, nil
}

// decodeOutcomes reads the outcomes of a split back, given its rows; any
// disagreement is an error. The result shares the ids with the rows.
func decodeOutcomes(split string, ids *stats.Rows, data []byte) (*Outcomes, error) {
	rows := &stats.Rows{IDs: ids.IDs, Slices: ids.Slices}
	n := rows.Len()
	r := &blobReader{rest: data}
	if m := r.start(outcomeMagic, 0); r.err == nil && m != n {
		return nil, fmt.Errorf("outcomes of %s: %d rows, but %d row ids", split, m, n)
	}
	out := &Outcomes{Split: split, Rows: rows}
	for range r.count(1) {
		out.Labels = append(out.Labels, r.text())
	}
	for _, column := range []*[]float64{&rows.Gold, &rows.Pred, &rows.Score, &rows.Weight} {
		*column = r.column(n)
	}
	if width := r.count(4); width > 0 {
		if len(r.rest) != 4*n*width {
			return nil, fmt.Errorf("outcomes of %s: %d bytes of probabilities for %d × %d", split, len(r.rest), n, width)
		}
		flat := make([]float32, n*width)
		for k := range flat {
			flat[k] = math.Float32frombits(binary.LittleEndian.Uint32(r.take(4)))
		}
		rows.Probs = make([][]float32, n)
		for i := range rows.Probs {
			rows.Probs[i] = flat[i*width : (i+1)*width : (i+1)*width]
		}
	}
	if err := r.finish(); err != nil {
		return nil, fmt.Errorf("outcomes of %s: %w", split, err)
	}
	return out, nil
}

var errBlob = errors.New("malformed blob")

// blobReader reads a blob from the front; after the first error it gives zeros.
type blobReader struct {
	rest []byte
	err  error
}

func (r *blobReader) take(n int) []byte {
	if r.err != nil || n > len(r.rest) {
		r.err = errBlob
		return make([]byte, min(n, 8))
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

// start checks the magic and returns the row count; each row takes size bytes
// or more of what follows.
func (r *blobReader) start(magic string, size int) int {
	if string(r.take(4)) != magic {
		r.err = errBlob
	}
	return r.count(size)
}

// count reads the number of things of at least size bytes each. What is left to
// read bounds it, so that a damaged count cannot ask for memory.
func (r *blobReader) count(size int) int {
	v, used := binary.Uvarint(r.rest)
	if r.err != nil || used <= 0 || v > math.MaxInt32 || v*uint64(size) > uint64(len(r.rest)-used) {
		r.err = errBlob
		return 0
	}
	r.rest = r.rest[used:]
	return int(v)
}

func (r *blobReader) text() string { return string(r.take(r.count(1))) }

func (r *blobReader) column(n int) []float64 {
	form := r.take(1)[0]
	size := map[byte]int{columnAbsent: 0, columnUint8: 1, columnInt32: 4, columnFloat64: 8}
	width, known := size[form]
	if !known || n*width > len(r.rest) {
		r.err = errBlob
	}
	if r.err != nil || form == columnAbsent {
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		b := r.take(width)
		switch form {
		case columnUint8:
			out[i] = float64(b[0])
		case columnInt32:
			out[i] = float64(int32(binary.LittleEndian.Uint32(b)))
		case columnFloat64:
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
		}
	}
	return out
}

func (r *blobReader) finish() error {
	if r.err == nil && len(r.rest) > 0 {
		return fmt.Errorf("%w: %d bytes left over", errBlob, len(r.rest))
	}
	return r.err
}
