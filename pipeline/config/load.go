package config

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A Parser loads files and remembers their text, so that diagnostics can show
// it.
type Parser struct {
	sources map[string][]byte
	bodies  map[string]*hclsyntax.Body
}

// NewParser returns a parser that has seen no file.
func NewParser() *Parser {
	return &Parser{sources: map[string][]byte{}, bodies: map[string]*hclsyntax.Body{}}
}

// Load reads files as one experiment. The experiment is whole if the
// diagnostics have no errors; otherwise it is what could be understood.
func (p *Parser) Load(files []string, kinds Kinds, o Options) (*Experiment, hcl.Diagnostics) {
	files = slices.Compact(slices.Sorted(slices.Values(files)))
	l := &loader{
		parser: p, kinds: kinds, options: o,
		budget:    &budget{},
		variables: map[string]*variable{},
		locals:    map[string]*local{},
		blocks:    map[target]*Block{},
		values:    map[hclsyntax.Expression]evaluated{},
	}
	e := &Experiment{Files: files, loader: l}
	l.experiment = e
	if len(files) == 0 {
		return e, hcl.Diagnostics{errorAnywhere("No experiment file", "Name at least one file.")}
	}
	e.Dir = filepath.Dir(files[0])
	for _, name := range files {
		l.open(name)
	}
	l.setVariables()
	l.setLocals()
	l.inherit()
	l.expandAll()
	l.references()
	if l.tooMany() {
		l.diags = append(l.diags, errorAnywhere("Too many mistakes", "Reading stopped after %d; there may be more.", maxMistakes))
	}
	return e, tidy(l.diags)
}

// A loader is the state of one Load.
type loader struct {
	parser     *Parser
	kinds      Kinds
	options    Options
	experiment *Experiment
	budget     *budget
	variables  map[string]*variable
	locals     map[string]*local
	blocks     map[target]*Block
	values     map[hclsyntax.Expression]evaluated
	incomplete bool // a file could not be parsed, so names may be missing
	diags      hcl.Diagnostics
}

// evaluated is what an expression gave; ok is false if it was diagnosed.
type evaluated struct {
	value cty.Value
	ok    bool
}

// tooMany tells that enough mistakes have been found.
func (l *loader) tooMany() bool { return len(l.diags) >= maxMistakes }

func (l *loader) report(d *hcl.Diagnostic) { l.diags = append(l.diags, d) }

// parse turns bytes into a body, within the limits. The body is nil if the
// text could not be parsed; there may be a body and diagnostics as well.
func (p *Parser) parse(name string, src []byte) (*hclsyntax.Body, hcl.Diagnostics) {
	text, diags := normalise(name, src)
	p.sources[name] = text
	if text == nil || !utf8.Valid(text) || bytes.ContainsRune(text, '\r') {
		return nil, diags // HCL would say the same again
	}
	if breaches := prescan(name, text); breaches.HasErrors() {
		return nil, append(diags, breaches...)
	}
	file, mistakes := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	body, _ := file.Body.(*hclsyntax.Body)
	p.bodies[name] = body
	if mistakes.HasErrors() {
		return nil, append(diags, explainSyntax(mistakes)...)
	}
	return body, diags
}

// open reads and parses a file and declares what is in it.
func (l *loader) open(name string) {
	src, d := readFile(name)
	if d != nil {
		l.report(d)
		l.incomplete = true
		return
	}
	body, diags := l.parser.parse(name, src)
	l.diags = append(l.diags, diags...)
	if body == nil {
		l.incomplete = true
		return
	}
	for _, attr := range inOrder(body.Attributes) {
		if l.tooMany() {
			return
		}
		l.report(errorAt(attr.NameRange, fmt.Sprintf("Attribute %q outside of a block", attr.Name),
			"At the top of a file stand blocks only; a name for a value goes into locals { }. %s", allowed(attr.Name, "blocks", l.blockWords())))
	}
	for _, block := range body.Blocks {
		if l.tooMany() {
			return
		}
		l.declare(block)
	}
}

func (l *loader) blockWords() []string {
	return append(slices.Collect(maps.Keys(l.kinds)), "variable", "locals")
}

