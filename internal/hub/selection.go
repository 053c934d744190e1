package hub

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Selection chooses files from the list of a commit.
type Selection struct {
	Names  []string // written into the lock; the same names mean the same choice
	choose func(all []File) ([]File, error)
}

// modelFiles are taken when they are there.
var modelFiles = []string{
	"config.json", "generation_config.json",
	"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
	"vocab.txt", "vocab.json", "merges.txt", "tokenizer.model",
	"adapter_config.json",
}

// weightFiles are the forms of weights, best first: one is taken. A pattern
// stands for the shards that belong to the index before it.
var weightFiles = []struct {
	file   string
	shards *regexp.Regexp
}{
	{"model.safetensors", nil},
	{"model.safetensors.index.json", regexp.MustCompile(`^model-\d+-of-\d+\.safetensors$`)},
	{"adapter_model.safetensors", nil},
	{"pytorch_model.bin", nil},
	{"pytorch_model.bin.index.json", regexp.MustCompile(`^pytorch_model-\d+-of-\d+\.bin$`)},
	{"adapter_model.bin", nil},
}

// ModelFiles chooses configuration, tokenizer and weights: safetensors, one
// file or shards, or else pytorch_model.bin. Files in folders are left out.
func ModelFiles() Selection {
	return Selection{Names: []string{"model"}, choose: func(all []File) ([]File, error) {
		var chosen []File
		for _, f := range all {
			if slices.Contains(modelFiles, f.Name) {
				chosen = append(chosen, f)
			}
		}
		for _, form := range weightFiles {
			at := slices.IndexFunc(all, func(f File) bool { return f.Name == form.file })
			if at < 0 {
				continue
			}
			chosen = append(chosen, all[at])
			for _, f := range all {
				if form.shards != nil && form.shards.MatchString(f.Name) {
					chosen = append(chosen, f)
				}
			}
			return chosen, nil
		}
		return nil, fmt.Errorf("it holds no weights in safetensors or PyTorch form, only %s", some(all))
	}}
}

// Matching chooses the files that match one of the patterns of path.Match, for
// example "data/train-*.parquet"; each pattern must match something.
func Matching(patterns ...string) Selection {
	names := slices.Compact(slices.Sorted(slices.Values(patterns)))
	return Selection{Names: names, choose: func(all []File) ([]File, error) {
		var chosen []File
		for _, pattern := range names {
			found := false
			for _, f := range all {
				ok, err := path.Match(pattern, f.Name)
				if err != nil {
					return nil, fmt.Errorf("pattern %q: %w", pattern, err)
				}
				if !ok {
					continue
				}
				found = true
				if !slices.ContainsFunc(chosen, func(c File) bool { return c.Name == f.Name }) {
					chosen = append(chosen, f)
				}
			}
			if !found {
				return nil, fmt.Errorf("no file matches %q; it holds %s", pattern, some(all))
			}
		}
		if len(chosen) == 0 {
			return nil, errors.New("no pattern is given")
		}
		return chosen, nil
	}}
}

// some lists up to twenty names for a message.
func some(files []File) string {
	if len(files) == 0 {
		return "nothing"
	}
	var names []string
	for _, f := range files[:min(len(files), 20)] {
		names = append(names, f.Name)
	}
	text := strings.Join(names, ", ")
	if len(files) > 20 {
		text += fmt.Sprintf(" and %d more", len(files)-20)
	}
	return text
}
