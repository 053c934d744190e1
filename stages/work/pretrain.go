package work

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tensor"
	"runexp/internal/lm/tokenizer"
	"runexp/internal/train"
	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/stages/block"
)

// Pretrain trains a model on text: from nothing with a vocabulary of its own,
// or on from the job's input "model".
type Pretrain struct{ Config block.Pretraining }

// Name is the kind of stage.
func (*Pretrain) Name() string { return "pretrain" }

// Version is raised when the same configuration would give another model.
func (*Pretrain) Version() int { return 1 }

// heldoutFile holds the text that pretraining did not see, one document a
// line.
const heldoutFile = "heldout.txt"

// Run writes a model folder, the held-out text and the training curve.
func (s *Pretrain) Run(ctx context.Context, job *pipeline.Job) error {
	c := s.Config
	texts, heldout, err := s.Text(job)
	if err != nil {
		return err
	}
	start, release, err := LoadBase(job)
	if err != nil {
		return err
	}
	defer release()
	fresh := start == nil
	base := start
	if fresh {
		if base, err = s.newModel(texts); err != nil {
			return err
		}
		defer base.Free()
	}
	overlay := nn.NewOverlay(false)
	defer overlay.Free()
	for _, spec := range base.Arch.Specs() {
		p := base.Weights[spec.Name]
		if !fresh {
			copied := nn.NewParam(overlay.Arena, p.Name, p.Value.Rows, p.Value.Cols)
			tensor.Copy(copied.Value, p.Value)
			p = copied
		}
		p.NoDecay = len(spec.Shape) == 1
		overlay.Replaced[spec.Name] = p
	}
	if overlay.Head, err = nn.NewHead(overlay.Arena, base.Config(), nn.HeadSpec{Task: "language_modeling"}, tensor.Key{}); err != nil {
		return err
	}
	length := min(c.Length, base.Config().Longest())
	data := train.Data{
		Task:  train.Task{Kind: "language_modeling"},
		Train: sequences(base, texts, length, c.Generator == nil),
	}
	config := train.NewConfig()
	config.Steps, config.BatchSize, config.LearningRate = c.Steps, c.BatchSize, c.LearningRate
	config.WeightDecay, config.Warmup, config.Schedule = c.WeightDecay, c.Warmup, "linear"
	result, measured, err := runTraining(ctx, job, base, overlay, data, config, uint64(c.Seed), nil)
	if err != nil {
		return err
	}
	if result.Status == train.Diverged {
		return fmt.Errorf("pretraining diverged: %s", result.Detail)
	}
	writeMeasured(job, result, measured)
	if err := base.Save(job.Out, &nn.Overlay{Replaced: overlay.Replaced}); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(job.Out, heldoutFile), []byte(strings.Join(heldout, "\n")+"\n"), 0o666); err != nil {
		return fmt.Errorf("pretrain: %w", err)
	}
	if err := writeModelFacts(job, base); err != nil {
		return err
	}
	return cache.WriteJSON(job.Out, trainFile, result)
}

// Text reads all documents and sets the held-out share aside: every k-th one.
func (s *Pretrain) Text(job *pipeline.Job) (texts, heldout []string, err error) {
	d := &documents{generator: s.Config.Generator, count: s.documentCount()}
	for _, f := range job.Node.Files {
		d.paths = append(d.paths, f.Path)
	}
	every := 0
	if s.Config.Heldout > 0 {
		every = max(2, int(math.Round(1/s.Config.Heldout)))
	}
	n := 0
	for doc := range d.all() {
		n++
		if every > 0 && n%every == 0 {
			heldout = append(heldout, doc)
		} else {
			texts = append(texts, doc)
		}
	}
	if d.err == nil && len(texts) == 0 {
		d.err = InputError("pretrain: the text is empty")
	}
	return texts, heldout, d.err
}

// documentCount is how many documents of a generator are used: as many as its
// rows attribute says.
func (s *Pretrain) documentCount() int {
	if s.Config.Generator == nil {
		return 0
	}
	return s.Config.Generator.Generator.RowCount()
}

// newModel trains a vocabulary and draws a model of the configured shape.
func (s *Pretrain) newModel(texts []string) (*lm.Base, error) {
	c := s.Config
	all := func(yield func(string) bool) {
		for _, t := range texts {
			if !yield(t) {
				return
			}
		}
	}
	var tok *tokenizer.Tokenizer
	var err error
	if c.Architecture == "bert" {
		tok, err = tokenizer.TrainWordPiece(all, tokenizer.TrainConfig{Vocabulary: c.Vocabulary, MinFrequency: 2, Lowercase: true})
	} else {
		tok, err = tokenizer.TrainByteBPE(all, tokenizer.TrainConfig{Vocabulary: c.Vocabulary, MinFrequency: 2})
	}
	if err != nil {
		return nil, err
	}
	shape := s.Config.Shape(tok.Size())
	special := tok.Special()
	shape.PadID, shape.BOSID, shape.EOSID = max(special.PAD, special.EOS), max(special.BOS, special.EOS), special.EOS
	if c.Architecture == "bert" {
		shape.PadID = special.PAD
	}
	return lm.New(shape, tok, tensor.NewKey(uint64(c.Seed), "weights"))
}
