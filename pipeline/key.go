package pipeline

import (
	"fmt"
	"sort"
	"sync"

	"runexp/pipeline/cache"
)

// Keys computes action ids. It hashes each outside file once.
type keys struct {
	numeric string
	mu      sync.Mutex
	files   map[string]cache.ID
}

// numericStage is implemented by stages that say whether numeric kernels matter.
type numericStage interface{ Numeric() bool }

// recipe writes the recipe of a node, given the outputs of its inputs.
func (k *keys) recipe(n *Node, output func(*Node) cache.ID) (*cache.Recipe, error) {
	numeric := k.numeric
	if s, ok := n.Stage.(numericStage); ok && !s.Numeric() {
		numeric = ""
	}
	r := cache.NewRecipe(n.Stage.Name(), n.Stage.Version(), numeric)
	r.Struct("config", n.Stage)
	inputs := append([]Input(nil), n.Inputs...)
	sort.Slice(inputs, func(i, j int) bool { return inputs[i].Name < inputs[j].Name })
	for _, in := range inputs {
		r.Input(in.Name, output(in.Node))
	}
	files := append([]File(nil), n.Files...)
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	for _, f := range files {
		id, err := k.file(f.Path)
		if err != nil {
			return nil, err
		}
		r.File(f.Name, id)
	}
	return r, nil
}

// file returns the content id of an outside file as it was when first asked.
func (k *keys) file(path string) (cache.ID, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if id, ok := k.files[path]; ok {
		return id, nil
	}
	_, id, err := cache.SumFile(path)
	if err != nil {
		return id, err
	}
	if k.files == nil {
		k.files = map[string]cache.ID{}
	}
	k.files[path] = id
	return id, nil
}

// unchanged hashes the files of a node again; the error names one that differs
// from what the key says.
func (k *keys) unchanged(n *Node) error {
	for _, f := range n.Files {
		before, err := k.file(f.Path)
		if err != nil {
			return err
		}
		_, now, err := cache.SumFile(f.Path)
		if err != nil {
			return fmt.Errorf("look at %s after %s ran: %w", f.Path, n.Addr, err)
		}
		if now != before {
			return fmt.Errorf("%s changed while %s ran; its result is not kept", f.Path, n.Addr)
		}
	}
	return nil
}
