package nn

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"runexp/internal/lm/autodiff"
	"runexp/internal/lm/tensor"
)

func TestInputPutsSoftTokensBeforeOneToken(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	b := NewBatch([][]int32{{10, 11, 12}, {20}}, [][]int32{{0, 1, 1}, nil})
	for _, test := range []struct {
		soft, at, first  int
		order, types     []int32
		positions        []int32
		offsets, ofToken []int32 // rows of sequence 0's tokens
	}{
		{0, 0, 2, []int32{0, 1, 2, 3}, []int32{0, 1, 1, 0}, []int32{2, 3, 4, 2}, []int32{0, 3, 4}, []int32{0, 1, 2}},
		{2, 0, 0, []int32{4, 5, 0, 1, 2, 4, 5, 3}, []int32{0, 0, 0, 1, 1, 0, 0, 0}, []int32{0, 1, 2, 3, 4, 0, 1, 2}, []int32{0, 5, 8}, []int32{2, 3, 4}},
		{2, 1, 0, []int32{0, 4, 5, 1, 2, 3, 4, 5}, []int32{0, 0, 0, 1, 1, 0, 0, 0}, []int32{0, 1, 2, 3, 4, 0, 1, 2}, []int32{0, 5, 8}, []int32{0, 3, 4}},
	} {
		in := newInput(a, b, test.soft, test.at, test.first)
		name := fmt.Sprintf("%d soft tokens before token %d", test.soft, test.at)
		if test.soft > 0 && !slices.Equal(in.Order.Slice(), test.order) {
			t.Errorf("%s: order %v, want %v", name, in.Order.Slice(), test.order)
		}
		for what, x := range map[string][2][]int32{
			"types":     {in.Types.Slice(), test.types},
			"positions": {in.Positions.Slice(), test.positions},
			"offsets":   {in.Offsets.Slice(), test.offsets},
			"rows":      {{in.Row(0, 0), in.Row(0, 1), in.Row(0, 2)}, test.ofToken},
		} {
			if !slices.Equal(x[0], x[1]) {
				t.Errorf("%s: %s %v, want %v", name, what, x[0], x[1])
			}
		}
		if in.N() != len(test.types) || in.Len() != 2 {
			t.Errorf("%s: %d rows of %d sequences, want %d of 2", name, in.N(), in.Len(), len(test.types))
		}
	}
}

func TestPoolRows(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	b := NewBatch([][]int32{{10, 11, 12}, {20, 21}}, nil)
	b.Mask = []int32{1, 0}
	for _, test := range []struct {
		soft, at  int
		poolFirst bool
		pooling   string
		want      []int32
	}{
		{0, 0, false, "cls", []int32{0, 3}},
		{0, 0, false, "last", []int32{2, 4}},
		{0, 0, false, "mask", []int32{1, 3}},
		{2, 0, false, "cls", []int32{2, 7}},
		{2, 0, true, "cls", []int32{0, 5}},
		{2, 1, false, "cls", []int32{0, 5}},
		{2, 1, false, "last", []int32{4, 8}},
		{2, 1, false, "mask", []int32{3, 5}},
	} {
		o := NewOverlay(true)
		if test.soft > 0 {
			o.Soft = &Soft{Embedding: NewParam(o.Arena, "soft", test.soft, 4), At: test.at, PoolFirst: test.poolFirst}
		}
		p := &Pass{Overlay: o}
		if got := p.poolRows(newInput(a, b, test.soft, test.at, 0), test.pooling); !slices.Equal(got, test.want) {
			t.Errorf("%+v: rows %v", test, got)
		}
	}
}

func headConfig(model string) *Config {
	return &Config{ModelType: model, Hidden: 6, InitStd: 0.02, Pooler: model == "bert", LMHead: true, HeadDropout: 0.1}
}

func TestNewHeadIsTheFamilysOwn(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	for _, test := range []struct {
		model, task, pooling   string // asked for
		got                    string // pooling
		pooler, dense, outBias bool
		count                  int64
	}{
		{"bert", "classification", "", "cls", true, false, true, 3*6 + 3},
		{"bert", "classification", "mean", "mean", false, false, true, 3*6 + 3},
		{"bert", "tagging", "", "tokens", false, false, true, 3*6 + 3},
		{"roberta", "classification", "", "cls", false, true, true, 6*6 + 6 + 3*6 + 3},
		{"distilbert", "multi_label", "", "cls", false, true, true, 6*6 + 6 + 3*6 + 3},
		{"gpt2", "classification", "", "last", false, false, false, 3 * 6},
		{"llama", "regression", "mean", "mean", false, false, false, 3 * 6},
	} {
		h, err := NewHead(a, headConfig(test.model), HeadSpec{Task: test.task, Outputs: 3, Pooling: test.pooling}, tensor.NewKey(1, "head"))
		if err != nil {
			t.Fatal(err)
		}
		var count int64
		for _, p := range h.params() {
			count += p.Count()
		}
		if h.Pooling != test.got || h.UsePooler != test.pooler || (h.Dense != nil) != test.dense || (h.OutBias != nil) != test.outBias || count != test.count {
			t.Errorf("%s %s %q: pooling %q, pooler %v, dense %v, bias %v, %d parameters, want %+v", test.model, test.task, test.pooling,
				h.Pooling, h.UsePooler, h.Dense != nil, h.OutBias != nil, count, test)
		}
	}
}

