package work

import (
	"fmt"
	"os"
	"path/filepath"

	"runexp/internal/lm"
	"runexp/internal/lm/nn"
	"runexp/methods"
	"runexp/pipeline"
)

// needFile says which features a predictor was fitted on.
const needFile = "features.json"

// A start is what the job's input "from" left: an overlay, or a linear probe
// with the pooling that it reads. The zero value starts from the base model.
type start struct {
	overlay *nn.Overlay
	probe   methods.LinearPredictor
	pooling string
}

// readStart reads the job's input "from", if there is one. The caller frees
// the overlay.
func readStart(job *pipeline.Job) (start, error) {
	entry, ok := job.In["from"]
	if !ok {
		return start{}, nil
	}
	dir, err := job.Dir("from")
	if err != nil {
		return start{}, err
	}
	if path := filepath.Join(dir, OverlayFile); exists(path) {
		o, err := lm.LoadOverlay(path)
		return start{overlay: o}, err
	}
	f, err := os.Open(filepath.Join(dir, PredictorFile))
	if err != nil {
		return start{}, fmt.Errorf("read predictor: %w", err)
	}
	defer f.Close()
	p, err := methods.LoadFeatures(f)
	if err != nil {
		return start{}, InputError(fmt.Sprintf("from: %v", err))
	}
	linear, ok := methods.LinearOf(p)
	if !ok {
		return start{}, InputError("from: only a linear probe's weights can start a head")
	}
	var need methods.FeatureNeed
	if err := entry.ReadJSON(needFile, &need); err != nil {
		return start{}, err
	}
	return start{probe: linear, pooling: need.Pooling}, nil
}

// apply lets a fresh overlay go on from the one that was left.
func (s start) apply(base *lm.Base, o *nn.Overlay) error {
	if s.overlay == nil {
		return nil
	}
	if err := methods.Continue(base, o, s.overlay); err != nil {
		return InputError(fmt.Sprintf("from: %v", err))
	}
	return nil
}

func (s start) free() {
	if s.overlay != nil {
		s.overlay.Free()
	}
}
