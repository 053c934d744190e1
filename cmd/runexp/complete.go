package main

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Shells ask "runexp __complete WORD…" what the last word may be. The words before
// it are treated as those of a command line: the command first, run where none is
// named.

// completing reports whether a shell asks for completions.
func completing(args []string) bool {
	return len(args) > 1 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completionArgs puts the command before the words that a shell wants completed.
func completionArgs(root *cobra.Command, args []string) []string {
	words, last := commandFirst(root, args[1:len(args)-1]), args[len(args)-1]
	named := len(words) > 0 && isCommand(root, words[0])
	if !named && (len(words) > 0 || strings.HasPrefix(last, "-")) {
		words = append([]string{"run"}, words...)
	}
	return append(append([]string{args[0]}, words...), last)
}

// oneDash answers with one dash where one was typed: shells drop what does not begin
// with the word.
type oneDash struct{ io.Writer }

func (w oneDash) Write(line []byte) (int, error) {
	if !bytes.HasPrefix(line, []byte("--")) {
		return w.Writer.Write(line)
	}
	n, err := w.Writer.Write(line[1:])
	return n + 1, err
}

// oneOf completes a flag that takes one of a few values.
func oneOf(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is there
	}
}

// addresses completes the second argument of a command, an address of the file that
// is its first: names of methods, and whole addresses behind them. Other arguments
// are files.
func (f *experimentFlags) addresses(s *streams) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		plan, err := f.compile(s, args)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var list []string
		for _, r := range plan.Runs {
			name := "method." + r.Method.Name
			if strings.HasPrefix(word, name) && len(word) > len(name) {
				name = r.Addr()
			}
			if strings.HasPrefix(name, word) && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// anyFile completes files.
func anyFile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// bashAlone lets bash's script do without the package bash-completion.
func bashAlone(root *cobra.Command, s *streams) {
	cmd, _, err := root.Find([]string{"completion", "bash"})
	if err != nil {
		panic(err) // cobra has made it
	}
	script := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		printf(s.out, "%s", bashWords)
		return script(cmd, args)
	}
}

// bashWords stands before bash's script: what it takes from the package
// bash-completion is defined where that is not there.
const bashWords = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        cur="${COMP_WORDS[COMP_CWORD]}"
        prev="${COMP_WORDS[COMP_CWORD-1]}"
        words=("${COMP_WORDS[@]}")
        cword=$COMP_CWORD
    }
fi
`
