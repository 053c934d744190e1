package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"runexp/internal/lm/tensor"
)

// version is what -version prints; releases set it with -ldflags.
var version = "0.1.0"

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs a command line and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(&streams{stdin, stdout, stderr})
	if completing(args) {
		if last := args[len(args)-1]; strings.HasPrefix(last, "-") && !strings.HasPrefix(last, "--") {
			root.SetOut(oneDash{stdout})
		}
		args = completionArgs(root, args)
	} else {
		args = commandFirst(root, args)
	}
	root.SetArgs(twoDashes(root, args))
	return exitStatus(root.ExecuteContext(context.Background()), stderr)
}

func newRoot(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "runexp FILE…",
		Short: "Which way of adapting a language model is best for a task, at what cost, and does it survive the shift?",
		Long: `runexp reads experiment files in HCL, derives a graph of load → (pretrain) →
adapt → evaluate → report, runs what is not cached, records every metric in
SQLite, and writes a report with tables, intervals, tests and a verdict.

The flags of a run (-j, -threads, -seeds, -only, -var, …) stand in
"runexp run -help". Exit status: 0 done, 1 some run failed, 2 usage, 3 invalid
input, 4 refused for resources, 5 integrity, 6 gate failed, 7 busy, 75
preempted, 130 interrupted.`,
		Example:       "  runexp experiments/legal.hcl\n  runexp plan experiments/legal.hcl\n  runexp -var rows=100 -seeds 1 experiments/legal.hcl",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,

		ValidArgsFunction:          anyFile, // besides the commands
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return usage("%s is neither a command nor a file%s; see runexp -help", args[0], nearest(cmd, args[0]))
		},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{exitUsage, err} })
	root.AddCommand(
		runCommand(s), validateCommand(s), planCommand(s), whyCommand(s), paramsCommand(s),
		initCommand(s), referenceCommand(s), exportCommand(s),
		reportCommand(s), predictCommand(s), compareCommand(s), historyCommand(s), resultsCommand(s), cacheCommand(s),
		benchCommand(s), inspectCommand(s), embedCommand(s), perplexityCommand(s), formatCommand(s), uiCommand(s), workerCommand(s),
	)
	root.InitDefaultCompletionCmd()
	bashAlone(root, s)
	for _, c := range root.Commands() {
		if c.HasSubCommands() {
			group(c)
		}
	}
	return root
}

// group makes a misspelt command of a group a usage error: cobra would print
// the group's help with status 0.
func group(c *cobra.Command) {
	c.SuggestionsMinimumDistance = 2
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return usage("%s %s is no command%s; see runexp %s -help", cmd.Name(), args[0], nearest(cmd, args[0]), cmd.Name())
	}
}

// nearest asks for the commands whose names are close to a word, "" if none is.
func nearest(c *cobra.Command, word string) string {
	near := c.SuggestionsFor(word)
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// exactly is cobra.ExactArgs with the exit status for usage errors.
func exactly(n int) cobra.PositionalArgs { return wrapArgs(cobra.ExactArgs(n)) }

// atLeastOne is cobra.MinimumNArgs(1) with the exit status for usage errors.
func atLeastOne() cobra.PositionalArgs { return wrapArgs(cobra.MinimumNArgs(1)) }

func wrapArgs(f cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			name := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
			return usage("%s: %v; see runexp %s -help", name, err, name)
		}
		return nil
	}
}

// commandFirst puts the command before its flags, and the command run before
// arguments that name files: the first word that is neither a flag nor the
// value of one is a command or a file.
func commandFirst(root *cobra.Command, args []string) []string {
	takesValue := valueFlags(root)
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--" && i+1 < len(args):
			return append([]string{"run"}, args...)
		case a == "--":
			return args
		case strings.HasPrefix(a, "-") && a != "-":
			if takesValue[strings.TrimLeft(a, "-")] {
				i++
			}
		case isCommand(root, a) || looksLikeCommand(a):
			return append([]string{a}, append(slices.Clone(args[:i]), args[i+1:]...)...)
		default:
			return append([]string{"run"}, args...)
		}
	}
	return args
}

func isCommand(root *cobra.Command, name string) bool {
	if name == "help" || name == "completion" || strings.HasPrefix(name, "__complete") {
		return true
	}
	for _, c := range root.Commands() {
		if c.Name() == name || c.HasAlias(name) {
			return true
		}
	}
	return false
}

// looksLikeCommand reports whether a word is more likely a misspelt command
// than a file: it has neither a dot nor a slash, and there is no such file.
func looksLikeCommand(word string) bool {
	if strings.ContainsAny(word, `./\`) {
		return false
	}
	_, err := os.Stat(word)
	return err != nil
}

// twoDashes rewrites -name to --name: the flags of this program are written
// with one dash, and cobra reads those as a row of one-letter flags. What
// follows "--" is left alone, and so are the values of flags.
func twoDashes(root *cobra.Command, args []string) []string {
	takesValue := valueFlags(root)
	out := make([]string, 0, len(args))
	value := false
	for i, a := range args {
		switch {
		case value:
			value = false
			out = append(out, a)
			continue
		case a == "--":
			return append(out, args[i:]...)
		case a == "-h" || attachedNumber.MatchString(a):
			out = append(out, a)
			continue
		case len(a) > 1 && a[0] == '-' && a[1] != '-':
			a = "-" + a
		}
		out = append(out, a)
		if name, ok := strings.CutPrefix(a, "--"); ok && takesValue[name] {
			value = true
		}
	}
	return out
}

// attachedNumber is a one-letter flag with its number, such as -j4.
var attachedNumber = regexp.MustCompile(`^-[a-z][0-9]+$`)

// valueFlags names the flags of all commands that take a value.
func valueFlags(root *cobra.Command) map[string]bool {
	names := map[string]bool{}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		for _, set := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
			set.VisitAll(func(f *pflag.Flag) {
				if f.NoOptDefVal == "" {
					names[f.Name] = true
				}
			})
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(root)
	return names
}

// setThreads sets the size of the kernels' pool.
func setThreads(n int) error {
	if n < 0 {
		return usage("-threads %d: the number of threads must not be negative", n)
	}
	if n > 0 {
		tensor.SetThreads(n)
	}
	return nil
}

// colour reports whether escape sequences are welcome on w.
func colour(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	return isTerminal(f)
}

func printf(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format, args...) }
