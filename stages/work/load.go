package work

import (
	"fmt"
	"os"
	"path/filepath"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/pipeline"
)

// What several runs of a process read is loaded once and kept in the job's
// memo, under the content id of what it was loaded from.

// LoadBase returns the base model of the job's input "model".
func LoadBase(job *pipeline.Job) (*lm.Base, func(), error) {
	entry, ok := job.In["model"]
	if !ok {
		return nil, func() {}, nil
	}
	value, release, err := job.Memo.Get("base "+entry.Output().String(), func() (any, int64, error) {
		dir, err := job.Dir("model")
		if err != nil {
			return nil, 0, err
		}
		base, err := lm.Load(modelPath(dir))
		if err != nil {
			return nil, 0, err
		}
		return base, base.Bytes(), nil
	})
	if err != nil {
		return nil, nil, err
	}
	return value.(*lm.Base), release, nil
}

// llama2CFile is the name of a llama2.c model in a load node's output.
const llama2CFile = "model.bin"

// modelPath is what lm.Load reads in a model node's output.
func modelPath(dir string) string {
	if bin := filepath.Join(dir, llama2CFile); exists(bin) {
		return bin
	}
	return dir
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// LoadData returns the rows of the job's input "data".
func LoadData(job *pipeline.Job) (*dataset.Dataset, func(), error) {
	entry, ok := job.In["data"]
	if !ok {
		return nil, nil, fmt.Errorf("%s has no data", job.Node.Addr)
	}
	value, release, err := job.Memo.Get("data "+entry.Output().String(), func() (any, int64, error) {
		dir, err := job.Dir("data")
		if err != nil {
			return nil, 0, err
		}
		d, err := dataset.ReadDir(dir)
		if err != nil {
			return nil, 0, err
		}
		return d, d.Bytes(), nil
	})
	if err != nil {
		return nil, nil, err
	}
	return value.(*dataset.Dataset), release, nil
}

// Together calls all of several release functions.
func Together(releases ...func()) func() {
	return func() {
		for _, r := range releases {
			if r != nil {
				r()
			}
		}
	}
}
