package peft

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"runexp/internal/lm/nn"
)

// A head without pooler or dense layer, which reads the first token or the mean of
// all, is computed by no class of Transformers for sequences. The class for tokens
// computes it, though: its classifier is applied to every token, so that the logits
// of the first one, or their mean, are the head's outputs. Such heads are written as
// that class's; which of its logits count stands in a file beside them.

// ReadingFile is that file. Transformers and PEFT leave it alone.
const ReadingFile = "runexp_head.json"

// reading is its content.
type reading struct {
	Class   string `json:"class"` // whose logits are read
	Note    string `json:"note"`
	Pooling string `json:"pooling"` // cls: those of one token, mean: of all tokens
	Task    string `json:"task"`
	Token   int    `json:"token"` // which one, counted from 0 with the trained vectors before the input
}

// tokenLayout is the token class that computes what a head for sequences does.
func tokenLayout(c *nn.Config, h *nn.Head) (l headLayout, ok bool) {
	if c.Causal() || h == nil || h.Words != nil || h.UsePooler || h.Dense != nil || h.OutBias == nil || h.Pooling != "cls" && h.Pooling != "mean" {
		return l, false
	}
	l, err := layoutOf(c, "tagging")
	l.reads = h.Pooling
	return l, err == nil
}

// newReading says how the logits of a layout are read; nil where the class reads
// them itself.
func newReading(l headLayout, o *nn.Overlay) *reading {
	if l.reads == "" {
		return nil
	}
	r := &reading{Class: l.class, Pooling: l.reads, Task: o.Head.Task}
	switch {
	case l.reads == "mean":
		r.Note = "a row's outputs are the mean of its logits over all tokens"
	case o.Soft != nil && !o.Soft.PoolFirst:
		r.Token = o.Soft.Embedding.Value.Rows
		r.Note = "a row's outputs are the logits of its first token, which stands behind the trained vectors"
	default:
		r.Note = "a row's outputs are the logits of its first position"
	}
	return r
}

// warning tells the reader of an export what loading it asks for.
func (r *reading) warning() string {
	return fmt.Sprintf("load it as %s with num_labels outputs: %s (%s says so)", r.Class, r.Note, ReadingFile)
}

// write writes the file, if there is something to say.
func (r *reading) write(dir string) error {
	if r == nil {
		return nil
	}
	return writeConfig(filepath.Join(dir, ReadingFile), r)
}

// readReading applies the file of a folder, if it has one, to the head that was
// read there.
func (r *importer) readReading(dir string) error {
	path := filepath.Join(dir, ReadingFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var f reading
	if err := json.Unmarshal(text, &f); err != nil {
		return fmt.Errorf("%s: %w", ReadingFile, err)
	}
	vectors := 0
	if r.o.Soft != nil {
		vectors = r.config.Tokens
	}
	switch {
	case f.Class != r.layout.class:
		return fmt.Errorf("%s is about %q, and the files are %s's", ReadingFile, f.Class, r.layout.class)
	case f.Pooling != "cls" && f.Pooling != "mean":
		return fmt.Errorf("%s: pooling %q is neither cls nor mean", ReadingFile, f.Pooling)
	case f.Token != 0 && f.Token != vectors:
		return fmt.Errorf("%s: token %d is neither the first position nor the one behind the %d trained vectors", ReadingFile, f.Token, vectors)
	case !slices.Contains([]string{"classification", "regression", "multi_label", "multiple_choice"}, f.Task):
		return fmt.Errorf("%s: task %q has no outputs for rows", ReadingFile, f.Task)
	}
	r.o.Head.Task, r.o.Head.Pooling = f.Task, f.Pooling
	if r.o.Soft != nil {
		r.o.Soft.PoolFirst = f.Token == 0
	}
	return nil
}
