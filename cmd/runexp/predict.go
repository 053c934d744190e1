package main

import (
	"os"

	"github.com/spf13/cobra"

	"runexp/stages"
	"runexp/stages/adapted"
)

func predictCommand(s *streams) *cobra.Command {
	f := &experimentFlags{}
	cmd := &cobra.Command{
		Use: "predict FILE ADDRESS", Short: "Apply an adapted model to new rows",
		Long: "Reads JSON lines from standard input, {\"text\":…,\"text_pair\":…} or the data set's own columns, and writes one\n" +
			"line of predictions for each. The address means the selected configuration and the first seed where it says neither.",
		Example: `  echo '{"text":"the tenant must pay"}' | runexp predict experiments/legal.hcl method.lora`,
		Args:    exactly(2), ValidArgsFunction: f.addresses(s),
		RunE: func(_ *cobra.Command, args []string) error {
			return f.withRun(s, args[0], args[1], func(o *adapted.Opened) error { return o.Predict(s.in, s.out) })
		},
	}
	f.register(cmd)
	return cmd
}

// withRun opens the finished run that an address names.
func (f *experimentFlags) withRun(s *streams, file, address string, use func(*adapted.Opened) error) error {
	p, err := f.planned(s, []string{file})
	if err != nil {
		return err
	}
	defer p.store.Close()
	known := stages.FromPlan(p.items)
	run, err := stages.FindRun(p.plan, known, address)
	if err != nil {
		return usage("%v", err)
	}
	temp, err := os.MkdirTemp("", "runexp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	opened, err := adapted.Open(run, known, temp)
	if err != nil {
		return err
	}
	return use(opened)
}
