package stages

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/pipeline/config"
)

// Options are what the command line adds to a plan.
type Options struct {
	Seeds int      // only the first so many seeds; 0: all
	Only  []string // addresses or method names to keep; nil: all
	// HubDir is where downloads are kept.
	HubDir string
}

// Compile derives the graph of an experiment: shared nodes once, every run's
// adapt and evaluate, and the edges that warm starts need.
func Compile(exp *config.Experiment, o Options) (*Plan, hcl.Diagnostics) {
	c := &compiler{exp: exp, options: o, plan: &Plan{
		Graph: &pipeline.Graph{}, DataNodes: map[string]*pipeline.Node{}, ModelNodes: map[string]*pipeline.Node{}, Cuts: map[string][]int{},
	}}
	c.settings()
	c.sources()
	if !c.diags.HasErrors() {
		c.applySearch()
		c.checkCount()
	}
	if !c.diags.HasErrors() {
		c.runs()
	}
	if !c.diags.HasErrors() {
		c.diagnoses()
	}
	return c.plan, c.diags
}

type compiler struct {
	exp     *config.Experiment
	options Options
	plan    *Plan
	diags   hcl.Diagnostics
	// families groups the runs that compete, by family key.
	families map[string][]*Run
	// dry are the models' shapes, nil where one is not known.
	dry map[string]*lm.Base
}

func (c *compiler) fail(at hcl.Range, summary, format string, args ...any) {
	c.diags = append(c.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at,
	})
}

// settings reads the blocks that there is one of.
func (c *compiler) settings() {
	if blocks := c.exp.Of("experiment"); len(blocks) == 1 {
		c.plan.Experiment = blocks[0].Config().(*Experiment)
	} else {
		c.fail(c.top(), "No experiment block", "A file that is run says what it is called: experiment \"name\" { … }.")
		c.plan.Experiment = newExperiment("unnamed")
	}
	if n := c.options.Seeds; n > 0 && n < len(c.plan.Experiment.Seeds) {
		c.plan.Experiment.Seeds = c.plan.Experiment.Seeds[:n]
	}
	for _, b := range c.exp.Of("search") {
		c.plan.Search = b.Config().(*Search)
	}
	for _, b := range c.exp.Of("gate") {
		c.plan.Gate = b.Config().(*Gate)
	}
	for _, b := range c.exp.Of("budget") {
		c.plan.Budgets = append(c.plan.Budgets, b.Config().(*Budget))
	}
}

func (c *compiler) top() hcl.Range {
	if len(c.exp.Blocks) > 0 {
		return c.exp.Blocks[0].DefRange
	}
	file := ""
	if len(c.exp.Files) > 0 {
		file = c.exp.Files[0]
	}
	return hcl.Range{Filename: file, Start: hcl.InitialPos, End: hcl.InitialPos}
}

// sources adds a node for every data set and every model.
func (c *compiler) sources() {
	for _, b := range c.exp.Of("dataset") {
		d := b.Config().(*Dataset)
		d.applyDefaults()
		c.plan.Datasets = append(c.plan.Datasets, d)
		c.keepColumns(d)
		c.checkFormats(b, d)
		c.dataNode(b, d)
	}
	for _, b := range c.exp.Of("model") {
		c.plan.Models = append(c.plan.Models, b.Config().(*Model))
	}
	for _, b := range c.exp.Of("model") {
		c.modelNode(b)
	}
	c.plan.Blocks = c.exp.Of("method")
	if len(c.plan.Datasets) == 0 {
		c.fail(c.top(), "No data set", "An experiment needs at least one dataset block.")
	}
	if len(c.plan.Blocks) == 0 {
		c.fail(c.top(), "No method", "An experiment needs at least one method block.")
	}
}

func (c *compiler) dataNode(b *config.Block, d *Dataset) {
	stage := &ReadData{Config: d.Config, Generator: d.Generator}
	node := &pipeline.Node{Addr: "data " + d.Name, Stage: stage}
	if d.Config.Files != nil {
		dir, ok := c.dataDir(b, d)
		if !ok {
			return
		}
		parts, err := d.Config.Files.Resolve(dir)
		if err != nil {
			c.fieldErrors(b, "files", err)
			return
		}
		stage.parts = parts
		for _, p := range parts {
			node.Files = append(node.Files, pipeline.File{Name: p.Name, Path: p.Path})
			for i, path := range p.Parallel {
				node.Files = append(node.Files, pipeline.File{Name: fmt.Sprintf("%s/parallel/%d", p.Name, i+1), Path: path})
			}
		}
	}
	if c.rolling(d) {
		c.cutNodes(b, d, node)
		return
	}
	c.plan.DataNodes[d.Name] = c.plan.Graph.Add(node)
}

