package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxNameBytes bounds a block's name, which becomes part of file names.
const maxNameBytes = 64

// checkLabels checks number and form of a block's labels, and its type.
func (l *loader) checkLabels(block *hclsyntax.Block, kind Kind) bool {
	if len(block.Labels) != len(kind.Labels) {
		l.report(errorAt(headerRange(block), fmt.Sprintf("Wrong labels for %s", block.Type), "A %s block is written %s.", block.Type, headerForm(block.Type, kind.Labels)))
		return false
	}
	ok := true
	for i, label := range block.Labels {
		if kind.Types != nil && i == 0 {
			ok = l.checkType(block, kind) && ok
		} else {
			ok = l.checkName(label, block.LabelRanges[i]) && ok
		}
	}
	return ok
}

func (l *loader) checkType(block *hclsyntax.Block, kind Kind) bool {
	types := kind.Types()
	for _, t := range types {
		if t == block.Labels[0] {
			return true
		}
	}
	l.report(errorAt(block.LabelRanges[0], fmt.Sprintf("Unknown %s %s %q", block.Type, kind.Labels[0], block.Labels[0]), "%s",
		allowed(block.Labels[0], block.Type+" "+kind.Labels[0]+"s", types)))
	return false
}

// checkName accepts names that can be written in references, as part of an
// address and as part of a file name.
func (l *loader) checkName(name string, rng hcl.Range) bool {
	switch {
	case !isName(name):
		detail := "A name starts with a letter or underscore, followed by letters, digits, underscores and hyphens (ASCII)."
		if look := lookalikes(name); look != "" {
			detail += " " + look
		}
		l.report(errorAt(rng, fmt.Sprintf("Invalid name %q", name), "%s", detail))
	case len(name) > maxNameBytes:
		l.report(errorAt(rng, "Name too long", "A name has at most %d characters; this has %d.", maxNameBytes, len(name)))
	default:
		return true
	}
	return false
}

func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// headerForm shows how a block begins: method "type" "name" { … }.
func headerForm(word string, labels []string) string {
	var b strings.Builder
	b.WriteString(word)
	for _, label := range labels {
		fmt.Fprintf(&b, " %q", label)
	}
	return b.String() + " { … }"
}
