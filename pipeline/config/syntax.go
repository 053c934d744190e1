package config

import "github.com/hashicorp/hcl/v2"

// explainSyntax adds to HCL's messages what helps its users most often.
func explainSyntax(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		switch d.Summary {
		case "Invalid single-argument block definition":
			d.Detail = "A block on one line holds at most one attribute: a { x = 1 }. With more, each attribute gets a line of its own, and so do the braces."
		case "Attribute redefined":
			d.Summary = "Attribute given twice"
		}
	}
	return diags
}
