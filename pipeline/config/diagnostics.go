package config

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// maxMistakes is how many mistakes are collected before reading stops.
const maxMistakes = 1000

// errorAt makes an error diagnostic about the text at rng.
func errorAt(rng hcl.Range, summary, detail string, args ...any) *hcl.Diagnostic {
	if len(args) > 0 {
		detail = fmt.Sprintf(detail, args...)
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &rng}
}

// errorAnywhere makes an error diagnostic that belongs to no file.
func errorAnywhere(summary, detail string, args ...any) *hcl.Diagnostic {
	d := errorAt(hcl.Range{}, summary, detail, args...)
	d.Subject = nil
	return d
}

// tidy sorts diagnostics by file, line and column and drops repetitions, which
// arise when several points or heirs of one block meet the same mistake.
func tidy(diags hcl.Diagnostics) hcl.Diagnostics {
	type key struct{ at, summary, detail string }
	seen := map[key]bool{}
	var out hcl.Diagnostics
	for _, d := range diags {
		k := key{summary: d.Summary, detail: d.Detail}
		if d.Subject != nil {
			k.at = position(*d.Subject)
		}
		if !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *hcl.Diagnostic) int {
		if a.Subject == nil || b.Subject == nil {
			return cmp.Or(cmp.Compare(boolRank(a.Subject != nil), boolRank(b.Subject != nil)), cmp.Compare(a.Summary, b.Summary))
		}
		return cmp.Or(compareRanges(*a.Subject, *b.Subject), cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
	})
	return out
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareRanges orders ranges by file, then by where they start.
func compareRanges(a, b hcl.Range) int {
	return cmp.Or(
		cmp.Compare(a.Filename, b.Filename),
		cmp.Compare(a.Start.Line, b.Start.Line),
		cmp.Compare(a.Start.Column, b.Start.Column),
		cmp.Compare(a.Start.Byte, b.Start.Byte))
}

// position formats the start of a range as editors and terminals follow it.
func position(rng hcl.Range) string {
	return fmt.Sprintf("%s:%d:%d", rng.Filename, rng.Start.Line, rng.Start.Column)
}
