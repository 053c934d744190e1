package safetensors

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxIndexBytes bounds the index of a sharded checkpoint; that of a model with
// 90,000 tensors needs half of it.
const maxIndexBytes = 16 << 20

// index is what model.safetensors.index.json says.
type index struct {
	shardOf  map[string]string   // tensor -> shard
	shards   map[string][]string // shard -> tensors
	metadata map[string]string
}

// readIndex reads an index as strictly as a header.
func readIndex(path string) (*index, error) {
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return nil, fmt.Errorf("open checkpoint %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxIndexBytes+1))
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	if len(text) > maxIndexBytes {
		return nil, &Error{Path: path, Offset: maxIndexBytes, Err: fmt.Errorf("the index is above the limit of %d bytes", maxIndexBytes)}
	}
	x, err := parseIndex(text)
	if at, ok := errors.AsType[*Error](err); ok {
		at.Path = path
	}
	return x, err
}

// parseIndex decodes {"metadata": {…}, "weight_map": {tensor: shard, …}}.
func parseIndex(text []byte) (*index, error) {
	s := &scanner{data: text}
	x := &index{shardOf: map[string]string{}, shards: map[string][]string{}, metadata: map[string]string{}}
	mapped := false
	err := s.object(func(key string, at int) error {
		switch key {
		case "metadata":
			return s.object(func(key string, _ int) (err error) {
				x.metadata[key], err = s.scalar()
				return err
			})
		case "weight_map":
			mapped = true
			return s.object(func(tensor string, at int) error {
				if len(x.shardOf) == maxTensors {
					return s.fail(at, "more than %d tensors", maxTensors)
				}
				shard, err := s.str()
				x.shardOf[tensor] = shard
				x.shards[shard] = append(x.shards[shard], tensor)
				return err
			})
		}
		return s.fail(at, "unknown member %q; want metadata and weight_map", clip(key))
	})
	if err != nil {
		return nil, err
	}
	if err := s.end(); err != nil {
		return nil, err
	}
	if !mapped || len(x.shardOf) == 0 {
		return nil, s.fail(0, "weight_map names no tensors")
	}
	if len(x.shards) > 10_000 {
		return nil, s.fail(0, "the index names %d shards, above the limit of 10000", len(x.shards))
	}
	return x, nil
}