// fieldErrors shows errors of a nested block at its attributes.
func (c *compiler) fieldErrors(b *config.Block, block string, err error) {
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	for _, e := range list {
		at := b.AttrRange(block)
		if f, ok := e.(config.FieldError); ok {
			at = b.AttrRange(block + "." + f.Field())
		}
		c.fail(at, "Invalid data set", "%v", e)
	}
}

// modelNode adds a model's node, and first that of the model it continues
// from; config has refused cycles.
func (c *compiler) modelNode(b *config.Block) *pipeline.Node {
	m := b.Config().(*Model)
	if n, ok := c.plan.ModelNodes[m.Name]; ok {
		return n
	}
	var node *pipeline.Node
	switch {
	case m.Path.Text != "":
		files, err := modelFiles(m.Path.Abs)
		if err != nil {
			c.fail(b.AttrRange("path"), "Unreadable model", "%v.", err)
			return nil
		}
		node = &pipeline.Node{Addr: "load " + m.Name, Stage: &LoadModel{}, Files: files}
	case m.Hub != "":
		node = c.hubNode(b, m)
	case m.Random != nil:
		node = &pipeline.Node{Addr: "random " + m.Name, Stage: &RandomModel{Seed: m.Random.Seed},
			Files: []pipeline.File{{Name: "config.json", Path: m.Random.Config.Abs}}}
	default:
		node = c.pretrainNode(b, m)
	}
	if node == nil {
		return nil
	}
	node = c.plan.Graph.Add(node)
	c.plan.ModelNodes[m.Name] = node
	return node
}

func (c *compiler) pretrainNode(b *config.Block, m *Model) *pipeline.Node {
	node := &pipeline.Node{Addr: "pretrain " + m.Name, Stage: &Pretrain{Config: *m.Pretrain}}
	for i, pattern := range m.Pretrain.Text {
		paths, err := expandPath(pattern)
		if err != nil {
			c.fail(b.AttrRange("pretrain.text"), "Unreadable text", "%v.", err)
			return nil
		}
		for k, p := range paths {
			node.Files = append(node.Files, pipeline.File{Name: fmt.Sprintf("text/%d/%d", i+1, k+1), Path: p})
		}
	}
	if !m.From.IsZero() {
		from := c.exp.Find(m.From)
		if from == nil {
			return nil
		}
		start := c.modelNode(from)
		if start == nil {
			return nil
		}
		node.Inputs = append(node.Inputs, pipeline.Input{Name: "model", Node: start})
	}
	return node
}

// checkCount refuses more runs than the limit before any is expanded.
func (c *compiler) checkCount() {
	total := new(big.Int)
	var parts []string
	for _, b := range c.plan.Blocks {
		m := b.Config().(*Method)
		count := b.Count().
			Times(config.Factor{Name: "data sets", N: int64(c.conditionsOf(m))}).
			Times(config.Factor{Name: "models", N: int64(max(1, len(c.modelsOf(m))))}).
			Times(config.Factor{Name: "seeds", N: int64(len(c.plan.Experiment.Seeds))})
		total.Add(total, count.Total())
		parts = append(parts, fmt.Sprintf("method %q: %s", m.Name, count))
	}
	if limit := int64(c.plan.Experiment.MaxRuns); total.Cmp(big.NewInt(limit)) > 0 {
		c.fail(c.top(), "Too many runs", "The file declares %s runs; the limit is %d. Narrow a sweep, or raise max_runs in the experiment block.\n%s", total, limit, strings.Join(parts, "\n"))
	}
}

// conditionsOf counts the data sets of a method, each under its conditions.
func (c *compiler) conditionsOf(m *Method) int {
	n := 0
	for _, d := range c.datasetsOf(m) {
		n += len(c.conditions(d, m))
	}
	return n
}

func (c *compiler) datasetsOf(m *Method) []*Dataset {
	return narrowed(c.plan.Datasets, m.Datasets, func(d *Dataset) string { return d.Name })
}

// modelsOf is empty for methods without a language model.
func (c *compiler) modelsOf(m *Method) []*Model {
	if m.withoutModel() {
		return nil
	}
	return narrowed(c.plan.Models, m.Models, func(m *Model) string { return m.Name })
}

func narrowed[T any](all []T, refs []config.Ref, name func(T) string) []T {
	if refs == nil {
		return all
	}
	var list []T
	for _, x := range all {
		if slices.ContainsFunc(refs, func(r config.Ref) bool { return r.Name == name(x) }) {
			list = append(list, x)
		}
	}
	return list
}

