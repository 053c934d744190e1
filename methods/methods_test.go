package methods

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestNewKnowsItsTypes(t *testing.T) {
	for _, typ := range Types() {
		m, err := New(typ)
		if err != nil {
			t.Fatal(err)
		}
		if m.Type() != typ {
			t.Errorf("New(%q).Type() = %q", typ, m.Type())
		}
	}
	if _, err := New("lorra"); err == nil || !strings.Contains(err.Error(), `"lorra"`) {
		t.Errorf(`New("lorra") = %v, want an error with the name`, err)
	}
}

// Methods that need something said of them have no defaults for it.
func TestDefaultsAreValid(t *testing.T) {
	for _, typ := range Types() {
		m, _ := New(typ)
		if slices.Contains([]string{"union", "prompt_search", "external"}, typ) {
			continue
		}
		if v, ok := m.(interface{ Validate() []error }); ok {
			for _, err := range v.Validate() {
				t.Errorf("%s: %v", typ, err)
			}
		}
	}
}

// Every attribute is documented, and has a name of the experiment file.
func TestAttributesAreTagged(t *testing.T) {
	for _, typ := range Types() {
		m, _ := New(typ)
		s := reflect.TypeOf(m).Elem()
		for i := range s.NumField() {
			f := s.Field(i)
			if f.Tag.Get("hcl") == "" || f.Tag.Get("doc") == "" && f.Tag.Get("hcl") != ",inline" {
				t.Errorf("%s: field %s has no hcl or doc tag", typ, f.Name)
			}
		}
	}
}

func TestInvalidAttributesNameTheirField(t *testing.T) {
	tests := []struct {
		name   string
		method interface{ Validate() []error }
		fields []string
	}{
		{"ngrams", &TFIDF{NGrams: 0, MinRows: 1, Strengths: []float64{1}}, []string{"ngrams"}},
		{"strengths", &TFIDF{NGrams: 1, MinRows: 0, Strengths: []float64{1, -1}}, []string{"min_rows", "strengths"}},
		{"head", probing(func(m *Probing) { m.Head = "liner"; m.Pooling = "sum" }), []string{"head", "pooling"}},
		{"layer", probing(func(m *Probing) { m.Layer = -2 }), []string{"layer"}},
		{"ignored", probing(func(m *Probing) { m.K = 3; m.Hidden = 8 }), []string{"k", "hidden"}},
		{"wanted", probing(func(m *Probing) { m.Head = "knn"; m.K = 3 }), nil},
		{"rate", probing(func(m *Probing) { m.Head = "mlp"; m.LearningRate = 0 }), []string{"learning_rate"}},
	}
	for _, test := range tests {
		var fields []string
		for _, err := range test.method.Validate() {
			var f *FieldError
			if !errors.As(err, &f) {
				t.Fatalf("%s: %v is not a FieldError", test.name, err)
			}
			fields = append(fields, f.Field())
		}
		if !reflect.DeepEqual(fields, test.fields) {
			t.Errorf("%s: fields = %q, want %q", test.name, fields, test.fields)
		}
	}
}

func probing(change func(*Probing)) *Probing {
	m := NewProbing()
	change(m)
	return m
}
