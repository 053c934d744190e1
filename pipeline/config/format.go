package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
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
	text, d := normalise(name, src)
	p.sources[name] = text
	if d != nil {
		return nil, hcl.Diagnostics{d}
	}
	if diags := prescan(name, text); diags.HasErrors() {
		return nil, diags
	}
	if _, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos); diags.HasErrors() {
		return nil, tidy(explainSyntax(diags))
	}
	return hclwrite.Format(text), nil
}
