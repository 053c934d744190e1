package dataset

import "runexp/internal/synth"

// Generated makes a source of a generator's rows; each is a record of the role
// "all" whose line is its number.
func Generated(g synth.Generator) Source {
	return &generated{g, NewHeader(g.Columns())}
}

type generated struct {
	generator synth.Generator
	header    *Header
}

func (g *generated) Parts() []string { return []string{"generator"} }

func (g *generated) Each(yield func(*Record) error) error {
	r := &Record{Role: "all", Path: "generator", Header: g.header}
	var err error
	g.generator.Rows(func(values []string) bool {
		r.Line++
		r.Values = r.Values[:0]
		for i, v := range values {
			r.Values = append(r.Values, Value{Text: v, Line: r.Line, Column: i + 1})
		}
		err = yield(r)
		return err == nil
	})
	return err
}
