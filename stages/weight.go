package stages

import (
	"fmt"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/train"
	"runexp/methods"
	"runexp/pipeline"
	"runexp/stages/block"
	"runexp/stages/work"
)

// A MemoryNeed is what a training run is predicted to need at most: its rows
// are taken to be as long as the data set allows.
type MemoryNeed struct {
	Run   *Run
	Parts train.Peak
}

// Text is the sum with its parts.
func (n MemoryNeed) Text() string {
	p := n.Parts
	return fmt.Sprintf("%s: %s = weights %s + overlay %s + gradients and moments %s + activations %s + evaluation %s + kernels %s",
		n.Run.group(), mega(p.Total()), mega(p.Weights), mega(p.Overlay), mega(p.State), mega(p.Activations), mega(p.Evaluation), mega(p.Scratch))
}

func mega(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// Weigh predicts the memory and the disk space of every training run by a dry
// step, and the disk space of models and features, gives them to the nodes for the executor's budget, and returns the
// memory, once for each configuration.
func (p *Plan) Weigh() ([]MemoryNeed, error) {
	var needs []MemoryNeed
	known := map[string]train.Peak{}
	bases := map[string]*lm.Base{}
	for _, r := range p.Runs {
		m, ok := r.Method.Method.(methods.Adapter)
		if !ok || r.Model == nil {
			continue
		}
		parts, ok := known[r.group()]
		if !ok {
			base, err := p.dryBase(bases, r.Model)
			if err != nil {
				return nil, err
			}
			if parts, err = weigh(base, r, m); err != nil {
				return nil, fmt.Errorf("%s: %w", r.group(), err)
			}
			known[r.group()] = parts
			needs = append(needs, MemoryNeed{r, parts})
		}
		w := &r.Adapt.Weight
		w.MemoryBytes = parts.Total() - parts.Weights
		// A checkpoint holds no more than the state in memory; there are two.
		w.DiskBytes, w.WorkBytes = parts.Overlay, 2*parts.State
	}
	for _, m := range p.Models {
		if err := p.weighPretraining(bases, m); err != nil {
			return nil, err
		}
	}
	return needs, p.weighFeatures(bases)
}

// weighFeatures predicts the disk space of passes over rows: a vector for each row
// and need. How many words or choices rows have is not known before.
func (p *Plan) weighFeatures(bases map[string]*lm.Base) error {
	for _, n := range p.Graph.Nodes() {
		stage, ok := n.Stage.(*work.Features)
		if !ok {
			continue
		}
		data, model := n.Inputs[0].Node.Stage.(*work.ReadData), p.modelOf(n.Inputs[1].Node)
		rows, known := data.Rows()
		if !known || model == nil || data.Config.Task == dataset.Tagging || data.Config.Task == dataset.MultipleChoice {
			continue
		}
		base, err := p.dryBase(bases, model)
		if err != nil {
			return err
		}
		n.Weight.DiskBytes = int64(rows) * int64(len(stage.Needs)) * int64(base.Config().Hidden) * 4
	}
	return nil
}

// modelOf is the model that a node makes; nil if it makes none.
func (p *Plan) modelOf(n *pipeline.Node) *block.Model {
	for _, m := range p.Models {
		if p.ModelNodes[m.Name] == n {
			return m
		}
	}
	return nil
}

// weighPretraining predicts the disk space of a model that is trained here: its
// weights, and two checkpoints of them with both moments.
func (p *Plan) weighPretraining(bases map[string]*lm.Base, m *block.Model) error {
	node := p.ModelNodes[m.Name]
	if m.Pretrain == nil || node == nil {
		return nil
	}
	base, err := p.dryBase(bases, m)
	if err != nil {
		return err
	}
	node.Weight.DiskBytes, node.Weight.WorkBytes = base.Bytes(), 2*3*base.Bytes()
	return nil
}

func (p *Plan) dryBase(known map[string]*lm.Base, m *block.Model) (*lm.Base, error) {
	if b, ok := known[m.Name]; ok {
		return b, nil
	}
	shape, err := p.shape(m)
	if err != nil {
		return nil, err
	}
	b, err := lm.NewDry(shape)
	known[m.Name] = b
	return b, err
}

// weigh takes one dry step of a run.
func weigh(base *lm.Base, r *Run, m methods.Adapter) (train.Peak, error) {
	classes := expectedOutputs(r.Dataset)
	task := train.Task{Kind: r.Dataset.Config.Task, Outputs: classes}
	setup := methods.Setup{Head: nn.HeadSpec{Task: task.Kind, Outputs: classes}, Schedule: r.Method.Train.Schedule, Dropout: r.Method.Train.Dropout}
	overlay, err := m.Adapt(base, setup, tensor.NewKey(0, "weigh"))
	if err != nil {
		return train.Peak{}, err
	}
	defer overlay.Free()
	in := work.Input{MaxLength: r.Dataset.MaxLength}
	length, err := in.Limit(base, work.OverlayPositions(overlay))
	if err != nil {
		return train.Peak{}, err
	}
	row := []int{length}
	if task.Kind == dataset.MultipleChoice {
		choices := 4
		if in := r.Dataset.Config.Input; in != nil && len(in.Choices) > 1 {
			choices = len(in.Choices)
		}
		for len(row) < choices {
			row = append(row, length)
		}
	}
	rows := make([][]int, r.Method.Train.BatchSize)
	for i := range rows {
		rows[i] = row
	}
	_, parts := train.EstimatePeak(base, overlay, task, *r.Method.Train, train.Lengths{Train: rows, Dev: rows})
	return parts, nil
}

// CheckMemory refuses a plan of which some run does not fit into limit bytes;
// a limit of 0 refuses nothing. It returns what is left for the runs besides
// the largest base.
func (p *Plan) CheckMemory(limit int64) (int64, error) {
	needs, err := p.Weigh()
	if err != nil || limit == 0 {
		return limit, err
	}
	largest := int64(0)
	for _, n := range needs {
		largest = max(largest, n.Parts.Weights)
		if n.Parts.Total() > limit {
			return 0, fmt.Errorf("%w: %s is needed, %s is available; smaller are a batch, max_length, checkpointing = true, a lightweight method", pipeline.ErrResources, n.Text(), mega(limit))
		}
	}
	return limit - largest, nil
}
