package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/pipeline/config"
	"runexp/stages"
	"runexp/stages/block"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" }

// experimentFlags are what commands on an experiment file have in common.
type experimentFlags struct {
	vars    []string
	only    []string
	seeds   int
	cache   string
	results string
	threads int

	sources  bool                        // compile also reads the data and models that would be used
	wouldRun func(*pipeline.Node) bool   // not in the cache; set by compile if sources
	diagnose func(hcl.Diagnostics) error // what compile does with diagnostics; nil: print them
}

func (f *experimentFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.vars, "var", nil, "give a variable of the file a value, name=value")
	flags.StringArrayVar(&f.only, "only", nil, "keep only the runs of an address, such as method.lora@base/clauses")
	flags.IntVar(&f.seeds, "seeds", 0, "use only the first so many seeds")
	flags.StringVar(&f.cache, "cache", ".runexp", "folder of the cache")
	flags.StringVar(&f.results, "results", "results", "folder of the database and the reports")
	flags.IntVar(&f.threads, "threads", 0, "threads of the numeric kernels (default: one per processor)")
}

// compile loads and checks files and derives the plan. Mistakes are printed,
// all of them, and end the program with status 3.
func (f *experimentFlags) compile(s *streams, files []string) (*stages.Plan, error) {
	if err := setThreads(f.threads); err != nil {
		return nil, err
	}
	if f.seeds < 0 {
		return nil, usage("-seeds %d: the number of seeds must not be negative", f.seeds)
	}
	vars, err := assignments(f.vars)
	if err != nil {
		return nil, err
	}
	parser := config.NewParser()
	exp, diags := parser.Load(files, block.Kinds, config.Options{Vars: vars})
	var plan *stages.Plan
	if !diags.HasErrors() {
		var more hcl.Diagnostics
		plan, more = stages.Compile(exp, stages.Options{Seeds: f.seeds, Only: f.only, HubDir: f.cache})
		diags = append(diags, more...)
	}
	if f.sources && !diags.HasErrors() {
		var err error
		if f.wouldRun, err = f.uncached(plan); err != nil {
			return nil, err
		}
		diags = append(diags, stages.CheckSources(exp, plan, f.wouldRun)...)
	}
	if len(diags) > 0 {
		diagnose := f.diagnose
		if diagnose == nil {
			diagnose = func(d hcl.Diagnostics) error { return parser.WriteDiagnostics(s.err, d, colour(s.err)) }
		}
		if err := diagnose(diags); err != nil {
			return nil, err
		}
	}
	if diags.HasErrors() {
		return nil, &exitError{exitInvalid, nil}
	}
	return plan, nil
}

// part spells the flags that leave runs out, "" if all are in.
func (f *experimentFlags) part() string {
	var words []string
	for _, address := range f.only {
		words = append(words, "-only", shellWord(address))
	}
	if f.seeds > 0 {
		words = append(words, "-seeds", strconv.Itoa(f.seeds))
	}
	return strings.Join(words, " ")
}

// command is what runs these files with these flags.
func (f *experimentFlags) command(files []string) string {
	words := []string{"runexp"}
	for _, v := range f.vars {
		words = append(words, "-var", shellWord(v))
	}
	if part := f.part(); part != "" {
		words = append(words, part)
	}
	for _, file := range files {
		words = append(words, shellWord(filepath.ToSlash(file)))
	}
	return strings.Join(words, " ")
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// shellWord quotes a word for a shell if it has to be.
func shellWord(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// uncached says which nodes would run. It writes nothing.
func (f *experimentFlags) uncached(plan *stages.Plan) (func(*pipeline.Node) bool, error) {
	executor, store, err := f.executor(true)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	items, err := executor.Plan(plan.Graph, plan.Want())
	if err != nil {
		return nil, err
	}
	runs := map[*pipeline.Node]bool{}
	for _, it := range items {
		runs[it.Node] = it.Status != pipeline.PlanCached
	}
	return func(n *pipeline.Node) bool { return runs[n] }, nil
}

// assignments reads what -var was given: name=value, where the value may hold
// anything.
func assignments(list []string) (map[string]string, error) {
	vars := map[string]string{}
	for _, text := range list {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, usage("-var %q: want name=value", text)
		}
		if _, twice := vars[name]; twice {
			return nil, usage("-var %s is given twice", name)
		}
		vars[name] = value
	}
	return vars, nil
}

// executor opens the cache and makes an executor that runs nothing yet. A
// cache that is only read need not exist.
func (f *experimentFlags) executor(readOnly bool) (*pipeline.Executor, *cache.Store, error) {
	store, err := cache.Open(f.cache, cache.Options{ReadOnly: readOnly, EmptyOK: true})
	if err != nil {
		return nil, nil, err
	}
	return &pipeline.Executor{Cache: store, Numeric: numericID(), Memo: &pipeline.Memo{}}, store, nil
}
