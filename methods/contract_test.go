package methods

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"runexp/internal/lm"
	"runexp/internal/lm/optim"
	"runexp/internal/lm/tensor"
)

// The contract that every gradient method keeps, on every kind of model.

func TestContractCountEqualsTheFormula(t *testing.T) {
	eachCase(t, func(t *testing.T, c contractCase, base *lm.Base) {
		o := adaptCase(t, c, base)
		want, err := c.method.Trainable(base, contractSetup())
		if err != nil {
			t.Fatal(err)
		}
		if all, head := o.Count(); all-head != want.Trained || head != want.Head {
			t.Errorf("overlay has %d parameters and a head of %d, the formula says %+v", all-head, head, want)
		}
		FoldPrefix(o)
		if all, head := o.Count(); all-head != want.Stored {
			t.Errorf("after folding %d parameters are stored, the formula says %d", all-head, want.Stored)
		}
	})
}

func TestContractStart(t *testing.T) {
	eachCase(t, func(t *testing.T, c contractCase, base *lm.Base) {
		got, want := hidden(base, adaptCase(t, c, base)), hidden(base, nil)
		switch furthest := furthest(got, want); {
		case c.start == "equal" && furthest != 0:
			t.Errorf("hidden states differ from the base's by %g at step 0", furthest)
		case c.start == "close" && furthest > 1e-5:
			t.Errorf("hidden states differ from the base's by %g at step 0", furthest)
		case c.start == "other" && furthest < 1e-3:
			t.Errorf("hidden states differ from the base's by %g only, so the method does nothing", furthest)
		}
	})
}

func furthest(a, b []float32) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

func TestContractTrainingMovesTheOverlayOnly(t *testing.T) {
	eachCase(t, func(t *testing.T, c contractCase, base *lm.Base) {
		o := adaptCase(t, c, base)
		params, frozen := o.Params(), values(baseParams(base))
		before := values(params)
		state := tensor.NewArena()
		defer state.Free()
		adam := optim.NewAdamW(state, params, optim.DefaultAdamW())
		defer adam.Close()
		first, last := 0.0, 0.0
		for i := range 40 {
			adam.StartStep(float64(i) / 40)
			last = lossOf(base, o, true, func() { adam.Step(2e-2) })
			if i == 0 {
				first = last
			}
		}
		for i, v := range values(baseParams(base)) {
			if !slices.Equal(v, frozen[i]) {
				t.Errorf("training changed the base's %s", baseParams(base)[i].Name)
			}
		}
		for i, v := range values(params) {
			if slices.Equal(v, before[i]) && !unread(params[i].Name) {
				t.Errorf("training did not move %s", params[i].Name)
			}
		}
		if !(last < 0.9*first) {
			t.Errorf("loss went from %v to %v on a task that can be learned", first, last)
		}
	})
}

// unread names parameters that these inputs give no gradient.
func unread(name string) bool { return strings.Contains(name, "token_type_embeddings") }

func TestContractSavingKeepsEveryBit(t *testing.T) {
	eachCase(t, func(t *testing.T, c contractCase, base *lm.Base) {
		o := adaptCase(t, c, base)
		for i, p := range o.Params() {
			noise(p.Value, 0.1, testKey.At(uint64(i)))
		}
		want := outputs(base, o)
		path := filepath.Join(t.TempDir(), "overlay.safetensors")
		if err := lm.SaveOverlay(path, o); err != nil {
			t.Fatal(err)
		}
		loaded, err := lm.LoadOverlay(path)
		if err != nil {
			t.Fatal(err)
		}
		defer loaded.Free()
		if !slices.Equal(outputs(base, loaded), want) {
			t.Error("the loaded overlay gives other outputs")
		}
		FoldPrefix(o)
		if !slices.Equal(outputs(base, o), want) {
			t.Error("folding the prefix changes outputs")
		}
	})
}

// The same key gives the same overlay; another seed another one; and every
// method gets the same head.
func TestContractRandomness(t *testing.T) {
	heads := map[string][]float32{}
	eachCase(t, func(t *testing.T, c contractCase, base *lm.Base) {
		o := adaptCase(t, c, base)
		again, err := c.method.Adapt(base, contractSetup(), testKey)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Free()
		other, err := c.method.Adapt(base, contractSetup(), tensor.NewKey(2, "test"))
		if err != nil {
			t.Fatal(err)
		}
		defer other.Free()
		if !slices.Equal(outputs(base, o), outputs(base, again)) {
			t.Error("the same key gives other outputs")
		}
		if slices.Equal(outputs(base, o), outputs(base, other)) {
			t.Error("another key gives the same outputs")
		}
		model, head := base.Config().ModelType, o.Head.Out.Value.Slice()
		if heads[model] == nil {
			heads[model] = slices.Clone(head)
		}
		if !slices.Equal(heads[model], head) {
			t.Error("the head depends on the method")
		}
	})
}
