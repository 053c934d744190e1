package work

import (
	"context"
	"path/filepath"

	"runexp/internal/train"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// BaseRetention measures the untouched model on general text, and keeps the
// tokenised text for the evaluations of what was adapted from it.
type BaseRetention struct {
	Rows  int  // sequences that are scored
	RunOn bool // lines of a text run on from one sequence to the next
}

// Name is the kind of stage.
func (*BaseRetention) Name() string { return "retention" }

// Version is raised when the same text would be scored otherwise.
func (*BaseRetention) Version() int { return 1 }

// Retained is the output of BaseRetention.
type Retained struct {
	Loss      float64   `json:"loss"` // nats per scored token
	Tokens    int       `json:"tokens"`
	Sequences [][]int32 `json:"sequences"`
}

const (
	retentionFile   = "retention.json"
	retentionLength = 64 // tokens of a sequence
)

// Run writes retention.json.
func (s *BaseRetention) Run(ctx context.Context, job *pipeline.Job) error {
	base, release, err := LoadBase(job)
	if err != nil {
		return err
	}
	defer release()
	d := &documents{}
	if _, ok := job.In["text"]; ok {
		dir, err := job.Dir("text")
		if err != nil {
			return err
		}
		d.paths = []string{filepath.Join(dir, heldoutFile)}
	}
	for _, f := range job.Node.Files {
		d.paths = append(d.paths, f.Path)
	}
	var texts []string
	for text := range d.all() {
		texts = append(texts, text)
	}
	if d.err != nil {
		return d.err
	}
	examples := sequences(base, texts, min(retentionLength, base.Config().Longest()), s.RunOn)
	r := &Retained{}
	for _, e := range examples[:min(s.Rows, len(examples))] {
		r.Sequences = append(r.Sequences, e.Sequences[0].IDs)
	}
	if !base.Config().LMHead || len(r.Sequences) == 0 {
		// Nothing can be measured; evaluations find no tokens and say nothing.
		return cache.WriteJSON(job.Out, retentionFile, r)
	}
	loss, rows := train.LanguageLoss(base, nil, r.examples(), retentionKey())
	r.Loss = loss
	for _, row := range rows {
		r.Tokens += row.Tokens
	}
	return cache.WriteJSON(job.Out, retentionFile, r)
}

func (r *Retained) examples() []*train.Example {
	var list []*train.Example
	for _, ids := range r.Sequences {
		list = append(list, &train.Example{Sequences: []train.Sequence{{IDs: ids, Mask: -1}}})
	}
	return list
}

// readRetention returns the untouched model's loss, nil if there is none.
func readRetention(job *pipeline.Job) (*Retained, error) {
	entry, ok := job.In["retention"]
	if !ok {
		return nil, nil
	}
	r := &Retained{}
	if err := entry.ReadJSON(retentionFile, r); err != nil {
		return nil, err
	}
	if r.Tokens == 0 {
		return nil, nil
	}
	return r, nil
}
