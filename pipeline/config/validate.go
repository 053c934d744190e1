package config

import (
	"errors"
	"strings"
)

// validate asks the struct whether its values make sense together. It says
// nothing about attributes that could not be decoded.
func (d *decoder) validate(s *schema, b body, failed map[string]bool, anyFailed bool) {
	for _, v := range s.validators {
		for _, err := range v.Validate() {
			var about FieldError
			if !errors.As(err, &about) || about.Field() == "" {
				if !anyFailed {
					d.diags = append(d.diags, errorAt(b.header, "Invalid "+b.word, "%s", sentence(err)))
				}
				continue
			}
			first, _, _ := strings.Cut(about.Field(), ".")
			if failed[first] {
				continue
			}
			summary := "Invalid " + about.Field()
			var named interface{ Summary() string }
			if errors.As(err, &named) {
				summary = named.Summary()
			}
			detail := errors.New(strings.TrimPrefix(err.Error(), about.Field()+": ")) // the summary names the field
			d.diags = append(d.diags, errorAt(b.rangeOf(about.Field()), summary, "%s", sentence(detail)))
		}
	}
}

// sentence writes an error as one.
func sentence(err error) string {
	s := capitalise(err.Error())
	if s != "" && !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}
