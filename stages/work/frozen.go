package work

import (
	"fmt"
	"maps"
	"slices"

	"runexp/internal/train"
	"runexp/pipeline"
)

// frozenStates is where a job's runs find the hidden states of layers that they
// do not train: one value for all runs of the process on the same model and
// tokens, if memory allows, and made from nothing by each process. Nothing
// depends on it but time.
func frozenStates(job *pipeline.Job, enc *encoded) train.FrozenSource {
	return func(layers int, pooling string) (*train.Frozen, func(), error) {
		base, releaseBase, err := LoadBase(job)
		if err != nil {
			return nil, nil, err
		}
		defer releaseBase()
		if layers < base.Config().Layers {
			pooling = "" // the head is far above
		}
		splits := slices.Collect(maps.Values(enc.splits))
		key := fmt.Sprintf("frozen %d %s of %s", layers, pooling, enc.key)
		value, release, ok, err := job.Memo.Offer(key, train.FrozenBytes(base, layers, pooling, splits...), func() (any, error) {
			return newFrozen(job, enc, layers, pooling)
		})
		if !ok {
			return nil, nil, err
		}
		return value.(*frozen).Frozen, release, nil
	}
}

// frozen are hidden states, with a hold on the model and the tokens that they
// are of.
type frozen struct {
	*train.Frozen
	release func()
}

func newFrozen(job *pipeline.Job, enc *encoded, layers int, pooling string) (*frozen, error) {
	base, releaseBase, err := LoadBase(job)
	if err != nil {
		return nil, err
	}
	_, releaseTokens, err := job.Memo.Get(enc.key, func() (any, int64, error) { return enc, 0, nil })
	if err != nil {
		releaseBase()
		return nil, err
	}
	splits := slices.Collect(maps.Values(enc.splits))
	return &frozen{train.NewFrozen(base, layers, pooling, splits...), Together(releaseTokens, releaseBase)}, nil
}

// Free gives memory and holds back.
func (f *frozen) Free() {
	f.Frozen.Free()
	f.release()
}