// runs adds the nodes of every run; methods that others start from come
// first.
func (c *compiler) runs() {
	c.families = map[string][]*Run{}
	done := map[string]bool{}
	var add func(b *config.Block)
	add = func(b *config.Block) {
		if done[b.Name] {
			return
		}
		done[b.Name] = true
		if from := b.Config().(*Method).From; !from.IsZero() {
			if start := c.exp.Find(from); start != nil {
				add(start)
			}
		}
		c.methodRuns(b)
	}
	for _, b := range c.plan.Blocks {
		add(b)
	}
	// The report follows the file, whatever the edges are.
	order := map[string]int{}
	for i, b := range c.plan.Blocks {
		order[b.Name] = i
	}
	slices.SortStableFunc(c.plan.Runs, func(a, b *Run) int { return order[a.Method.Name] - order[b.Method.Name] })
	c.only()
}

func (c *compiler) methodRuns(b *config.Block) {
	m := b.Config().(*Method)
	if !m.withoutModel() && len(c.plan.Models) == 0 {
		c.fail(b.DefRange, "No model", "method %q adapts a language model, and the file declares none.", m.Name)
		return
	}
	if readsText(m.Method) && m.Models != nil {
		c.fail(b.AttrRange("models"), "Attribute without effect", "method %q reads no language model, so it cannot be narrowed to some.", m.Name)
		return
	}
	for _, d := range c.datasetsOf(m) {
		if isExternal(m.Method) && formatShift(d) {
			c.fail(b.DefRange, "Method does not fit the shift", "An external command predicts rows in one format; data set %q has a format shift.", d.Name)
			continue
		}
		models := c.modelsOf(m)
		if m.withoutModel() {
			models = []*Model{nil}
		}
		for _, model := range models {
			for _, point := range b.Points {
				if !c.applies(b, d, model, point) {
					continue
				}
				c.pointRuns(b, d, model, point)
			}
		}
	}
}

// pointRuns adds one configuration under every seed. What draws nothing is
// one pair of nodes that all seeds share.
func (c *compiler) pointRuns(b *config.Block, d *Dataset, model *Model, point *config.Point) {
	m := point.Config.(*Method)
	draws := m.Method.Draws() && !m.EvaluateOnly
	for _, condition := range c.conditions(d, m) {
		for _, seed := range c.plan.Experiment.Seeds {
			r := &Run{Dataset: d, Model: model, Method: m, Point: point, Condition: condition, Seed: seed, Draws: draws}
			if !c.addNodes(b, r) {
				return
			}
			c.plan.Runs = append(c.plan.Runs, r)
			c.families[r.family()] = append(c.families[r.family()], r)
		}
	}
}

// conditions are what a method is trained under on a data set: each of the
// formats that its shift trains on, each cut of a rolling shift, or one
// condition without a name.
func (c *compiler) conditions(d *Dataset, m *Method) []string {
	switch {
	case formatShift(d):
		return formatConditions(d, m)
	case c.rolling(d):
		return c.cutConditions(d, m)
	}
	return []string{""}
}

func formatShift(d *Dataset) bool {
	return d.Config.Shift != nil && d.Config.Shift.Type == dataset.FormatShift
}

// addNodes adds the run's adapt and evaluate nodes and what they read.
func (c *compiler) addNodes(b *config.Block, r *Run) bool {
	data := pipeline.Input{Name: "data", Node: c.dataNodeOf(r.Dataset, r.Condition)}
	input, ok := c.input(b, r)
	if !ok {
		return false
	}
	addr, seed := r.Addr(), r.Seed
	if !r.Draws {
		addr, seed = r.group(), 0
	}
	adapt := &pipeline.Node{
		Addr:   "adapt " + addr,
		Stage:  &Adapt{Method: r.Method.Method, Train: r.Method.Train, Input: input, Metric: r.Dataset.Metric, Seed: seed, Given: r.Method.given()},
		Inputs: []pipeline.Input{data},
	}
	if !c.startFiles(b, r, adapt) {
		return false
	}
	needs := featureNeeds(r.Method.Method)
	measure := &Evaluate{Metric: r.Dataset.Metric, Input: input, Shifted: c.shiftedInputs(r, input), Reads: reads(r.Method.Method), Years: periodYears(r.Dataset)}
	if len(needs) > 0 {
		measure.Need = &needs[0]
	}
	if r.Method.Rewinding != nil {
		measure.Rewind = r.Method.Rewinding.Rewind
	}
	evaluate := &pipeline.Node{
		Addr:   "evaluate " + addr,
		Stage:  measure,
		Inputs: []pipeline.Input{data},
	}
	if m, ok := r.Method.Method.(*methods.External); ok {
		adapt.Stage.(*Adapt).Dir = c.exp.Dir
		adapt.Files = c.commandFiles(m)
	}
	if r.Model != nil {
		model := c.plan.ModelNodes[r.Model.Name]
		if model == nil {
			return false
		}
		adapt.Inputs = append(adapt.Inputs, pipeline.Input{Name: "model", Node: model})
		evaluate.Inputs = append(evaluate.Inputs, pipeline.Input{Name: "model", Node: model})
		if retention := c.retentionNode(r.Model, model); retention != nil {
			evaluate.Inputs = append(evaluate.Inputs, pipeline.Input{Name: "retention", Node: retention})
		}
	}
	if len(needs) > 0 {
		features := pipeline.Input{Name: "features", Node: c.featuresNode(r, input, data.Node)}
		adapt.Inputs = append(adapt.Inputs, features)
		evaluate.Inputs = append(evaluate.Inputs, features)
		for _, in := range measure.Shifted {
			evaluate.Inputs = append(evaluate.Inputs, pipeline.Input{Name: "features " + in.Format.Name, Node: c.featuresNode(r, in, data.Node)})
		}
	}
	if !r.Method.From.IsZero() {
		pick := c.pickNode(b, r)
		if pick == nil {
			return false
		}
		adapt.Inputs = append(adapt.Inputs, pipeline.Input{Name: "from", Node: pick})
	}
	if earlier := c.earlierCut(r); earlier != nil {
		adapt.Inputs = append(adapt.Inputs, pipeline.Input{Name: "from", Node: earlier})
	}
	r.Adapt, r.Evaluate = adapt, evaluate
	c.firstRung(r, len(b.Points))
	r.Adapt = c.plan.Graph.Add(adapt)
	evaluate.Inputs = append(evaluate.Inputs, pipeline.Input{Name: "adapt", Node: r.Adapt})
	r.Evaluate = c.plan.Graph.Add(evaluate)
	return true
}

