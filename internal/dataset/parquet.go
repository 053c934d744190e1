package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetReader reads the leaf columns of a parquet file; nested names are joined
// by dots, lists of scalars become lists.
type parquetReader struct {
	path    string
	rows    *parquet.Reader
	header  *Header
	column  []int // header index of each leaf column
	isList  []bool
	types   []parquet.Type
	buffer  []parquet.Row
	pending []parquet.Row
	values  []Value
	number  int
}

func openParquet(path string) (in reader, closeAll func() error, err error) {
	defer caught(path, &err)
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	if err := checkFooter(file, info.Size()); err != nil {
		return nil, nil, errors.Join(mistake(Position{File: path}, "%v", err), file.Close())
	}
	opened, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return nil, nil, errors.Join(mistake(Position{File: path}, "%v", err), file.Close())
	}
	r := &parquetReader{path: path, rows: parquet.NewReader(opened), header: NewHeader(nil), buffer: make([]parquet.Row, 64)}
	for _, names := range opened.Schema().Columns() {
		leaf, _ := opened.Schema().Lookup(names...)
		isList := leaf.MaxRepetitionLevel > 0
		r.column = append(r.column, r.header.add(leafName(names, isList)))
		r.isList = append(r.isList, isList)
		r.types = append(r.types, leaf.Node.Type())
	}
	return r, func() error { return errors.Join(r.rows.Close(), file.Close()) }, nil
}

// leafName leaves out the two levels that the list convention puts below a list.
func leafName(names []string, isList bool) string {
	if isList && len(names) > 2 && names[len(names)-2] == "list" {
		names = names[:len(names)-2]
	}
	out := names[0]
	for _, n := range names[1:] {
		out += "." + n
	}
	return out
}

// caught makes an error of a panic of the library, which damaged files can cause.
func caught(path string, err *error) {
	if r := recover(); r != nil {
		*err = mistake(Position{File: path}, "damaged: %v", r)
	}
}

func (p *parquetReader) next(r *Record) (err error) {
	defer caught(p.path, &err)
	if len(p.pending) == 0 {
		n, err := p.rows.ReadRows(p.buffer)
		if n == 0 && err != nil {
			if err == io.EOF {
				return io.EOF
			}
			return mistake(Position{p.path, p.number + 1, 0}, "%v", err)
		}
		if n == 0 {
			return mistake(Position{p.path, p.number + 1, 0}, "the file gives no more rows and does not end")
		}
		p.pending = p.buffer[:n]
	}
	row := p.pending[0]
	p.pending = p.pending[1:]
	p.number++
	p.values = p.values[:0]
	for range p.header.Names {
		p.values = append(p.values, Value{})
	}
	for _, v := range row {
		if err := p.set(v); err != nil {
			return err
		}
	}
	r.Values, r.Header, r.Line = p.values, p.header, p.number
	return nil
}

// set stores one value of a row. Line is the row's number, Column the column's.
func (p *parquetReader) set(v parquet.Value) error {
	leaf := v.Column()
	i := p.column[leaf]
	out := &p.values[i]
	if v.IsNull() {
		if p.isList[leaf] && !out.IsList {
			*out = Value{IsList: true, Line: p.number, Column: i + 1}
		}
		return nil
	}
	text, err := parquetText(v, p.types[leaf])
	if err != nil {
		return mistake(Position{p.path, p.number, i + 1}, "column %q: %v", p.header.Names[i], err)
	}
	if p.isList[leaf] {
		*out = Value{List: append(out.List, text), IsList: true, Line: p.number, Column: i + 1}
		return nil
	}
	*out = Value{Text: text, Line: p.number, Column: i + 1}
	return nil
}

// parquetText writes a value as text: dates and times in UTC as ISO 8601 has them,
// numbers in their shortest form.
func parquetText(v parquet.Value, t parquet.Type) (string, error) {
	if logical := t.LogicalType(); logical != nil {
		switch kind := logical.Value.(type) {
		case *format.DateType:
			return time.Unix(int64(v.Int32())*24*3600, 0).UTC().Format(time.DateOnly), nil
		case *format.TimestampType:
			return timestamp(v.Int64(), kind.Unit.Value.Duration()).Format(time.RFC3339), nil
		case *format.DecimalType:
			return "", fmt.Errorf("values of the type %s are not read", logical)
		}
	}
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.FormatBool(v.Boolean()), nil
	case parquet.Int32:
		return strconv.FormatInt(int64(v.Int32()), 10), nil
	case parquet.Int64:
		return strconv.FormatInt(v.Int64(), 10), nil
	case parquet.Float:
		return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32), nil
	case parquet.Double:
		return strconv.FormatFloat(v.Double(), 'g', -1, 64), nil
	case parquet.ByteArray:
		return checkedText(v.ByteArray())
	}
	return "", fmt.Errorf("values of the kind %s are not read", v.Kind())
}

// timestamp is a number of units since 1970; the seconds and the rest apart, since
// years beyond 2262 do not fit into nanoseconds.
func timestamp(n int64, unit time.Duration) time.Time {
	second := int64(time.Second / unit)
	return time.Unix(n/second, n%second*int64(unit)).UTC()
}
