package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns src with canonical spacing, or the first mistake of its
// syntax as an error.
func Format(src []byte) ([]byte, error) {
	out, diags := NewParser().Format("<input>", src)
	if diags.HasErrors() {
		return nil, diags
	}
	return out, nil
}

// Format returns the text of a file with canonical spacing. Text that cannot
// be parsed is refused, as its spacing may mean something else than it seems.
func (p *Parser) Format(name string, src []byte) ([]byte, hcl.Diagnostics) {
	_, diags := p.parse(name, src)
	if diags.HasErrors() {
		return nil, tidy(diags)
	}
	return hclwrite.Format(p.sources[name]), nil
}