// declare takes up one top-level block.
func (l *loader) declare(block *hclsyntax.Block) {
	switch block.Type {
	case "variable":
		l.declareVariable(block)
		return
	case "locals":
		l.declareLocals(block)
		return
	}
	kind, ok := l.kinds[block.Type]
	if !ok {
		l.report(errorAt(block.TypeRange, fmt.Sprintf("Unknown block %q", block.Type), "%s", allowed(block.Type, "blocks", l.blockWords())))
		return
	}
	if !l.checkLabels(block, kind) {
		return
	}
	b := &Block{Kind: block.Type, Labels: block.Labels, DefRange: headerRange(block), syntax: block, kind: kind}
	if n := len(block.Labels); n > 0 {
		b.Name = block.Labels[n-1]
	}
	if before := l.blocks[target{b.Kind, b.Name}]; before != nil {
		if b.Name == "" {
			l.report(errorAt(b.DefRange, fmt.Sprintf("Second %s block", b.Kind), "There may be one %s block; the first is at %s.", b.Kind, position(before.DefRange)))
		} else {
			l.report(errorAt(block.LabelRanges[len(block.LabelRanges)-1], fmt.Sprintf("The name %q is taken", b.Name),
				"Names are unique among blocks of a kind; another %s %q is at %s.", b.Kind, b.Name, position(before.DefRange)))
		}
		return
	}
	if kind.Max > 0 {
		if others := l.experiment.Of(b.Kind); len(others) >= kind.Max {
			l.report(errorAt(b.DefRange, fmt.Sprintf("Too many %s blocks", b.Kind), "There may be %d %s block(s); the first is at %s.", kind.Max, b.Kind, position(others[0].DefRange)))
			return
		}
	}
	l.blocks[target{b.Kind, b.Name}] = b
	l.experiment.Blocks = append(l.experiment.Blocks, b)
}

// headerRange covers a block's word and labels.
func headerRange(block *hclsyntax.Block) hcl.Range {
	rng := block.TypeRange
	for _, label := range block.LabelRanges {
		rng = hcl.RangeBetween(rng, label)
	}
	return rng
}

// inherit resolves `like`: the bodies to decode, the other block's first.
func (l *loader) inherit() {
	parents := map[*Block]*Block{}
	index := map[*Block]int{}
	for i, b := range l.experiment.Blocks {
		index[b] = i
	}
	graph := make([][]edge, len(l.experiment.Blocks))
	for i, b := range l.experiment.Blocks {
		if attr := b.syntax.Body.Attributes["like"]; attr != nil && b.kind.Like {
			if parent := l.parent(b, attr); parent != nil {
				parents[b] = parent
				graph[i] = []edge{{index[parent], attr.Expr.Range()}}
			} else {
				b.orphan = true
			}
		}
	}
	inCycle := map[*Block]bool{}
	for _, cycle := range cycles(graph) {
		for _, s := range cycle {
			inCycle[l.experiment.Blocks[s.node]] = true
			l.experiment.Blocks[s.node].orphan = true
		}
		l.report(errorAt(cycle[0].rng, "Cycle of like", "Each of these is like the next: %s.", describeCycle(cycle, l.blockName)))
	}
	for _, b := range l.experiment.Blocks {
		for a := b; a != nil && !(inCycle[a] && a != b); a = parents[a] {
			b.layers = append([]*hclsyntax.Body{a.syntax.Body}, b.layers...)
			b.orphan = b.orphan || a.orphan
			if inCycle[a] {
				break
			}
		}
	}
}

// parent is the block that b's `like` names, or nil after a diagnostic.
func (l *loader) parent(b *Block, attr *hclsyntax.Attribute) *Block {
	v, ok := l.value(attr.Expr)
	if !ok {
		return nil
	}
	c := &conversion{}
	ref := struct{ R Ref }{}
	if !c.assign(fieldOf(&ref), v, attr.Expr, "like", b.Kind) {
		l.diags = append(l.diags, c.diags...)
		return nil
	}
	parent := l.blocks[target{ref.R.Kind, ref.R.Name}]
	if parent != nil && !slices.Equal(typeLabels(parent), typeLabels(b)) {
		l.report(errorAt(attr.Expr.Range(), "Not of the same type", "%s %q is of type %s, so %s %q of type %s cannot be like it.",
			b.Kind, parent.Name, typeLabels(parent)[0], b.Kind, b.Name, typeLabels(b)[0]))
		return nil
	}
	return parent
}

// typeLabels are the labels before the name.
func typeLabels(b *Block) []string { return b.Labels[:max(0, len(b.Labels)-1)] }

func (l *loader) blockName(i int) string {
	b := l.experiment.Blocks[i]
	return Ref{Kind: b.Kind, Name: b.Name}.String()
}
