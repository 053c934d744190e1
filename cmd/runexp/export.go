package main

import (
	"github.com/spf13/cobra"

	"runexp/stages/adapted"
)

func exportCommand(s *streams) *cobra.Command {
	f, merge, asJSON := &experimentFlags{}, false, false
	cmd := &cobra.Command{
		Use: "export FILE ADDRESS DIR", Short: "Write an adapted model for other programs",
		Long: `Writes the weights of a finished run to a folder that does not exist yet or is empty: lightweight methods as PEFT
reads them, bottleneck adapters as AdapterHub does, fully tuned models as Transformers does. With -merge, LoRA, DoRA,
IA3, BitFit and norms become part of a model that stands alone. A head that none of their classes for rows has, such as
one without a pooler, is written as that of the class for tokens, with runexp_head.json beside it, which says which of
its logits are the row's. What was written is read again and compared on dev rows before it appears. The address means the selected configuration and the first seed where it says neither.`,
		Example: "  runexp export experiments/legal.hcl method.lora out/lora\n  runexp export -merge experiments/legal.hcl method.lora#2 out/model",
		Args:    exactly(3), ValidArgsFunction: f.addresses(s),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.withRun(s, args[0], args[1], func(o *adapted.Opened) error {
				done, err := o.Export(args[2], merge)
				if err != nil {
					return err
				}
				for _, w := range done.Warnings {
					printf(s.err, "warning: %s\n", w)
				}
				if asJSON {
					return printJSON(s.out, struct {
						Dir string `json:"dir"`
						Run string `json:"run"`
						*adapted.Exported
					}{args[2], o.Run.Addr(), done})
				}
				printf(s.out, "%s: %s layout, %d files, %d bytes, of %s\n", args[2], done.Format, done.Files, done.Bytes, o.Run.Addr())
				printf(s.out, "read again and compared on %d dev rows: largest difference %.2g\n", done.Rows, done.Largest)
				return nil
			})
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was written as JSON")
	cmd.Flags().BoolVar(&merge, "merge", false, "write one model with the adaptation merged into it")
	return cmd
}