// reads tells an evaluation what kind of thing an adaptation left.
func reads(m methods.Method) string {
	switch {
	case readsText(m):
		return "text"
	case readsFeatures(m):
		return "features"
	case isExternal(m):
		return "external"
	case asks(m):
		return "prompt"
	}
	return "overlay"
}

// input is how the run's rows become input: the format of its condition, or
// the method's own. Only a method's own format scores label words.
func (c *compiler) input(b *config.Block, r *Run) (Input, bool) {
	in := Input{MaxLength: r.Dataset.MaxLength, Truncate: r.Dataset.Truncate}
	switch ref := r.Method.Format; {
	case !ref.IsZero():
		block := c.exp.Find(ref)
		if block == nil {
			return in, false
		}
		in.Format = block.Config().(*Format)
		in.Words = in.Format.Words
	case formatShift(r.Dataset):
		in.Format = c.format(r.Condition)
		return in, in.Format != nil
	}
	return in, true
}

// format finds a format block by name; checkFormats has reported those that
// do not exist.
func (c *compiler) format(name string) *Format {
	if b := c.exp.Find(config.Ref{Kind: "format", Name: name}); b != nil {
		return b.Config().(*Format)
	}
	return nil
}

// checkFormats refuses formats of a shift that the file does not declare.
func (c *compiler) checkFormats(b *config.Block, d *Dataset) {
	s := d.Config.Shift
	if s == nil || s.Type != dataset.FormatShift {
		return
	}
	for attribute, names := range map[string][]string{"train": s.Train, "test": s.Test} {
		for _, name := range names {
			f := c.exp.Find(config.Ref{Kind: "format", Name: name})
			if f == nil {
				c.fail(b.AttrRange("shift."+attribute), "No such format", "No format is named %q.", name)
				continue
			}
			c.keep(d, f)
		}
	}
}

// retentionNode measures the untouched model on general text; nil where there
// is none.
func (c *compiler) retentionNode(m *Model, model *pipeline.Node) *pipeline.Node {
	stage := &BaseRetention{Rows: 200}
	node := &pipeline.Node{Addr: "retention " + m.Name, Stage: stage, Inputs: []pipeline.Input{{Name: "model", Node: model}}}
	blocks := c.exp.Of("retention")
	if len(blocks) == 0 {
		if m.Pretrain == nil {
			return nil
		}
		// A continued model is measured on the text of the model it came from.
		for !m.From.IsZero() {
			m = c.exp.Find(m.From).Config().(*Model)
		}
		if m.Pretrain == nil {
			return nil
		}
		node.Inputs = append(node.Inputs, pipeline.Input{Name: "text", Node: c.plan.ModelNodes[m.Name]})
		stage.RunOn = m.Pretrain.Generator == nil
		return c.plan.Graph.Add(node)
	}
	r := blocks[0].Config().(*Retention)
	if r.Rows > 0 {
		stage.Rows = r.Rows
	}
	stage.RunOn = true
	for i, pattern := range r.Text {
		paths, err := expandPath(pattern)
		if err != nil {
			c.fail(blocks[0].AttrRange("text"), "Unreadable text", "%v.", err)
			return nil
		}
		for k, p := range paths {
			node.Files = append(node.Files, pipeline.File{Name: fmt.Sprintf("text/%d/%d", i+1, k+1), Path: p})
		}
	}
	return c.plan.Graph.Add(node)
}
