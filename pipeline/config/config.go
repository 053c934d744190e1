// Package config reads experiment files: HCL text goes in, typed blocks and
// diagnostics with positions come out.
//
// The caller says which kinds of block exist (Kinds) and gives for each a
// constructor of a plain struct with `hcl:"…"` tags, already filled with its
// defaults. Load reads every file, checks every name and type, expands sweeps
// into points and decodes each point into a struct of its own. It stops at
// nothing: one call shows every mistake of every file, in file order.
//
// Experiment files are text from anywhere, so limits of our own come before
// HCL's parser (prescan.go) and before evaluation (budget.go): the parser
// never sees nesting that could exhaust the stack, and expressions run in an
// evaluator that counts what it builds.
//
// # Tags
//
//	hcl:"rank,optional"   attribute; absent means: the field keeps its value
//	hcl:"text"            attribute that must be given
//	hcl:"files,block"     nested block: *T at most one, []T or []*T any number
//	hcl:"name,label"      label of the block, in order of the fields
//	hcl:",inline"         the fields of this struct, pointer or interface
//	                      belong to the same body; nil stands for no fields
//	ref:"model"           the kind of block that a Ref may name
//	edge:"-"              this Ref is no dependency (no part of a cycle)
//	doc, unit, source     text for the generated reference
//
// Values must be of the field's type: a text is no number, and a fraction no
// whole number. Only a text may stand alone for a list of one.
//
// A struct with a method Init() error has it called when a nested block has
// been allocated and its labels are set, before its attributes are decoded:
// the place for defaults, and for choosing by label what an inlined interface
// holds. A struct with Validate() []error is asked after decoding; errors with
// a Field() string are shown at that attribute.
package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// DefaultMaxRuns is the limit on configurations when nothing else is said.
const DefaultMaxRuns = 10_000

// A Kind says how one kind of top-level block looks.
type Kind struct {
	// Labels names the block's labels: {"name"}, {"type", "name"} or {}. The
	// last is the block's name, unique among the blocks of this kind.
	Labels []string
	// Max is the largest number of such blocks; 0 means any number.
	Max int
	// New returns a pointer to a struct of tags with its defaults set.
	New func(labels []string) (any, error)
	// Types lists the known first labels; nil if the first label is free.
	Types func() []string
	// Points allows sweep and exclude blocks.
	Points bool
	// Like allows like = kind.name: that block's body is decoded first.
	// Attributes replace those of the other block one by one, nested blocks
	// and sweeps replace all of the same type.
	Like bool
	// Doc is a sentence for the reference.
	Doc string
}

// Kinds are the kinds of block of the language, by the word that opens them.
// The words variable and locals are this package's own.
type Kinds map[string]Kind

// Options are what the command line adds to the files.
type Options struct {
	Vars    map[string]string // -var name=value
	MaxRuns int64             // most configurations of one block; 0 leaves it to a RunLimiter
}

// A RunLimiter is the struct of a block that says how many configurations one
// block may have, in place of DefaultMaxRuns.
type RunLimiter interface{ RunLimit() int64 }

// An Experiment is what a set of files declares.
type Experiment struct {
	Files  []string // as given, sorted
	Dir    string   // folder of the first file
	Blocks []*Block // in file order

	loader *loader
}

// Of returns the blocks of a kind in file order.
func (e *Experiment) Of(kind string) []*Block {
	var out []*Block
	for _, b := range e.Blocks {
		if b.Kind == kind {
			out = append(out, b)
		}
	}
	return out
}

// Find returns the block that r names, or nil.
func (e *Experiment) Find(r Ref) *Block {
	return e.loader.blocks[target{r.Kind, r.Name}]
}

// A Block is one top-level block, with a point for each of its configurations.
type Block struct {
	Kind     string
	Labels   []string
	Name     string    // the last label; "" for kinds without labels
	DefRange hcl.Range // the block's header
	Points   []*Point  // at least one in an experiment without errors
	Deps     []Ref     // what it refers to, in order of kind and name

	syntax  *hclsyntax.Block
	kind    Kind
	layers  []*hclsyntax.Body // bodies to decode, that of `like` first
	sweeps  []*sweep
	exclude []*exclusion
	sampled bool
	orphan  bool // `like` names no block
}

// Config returns the struct of the block's first point.
func (b *Block) Config() any { return b.Points[0].Config }

// A Point is one configuration of a block.
type Point struct {
	Config any     // from Kind.New, decoded
	Values []Value // what was swept, sorted by name
	Name   string  // lora[learning_rate=0.0003,rank=8], or lora

	settings []setting
}

// A Value is a swept attribute with the canonical text of its value: however
// the file spells a number, the text is its shortest decimal.
type Value struct {
	Name string
	Text string
}

// A Ref names another block. Range is where the file says so.
type Ref struct {
	Kind  string
	Name  string
	Range hcl.Range `key:"-"`
}

// String returns kind.name, as it is written in a file.
func (r Ref) String() string { return r.Kind + "." + r.Name }

// IsZero tells whether the reference was left out.
func (r Ref) IsZero() bool { return r.Kind == "" && r.Name == "" }

// A Path is a file, folder or pattern named in a file: Text as written, Abs
// resolved against the folder of that file. Neither counts in a cache key;
// content does.
type Path struct {
	Text string `key:"-"`
	Abs  string `key:"-"`
}

// A FieldError is an error about one attribute, without a position: whoever
// validates knows the field, this package knows where it stands in the file.
// Field may be a path into nested blocks ("files.train").
type FieldError interface {
	error
	Field() string
}
