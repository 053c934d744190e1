package config

import "github.com/hashicorp/hcl/v2"

// Mistake is a diagnostic as scripts and editors read it.
type Mistake struct {
	Severity string `json:"severity"` // error, warning
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`   // from 1; 0: of no place
	Column   int    `json:"column,omitempty"` // in characters, from 1
	Summary  string `json:"summary"`
	Detail   string `json:"detail,omitempty"`
}

// Mistakes are diagnostics in the order in which WriteDiagnostics writes them,
// all of them, without control characters.
func Mistakes(diags hcl.Diagnostics) []Mistake {
	list := []Mistake{}
	for _, d := range tidy(diags) {
		m := Mistake{Severity: "error", Summary: visible(d.Summary), Detail: visible(d.Detail)}
		if d.Severity == hcl.DiagWarning {
			m.Severity = "warning"
		}
		if d.Subject != nil {
			m.File, m.Line, m.Column = visible(d.Subject.Filename), d.Subject.Start.Line, d.Subject.Start.Column
		}
		list = append(list, m)
	}
	return list
}
