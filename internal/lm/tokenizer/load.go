package tokenizer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNoFiles means that a folder holds none of the known tokenizer files.
var ErrNoFiles = errors.New("no tokenizer files: looked for tokenizer.json, vocab.txt, vocab.json with merges.txt, and tok512.bin")

// file is a file of a tokenizer, kept for Save.
type file struct {
	name string
	data []byte
}

// files are the contents of a tokenizer's folder, by name.
type files map[string][]byte

// fileNames are all files that a tokenizer may consist of.
var fileNames = []string{
	"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
	"vocab.txt", "vocab.json", "merges.txt", "tok512.bin",
}

// Load reads the tokenizer of a checkpoint's folder. Where there is a
// tokenizer.json it counts, and the older files beside it must agree with it.
// Errors name the file and, where it is malformed, the offset or line.
func Load(dir string) (*Tokenizer, error) {
	fs, err := readFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("load tokenizer %s: %w", dir, err)
	}
	t, err := fromFiles(fs)
	if err != nil {
		return nil, fmt.Errorf("load tokenizer %s: %w", dir, err)
	}
	return t, nil
}

// readFiles reads those of the known files that are there.
func readFiles(dir string) (files, error) {
	found := make(files)
	for _, name := range fileNames {
		data, err := readFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[name] = data
	}
	return found, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", filepath.Base(path))
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("%s: %d bytes, larger than %d, the limit for a tokenizer's file", filepath.Base(path), info.Size(), maxFileBytes)
	}
	return io.ReadAll(io.LimitReader(f, maxFileBytes))
}

// fromFiles builds the tokenizer that a set of files describes.
func fromFiles(fs files) (*Tokenizer, error) {
	c, err := readConfig(fs)
	if err != nil {
		return nil, err
	}
	s, err := readSpec(fs, c)
	if err != nil {
		return nil, err
	}
	t, err := s.build(c)
	if err != nil {
		return nil, err
	}
	if fs["tokenizer.json"] != nil {
		if err := t.agrees(fs); err != nil {
			return nil, err
		}
	}
	for _, name := range sortedKeys(fs) {
		t.files = append(t.files, file{name, fs[name]})
	}
	return t, nil
}

// readSpec chooses the layout.
func readSpec(fs files, c config) (spec, error) {
	switch {
	case fs["tokenizer.json"] != nil:
		return readTokenizerJSON(fs["tokenizer.json"], c)
	case fs["vocab.txt"] != nil:
		return readVocabTxt(fs["vocab.txt"], c)
	case fs["vocab.json"] != nil && fs["merges.txt"] != nil:
		return readVocabJSON(fs, c)
	case fs["tok512.bin"] != nil:
		return readLlama2c(fs["tok512.bin"], c)
	}
	return spec{}, ErrNoFiles
}

// agrees checks the ids of the older files against tokenizer.json.
func (t *Tokenizer) agrees(fs files) error {
	var entries []entry
	if data, ok := fs["vocab.txt"]; ok {
		entries, _ = vocabTxtEntries(data)
	}
	if data, ok := fs["vocab.json"]; ok {
		more, err := readVocab("vocab.json", data)
		if err != nil {
			return err
		}
		entries = append(entries, more...)
	}
	for _, e := range entries {
		if id, ok := t.vocab.ids[e.token]; !ok || int64(id) != e.id {
			return fmt.Errorf("%s: token %q has id %d, but not in tokenizer.json", e.where.position(), e.token, e.id)
		}
	}
	return nil
}
