package main

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"runexp/internal/dataset"
	"runexp/pipeline/config"
)

// starterText is the file that init fills in.
//
//go:embed starter.hcl.tmpl
var starterText string

var starterTemplate = template.Must(template.New("starter").Funcs(template.FuncMap{"quote": quoteHCL}).Parse(starterText))

// starter is what the template is filled with.
type starter struct {
	Name  string
	Model string // path or hub reference; "" pretrains one
	Hub   bool
	Data  string // path; "" generates rows
	// Headless says that the first line is a row already.
	Headless bool
	Guess    columnsGuess
}

func initCommand(s *streams) *cobra.Command {
	want, model, name := columnsGuess{}, "", ""
	cmd := &cobra.Command{
		Use: "init [DATA]", Short: "Print a commented experiment file to start from",
		Long: `Prints an experiment file for a data file: the columns of the text, of a second text and of the label, and the task, are
guessed from its first rows, and the guesses are shown. Flags override them. Without a data file the experiment makes
its rows itself and runs as it is.`,
		Example: "  runexp init reviews.csv > reviews.hcl\n  runexp init -text body -label topic -model models/bert-base-uncased posts.jsonl.gz > posts.hcl",
		Args:    wrapArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			t := starter{Name: name, Model: model, Guess: want}
			t.Hub = isHubReference(model)
			if len(args) == 1 {
				t.Data = filepath.ToSlash(args[0])
				columns, err := readColumns(args[0], true)
				if err == nil && namedByARow(columns) {
					t.Headless = true
					columns, err = readColumns(args[0], false)
				}
				if err != nil {
					return invalid(err)
				}
				if t.Headless {
					printf(s.err, "columns: numbered; the first line is a row, not their names\n")
				}
				if t.Guess, err = guessColumns(columns, want); err != nil {
					return invalid(fmt.Errorf("init %s: %w", args[0], err))
				}
				for _, line := range t.Guess.Said {
					printf(s.err, "%s\n", line)
				}
			}
			if t.Name == "" {
				t.Name = nameOf(t.Data)
			}
			return t.print(s)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "name of the experiment (default: the data file's)")
	flags.StringVar(&model, "model", "", "folder of a checkpoint, or org/name@revision of the hub (default: a small one is pretrained)")
	flags.StringVar(&want.Text, "text", "", "column of the text")
	flags.StringVar(&want.Pair, "pair", "", "column of a second text")
	flags.StringVar(&want.Label, "label", "", "column of the label")
	flags.StringVar(&want.Task, "task", "", "classification, regression or multi_label")
	return cmd
}

// print writes the filled-in file with canonical spacing.
func (t *starter) print(s *streams) error {
	var text strings.Builder
	if err := starterTemplate.Execute(&text, t); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	formatted, err := config.Format([]byte(text.String()))
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	_, err = s.out.Write(formatted)
	return err
}

// isHubReference tells org/name@revision from a path.
func isHubReference(model string) bool {
	return strings.Contains(model, "@") && strings.Count(model, "/") == 1 && !strings.HasPrefix(model, ".")
}

// nameOf makes the name of an experiment from that of a file.
func nameOf(path string) string {
	if path == "" {
		return "first"
	}
	name, _, _ := strings.Cut(filepath.Base(path), ".")
	name = strings.Map(func(c rune) rune {
		if c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, name)
	if name == "" {
		return "first"
	}
	return name
}

// quoteHCL writes a text as HCL does.
func quoteHCL(text string) string {
	q := strconv.Quote(text)
	q = strings.ReplaceAll(q, "${", "$${")
	return strings.ReplaceAll(q, "%{", "%%{")
}

// readColumns looks at the first rows of a data file. Without a header the
// columns of a table are numbered from 1.
func readColumns(path string, header bool) ([]*column, error) {
	files := dataset.NewFiles()
	files.All, files.Header = []string{path}, header
	parts, err := files.Resolve(".")
	if err != nil {
		return nil, err
	}
	var list []*column
	rows := 0
	err = files.Open(parts).Each(func(r *dataset.Record) error {
		for i, v := range r.Values {
			if i >= len(list) {
				if i >= len(r.Header.Names) {
					break
				}
				list = append(list, newColumn(cmp.Or(r.Header.Names[i], strconv.Itoa(i+1))))
			}
			list[i].see(v)
		}
		if rows++; rows == sampledRows {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return list, nil
}