func TestNewHeadRefuses(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	bare := headConfig("bert")
	bare.LMHead = false
	if _, err := NewHead(a, bare, HeadSpec{Task: "classification", Words: [][]int32{{1}}}, tensor.Key{}); err == nil {
		t.Error("label words without a language-modelling head: no error")
	}
	if _, err := NewHead(a, bare, HeadSpec{Task: "classification"}, tensor.Key{}); err == nil {
		t.Error("no outputs: no error")
	}
}

func TestTheSameSeedGivesTheSameHead(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	draw := func(model string, seed uint64) []float32 {
		h, err := NewHead(a, headConfig(model), HeadSpec{Task: "classification", Outputs: 3}, tensor.NewKey(seed, "head"))
		if err != nil {
			t.Fatal(err)
		}
		return h.Out.Value.Slice()
	}
	if !slices.Equal(draw("bert", 1), draw("roberta", 1)) || slices.Equal(draw("bert", 1), draw("bert", 2)) {
		t.Error("the output layer is not a function of the seed alone")
	}
}

func TestInitMagnitudeIsTheNormOfEachOutput(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	w := a.From(2, 3, []float32{3, 4, 0, 1, 2, 2})
	for _, inOut := range []bool{false, true} {
		x, want := w, []float32{5, 3}
		if inOut {
			want = []float32{float32(math.Sqrt(10)), float32(math.Sqrt(20)), 2}
		}
		m := a.New(1, len(want))
		InitMagnitude(a, m, x, inOut)
		for i, v := range m.Slice() {
			if math.Abs(float64(v-want[i])) > 1e-6 {
				t.Errorf("InitMagnitude(inOut %v) = %v, want %v", inOut, m.Slice(), want)
				break
			}
		}
	}
}

func TestMergeIsTheSumThatTheLayerComputes(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	draw := func(rows, cols int, step uint64) *Param {
		p := NewParam(a, "", rows, cols)
		tensor.FillUniform(p.Value, -1, 1, tensor.NewKey(4, "merge").At(step))
		return p
	}
	const in, out, rank = 7, 5, 2
	for _, inOut := range []bool{false, true} {
		for _, magnitude := range []bool{false, true} {
			site := Site{Name: "site", Role: "query", In: in, Out: out, InOut: inOut}
			w := draw(out, in, 0)
			if inOut {
				w = draw(in, out, 0)
			}
			l := &LowRank{A: draw(rank, in, 1), B: draw(out, rank, 2), Scale: 1.5}
			if magnitude {
				l.Magnitude = draw(1, out, 3)
			}
			merged := NewParam(a, "", w.Value.Rows, w.Value.Cols)
			l.Merge(merged.Value, w.Value, site)
			x := autodiff.New(a, false).Const(draw(4, in, 5).Value)
			apply := func(weight *Param, low map[string]*LowRank) []float32 {
				p := &Pass{Tape: autodiff.New(a, false), Weights: map[string]*Param{"site.weight": weight}, Sites: map[string]Site{"site": site}, Overlay: &Overlay{LowRank: low}}
				return p.Linear(x, "site").Value.Slice()
			}
			got, want := apply(merged, nil), apply(w, map[string]*LowRank{"site": l})
			for i := range want {
				if math.Abs(float64(got[i]-want[i])) > 1e-5 {
					t.Errorf("inOut %v, magnitude %v: merged %v, in two parts %v", inOut, magnitude, got, want)
					break
				}
			}
		}
	}
}

func TestTrainableLeavesOutWhatIsFrozen(t *testing.T) {
	o := NewOverlay(true)
	o.Replaced["a"], o.Replaced["b"] = NewParam(o.Arena, "a", 1, 2), NewParam(o.Arena, "b", 1, 3)
	o.Replaced["a"].Frozen = true
	if got := o.Trainable(); len(got) != 1 || got[0].Name != "b" {
		t.Errorf("Trainable = %v, want b", got)
	}
	if all, head := o.Count(); all != 5 || head != 0 {
		t.Errorf("Count = %d, %d, want 5, 0", all, head)
	}
}
