package work

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"runexp/internal/lm"
	"runexp/internal/lm/tensor"
	"runexp/internal/peft"
	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// LoadModel checks a checkpoint and takes a copy of it into the cache, so
// that nothing that happens to the folder afterwards changes a run.
type LoadModel struct{}

// Name is the kind of stage.
func (*LoadModel) Name() string { return "load" }

// Version is raised when another set of files would be taken.
func (*LoadModel) Version() int { return 1 }

// Numeric is false: the files are copied as they are.
func (*LoadModel) Numeric() bool { return false }

// Run copies the node's files and loads the copy, which lists everything that
// is wrong with it.
func (s *LoadModel) Run(ctx context.Context, job *pipeline.Job) error {
	for _, f := range job.Node.Files {
		if err := CopyFile(filepath.Join(job.Out, f.Name), f.Path); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("load model: %w", pipeline.ErrInterrupted)
		}
	}
	base, err := lm.Load(modelPath(job.Out))
	if err != nil {
		return relocate(err, job)
	}
	defer base.Free()
	return writeModelFacts(job, base)
}

// modelFactsFile tells the size of a model in a model node's output.
const modelFactsFile = "runexp_model.json"

// modelCounts are what is known of a model once it is made.
type modelCounts struct {
	Parameters int64 `json:"parameters"`
	Vocabulary int   `json:"vocabulary"`
}

// ReadModelCounts reads them from a model node's output.
func ReadModelCounts(entry *cache.Entry) (c modelCounts, err error) {
	return c, entry.ReadJSON(modelFactsFile, &c)
}

func writeModelFacts(job *pipeline.Job, base *lm.Base) error {
	backbone, lmHead := base.Count()
	return cache.WriteJSON(job.Out, modelFactsFile, modelCounts{backbone + lmHead, base.Config().Vocabulary})
}

// relocate names the user's files in an error about their copies.
func relocate(err error, job *pipeline.Job) error {
	text := err.Error()
	for _, f := range job.Node.Files {
		text = strings.ReplaceAll(text, filepath.Join(job.Out, f.Name), f.Path)
	}
	if len(job.Node.Files) > 0 {
		text = strings.ReplaceAll(text, job.Out, filepath.Dir(job.Node.Files[0].Path))
	}
	return InputError(text)
}

// CopyFile copies a file of a model.
func CopyFile(dst, src string) error {
	in, err := os.Open(src)
	if err != nil {
		return fmt.Errorf("copy model: %w", err)
	}
	defer in.Close()
	out, err := os.Create(dst)
	if err != nil {
		return fmt.Errorf("copy model: %w", err)
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("copy model %s: %w", src, err)
	}
	return out.Close()
}

// ModelFiles lists the files of a checkpoint that count: shape, weights,
// tokenizer.
func ModelFiles(path string) ([]pipeline.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		files := []pipeline.File{{Name: llama2CFile, Path: path}}
		if tok := filepath.Join(filepath.Dir(path), "tok512.bin"); exists(tok) {
			files = append(files, pipeline.File{Name: "tok512.bin", Path: tok})
		}
		return files, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []pipeline.File
	safe := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".safetensors") })
	for _, e := range entries {
		if isModelFile(e.Name(), safe) {
			files = append(files, pipeline.File{Name: e.Name(), Path: filepath.Join(path, e.Name())})
		}
	}
	return files, nil
}

// isModelFile: PyTorch's format counts only where there is no safetensors.
func isModelFile(name string, safe bool) bool {
	switch name {
	case "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt", "tok512.bin", "model.safetensors.index.json", peft.ReadingFile:
		return true
	case "pytorch_model.bin", "pytorch_model.bin.index.json":
		return !safe
	}
	return strings.HasPrefix(name, "model") && strings.HasSuffix(name, ".safetensors") ||
		!safe && strings.HasPrefix(name, "pytorch_model-") && strings.HasSuffix(name, ".bin")
}

// RandomModel writes an untrained model of a given shape.
type RandomModel struct{ Seed int }

// Name is the kind of stage.
func (*RandomModel) Name() string { return "random" }

// Version is raised when the same seed would give other weights.
func (*RandomModel) Version() int { return 1 }

// Run draws the weights.
func (s *RandomModel) Run(ctx context.Context, job *pipeline.Job) error {
	config := job.Node.Files[0].Path
	base, err := lm.LoadRandom(config, filepath.Dir(config), tensor.NewKey(uint64(s.Seed), "weights"))
	if err != nil {
		return InputError(err.Error())
	}
	defer base.Free()
	if err := base.Save(job.Out, nil); err != nil {
		return err
	}
	return writeModelFacts(job, base)
}
