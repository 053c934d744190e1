package safetensors

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Limits of an index. The largest in use names 91,000 tensors in 9 MB.
const (
	maxIndexBytes   = 12 << 20
	maxIndexTensors = 100_000
	maxShards       = 10_000
)

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
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open checkpoint %s: a link that leads nowhere", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
	}
	if st.Size() > maxIndexBytes {
		return nil, &Error{Path: path, Offset: maxIndexBytes, Err: fmt.Errorf("the index is above the limit of %d bytes", maxIndexBytes)}
	}
	text := make([]byte, st.Size())
	if _, err := io.ReadFull(f, text); err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", path, cause(err))
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
			return s.object(func(key string, at int) (err error) {
				if len(x.metadata) == maxMetadata {
					return s.fail(at, "more than %d metadata entries", maxMetadata)
				}
				x.metadata[key], err = s.scalar()
				return err
			})
		case "weight_map":
			mapped = true
			return s.object(func(tensor string, at int) error {
				if len(x.shardOf) == maxIndexTensors {
					return s.fail(at, "more than %d tensors", maxIndexTensors)
				}
				shard, err := s.str()
				if err != nil {
					return err
				}
				if _, known := x.shards[shard]; !known && len(x.shards) == maxShards {
					return s.fail(at, "more than %d shards", maxShards)
				}
				x.shardOf[tensor] = shard
				x.shards[shard] = append(x.shards[shard], tensor)
				return nil
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
	return x, nil
}
