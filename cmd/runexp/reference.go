package main

import (
	"github.com/spf13/cobra"

	"runexp/pipeline/config"
	"runexp/stages/block"
)

func referenceCommand(s *streams) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "reference", Short: "Describe every block and attribute of experiment files",
		Long: `Prints a page with every block and attribute, its type, default, unit and source, made from the structs that
files are decoded into. -json prints a JSON schema instead, for editors.`,
		Example: "  runexp reference | less\n  runexp reference -json > runexp.schema.json",
		Args:    exactly(0),
		RunE: func(*cobra.Command, []string) error {
			doc := config.Reference(block.Kinds)
			if asJSON {
				return doc.JSONSchema(s.out)
			}
			return doc.Markdown(s.out)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON schema")
	return cmd
}
