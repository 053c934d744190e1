package slurm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"runexp/pipeline"
	"runexp/pipeline/cache"
)

// result is what came of a node; result.json, beside the folder out. The file
// is one line with the hash of what follows, and a JSON document.
type result struct {
	Address string            `json:"address"`
	Action  string            `json:"action"`
	Error   *failure          `json:"error,omitempty"`
	Info    map[string]string `json:"info"`
	Files   []resultFile      `json:"files"`
}

type resultFile struct {
	Name   string `json:"name"` // slash-separated, below out
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const resultHeader = "runexp result 1 "

// damageError says that a result is not what its worker wrote.
type damageError struct{ cause error }

func (e *damageError) Error() string { return e.cause.Error() }

func damaged(format string, args ...any) error { return &damageError{fmt.Errorf(format, args...)} }

func (r *result) encode() ([]byte, error) {
	text, err := json.Marshal(r)
	return fmt.Appendf(nil, "%s%s\n%s", resultHeader, cache.Sum(text), text), err
}

func decodeResult(text []byte) (*result, error) {
	line, body, _ := bytes.Cut(text, []byte("\n"))
	if string(line) != resultHeader+cache.Sum(body).String() {
		return nil, damaged("result.json is torn or altered")
	}
	r := &result{}
	if err := json.Unmarshal(body, r); err != nil {
		return nil, damaged("result.json: %v", err)
	}
	return r, nil
}

// listOutput hashes all files of a folder, sorted by name, and makes them
// durable.
func listOutput(dir string) ([]resultFile, error) {
	var files []resultFile
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return cache.OS{}.Sync(path)
		case !d.Type().IsRegular():
			return fmt.Errorf("output %s is %s, not a regular file", path, d.Type())
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		size, sum, err := cache.SumFile(path)
		if err != nil {
			return err
		}
		files = append(files, resultFile{filepath.ToSlash(name), size, sum.String()})
		return cache.OS{}.Sync(path)
	})
	return files, err
}

// collect brings the result of a job to job.Out and job.Info, or returns the
// error that the node ended with. A damageError says that the result cannot be
// used; what lies in job.Out then is worthless.
func (f folder) collect(job *pipeline.Job) error {
	dir := f.result(job.Action.String())
	var text []byte
	err := patiently(context.Background(), func() (err error) {
		text, err = os.ReadFile(filepath.Join(dir, "result.json"))
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return damaged("it has no result.json")
	}
	if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	r, err := decodeResult(text)
	if err != nil {
		return err
	}
	if r.Action != job.Action.String() {
		return damaged("it is that of action %.12s", r.Action)
	}
	if r.Error != nil {
		return r.Error
	}
	for _, file := range r.Files {
		if err := take(filepath.Join(dir, "out"), job.Out, file); err != nil {
			return err
		}
	}
	for k, v := range r.Info {
		job.Info[k] = v
	}
	return nil
}

// take links or copies one file of a result and compares its hash.
func take(from, to string, file resultFile) error {
	name := filepath.FromSlash(file.Name)
	if !filepath.IsLocal(name) {
		return damaged("its file %q leads out of the folder", file.Name)
	}
	source, target := filepath.Join(from, name), filepath.Join(to, name)
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return err
	}
	if info, err := os.Lstat(source); err == nil && !info.Mode().IsRegular() {
		return damaged("its file %s is not a regular file", file.Name)
	}
	err := patiently(context.Background(), func() error {
		err := os.Link(source, target)
		if err == nil || notShown(err) {
			return err
		}
		os.Remove(target) // what an earlier try left
		return copyFile(target, source)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return damaged("its file %s is missing", file.Name)
	}
	if err != nil {
		return fmt.Errorf("take result: %w", err)
	}
	size, sum, err := cache.SumFile(target)
	if err != nil {
		return fmt.Errorf("take result: %w", err)
	}
	if size != file.Size || sum.String() != file.SHA256 {
		return damaged("its file %s is not the one that the worker wrote", file.Name)
	}
	return nil
}

// failure is an error of a stage, as it travels from worker to coordinator.
type failure struct {
	Kind string `json:"kind"` // resources, integrity, input, or "" for others
	Text string `json:"text"`
}

func failureOf(err error) *failure {
	f := &failure{Text: strings.ToValidUTF8(err.Error(), "\uFFFD")}
	var input interface{ InvalidInput() bool }
	switch {
	case errors.Is(err, pipeline.ErrResources):
		f.Kind = "resources"
	case errors.Is(err, pipeline.ErrIntegrity):
		f.Kind = "integrity"
	case errors.As(err, &input) && input.InvalidInput():
		f.Kind = "input"
	}
	return f
}

func (f *failure) Error() string { return f.Text }

// InvalidInput is as in the stages: the user's data are wrong.
func (f *failure) InvalidInput() bool { return f.Kind == "input" }

// Is makes the error one of the pipeline's.
func (f *failure) Is(target error) bool {
	return f.Kind == "resources" && target == pipeline.ErrResources || f.Kind == "integrity" && target == pipeline.ErrIntegrity
}
