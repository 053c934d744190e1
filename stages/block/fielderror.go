package block

import (
	"fmt"
	"strings"
)

// FieldError is an error about one attribute.
type FieldError struct{ Name, Text string }

func (e *FieldError) Error() string { return e.Text }

// Field is the attribute's name.
func (e *FieldError) Field() string { return e.Name }

func wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Sprintf(format, args...)}
}

func oneOf(field, value string, allowed ...string) []error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return []error{wrong(field, "%q is not one of %s.", value, strings.Join(allowed, ", "))}
}
