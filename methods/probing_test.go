package methods

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/diff/fd"

	"runexp/internal/lm/tensor"
)

// clouds returns n rows in the plane (and a constant third feature) whose
// class is the sign of the first coordinate, or of x·y if crossed.
func clouds(n int, crossed bool, key tensor.Key) Features {
	f := Features{Rows: n, Cols: 3}
	for i := range n {
		x, y := key.Normal(uint64(2*i)), key.Normal(uint64(2*i+1))
		class := 0
		if v := x; (crossed && v*y > 0) || (!crossed && v > 0) {
			class = 1
		}
		f.X = append(f.X, float32(5*x+1), float32(y/9), 7)
		f.Targets = append(f.Targets, Target{Class: class, Value: 3*x - y + 10, Labels: []bool{x > 0, y > 0}})
		f.Types = append(f.Types, fmt.Sprint("type", i%40))
	}
	return f
}

func fitProbe(t *testing.T, m *Probing, train, dev Features, task Task) FeaturePredictor {
	t.Helper()
	p, err := m.FitFeatures(train, dev, task, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var heads = []string{"linear", "mlp", "centroid", "knn"}

func TestProbesLearn(t *testing.T) {
	task := Task{Kind: Classification, Outputs: 2}
	for _, head := range heads {
		for _, crossed := range []bool{false, true} {
			train, dev, test := clouds(400, crossed, testKey.At(1)), clouds(100, crossed, testKey.At(2)), clouds(400, crossed, testKey.At(3))
			m := probing(func(m *Probing) { m.Head = head; m.LearningRate = 1e-2 })
			got := classAccuracy(fitProbe(t, m, train, dev, task).PredictFeatures(test), test.Targets)
			linear := head == "linear" || head == "centroid"
			switch {
			case crossed && linear && got > 0.65:
				t.Errorf("%s: accuracy %v on crossed classes, which no plane parts", head, got)
			case (!crossed || !linear) && got < 0.9:
				t.Errorf("%s crossed=%v: accuracy %v, want at least 0.9", head, crossed, got)
			}
		}
	}
}

func TestProbesFitValuesAndLabels(t *testing.T) {
	train, dev, test := clouds(400, false, testKey.At(1)), clouds(100, false, testKey.At(2)), clouds(200, false, testKey.At(3))
	for _, head := range []string{"linear", "mlp", "knn"} {
		m := probing(func(m *Probing) { m.Head = head; m.LearningRate = 1e-2; m.Strengths = []float64{10} })
		if head != "linear" {
			m.Strengths = NewProbing().Strengths
		}
		task := Task{Kind: Regression, Outputs: 1}
		// The values have variance 10; what is left must be a small part.
		// Ten neighbours among 400 rows are not very near.
		if got := task.logLoss(fitProbe(t, m, train, dev, task).PredictFeatures(test), test.Targets); got > 3 {
			t.Errorf("%s: mean squared error %v", head, got)
		}
		task = Task{Kind: MultiLabel, Outputs: 2}
		if got := task.score(fitProbe(t, m, train, dev, task).PredictFeatures(test), test.Targets); got < 0.9 {
			t.Errorf("%s: label accuracy %v", head, got)
		}
		task = Task{Kind: MultipleChoice, Outputs: 1}
		if got := task.score(fitProbe(t, m, train, dev, task).PredictFeatures(test), test.Targets); got < 0.9 {
			t.Errorf("%s: candidate accuracy %v", head, got)
		}
	}
}

func TestOnlyTheMLPDraws(t *testing.T) {
	train, dev := clouds(60, true, testKey.At(1)), clouds(30, true, testKey.At(2))
	for _, head := range heads {
		m := probing(func(m *Probing) { m.Head = head; m.Epochs = 2 })
		var scores [2][][]float64
		for seed := range scores {
			p, err := m.FitFeatures(train, dev, Task{Kind: Classification, Outputs: 2}, tensor.NewKey(uint64(seed), "test"))
			if err != nil {
				t.Fatal(err)
			}
			scores[seed] = p.PredictFeatures(dev)
		}
		if same := reflect.DeepEqual(scores[0], scores[1]); same == m.Draws() {
			t.Errorf("%s: Draws() = %v, but two seeds give the same scores: %v", head, m.Draws(), same)
		}
	}
}

func TestProbesSurviveSavingAndUnseenClasses(t *testing.T) {
	train, dev := clouds(50, false, testKey.At(1)), clouds(20, false, testKey.At(2))
	for _, head := range heads {
		for _, control := range []bool{false, true} {
			m := probing(func(m *Probing) { m.Head = head; m.Control = control; m.Epochs = 3 })
			p := fitProbe(t, m, train, dev, Task{Kind: Classification, Outputs: 3})
			scores := p.PredictFeatures(dev)
			if got, want := p.ParamCount(), m.HeadParams(3, 3); got != want {
				t.Errorf("%s: %d parameters, the formula says %d", head, got, want)
			}
			for _, s := range scores {
				if math.Abs(s[0]+s[1]+s[2]-1) > 1e-9 || !(s[2] > 0) || argmax(s) == 2 {
					t.Fatalf("%s: probabilities %v of two seen classes and an unseen one", head, s)
				}
			}
			var b bytes.Buffer
			if err := p.Save(&b); err != nil {
				t.Fatal(err)
			}
			saved := b.Bytes()
			if int64(len(saved)) != p.StoredBytes() {
				t.Errorf("%s: %d bytes saved, StoredBytes = %d", head, len(saved), p.StoredBytes())
			}
			q, err := LoadFeatures(bytes.NewReader(saved))
			if err != nil {
				t.Fatalf("%s: %v", head, err)
			}
			if !reflect.DeepEqual(q.PredictFeatures(dev), scores) {
				t.Errorf("%s: loaded probe gives other scores", head)
			}
			for n := 0; n < len(saved); n += 7 {
				if _, err := LoadFeatures(bytes.NewReader(saved[:n])); err == nil {
					t.Fatalf("%s: the first %d of %d bytes load", head, n, len(saved))
				}
			}
			if _, _, _, ok := Selectivity(q, dev); ok != control {
				t.Errorf("%s: Selectivity ok = %v, want %v", head, ok, control)
			}
		}
	}
}

func TestSelectivity(t *testing.T) {
	// Features that hold the class but not the type: the control is a guess.
	train, dev, test := clouds(400, false, testKey.At(1)), clouds(100, false, testKey.At(2)), clouds(400, false, testKey.At(3))
	m := probing(func(m *Probing) { m.Control = true })
	accuracy, control, selectivity, ok := Selectivity(fitProbe(t, m, train, dev, Task{Kind: Classification, Outputs: 2}), test)
	if !ok || accuracy < 0.95 || control > 0.7 || selectivity != accuracy-control {
		t.Errorf("class features: accuracy %v, control %v, selectivity %v, %v", accuracy, control, selectivity, ok)
	}
	// Features that only name the type: the control is learned as well.
	types := func(f Features) Features {
		f.X, f.Cols = make([]float32, f.Rows*40), 40
		for i := range f.Rows {
			f.X[i*40+i%40] = 1
			f.Targets[i].Class = i % 40 / 20
		}
		return f
	}
	accuracy, control, _, _ = Selectivity(fitProbe(t, m, types(train), types(dev), Task{Kind: Classification, Outputs: 2}), types(test))
	if accuracy < 0.99 || control < 0.99 {
		t.Errorf("type features: accuracy %v, control %v, want both 1", accuracy, control)
	}
}

func TestControlLabelsFollowTheClassFrequencies(t *testing.T) {
	c := &controlledProbe{share: []float64{0.7, 0, 0.3}}
	types := make([]string, 5000)
	for i := range types {
		types[i] = fmt.Sprint(i)
	}
	counts := make([]float64, 3)
	for _, y := range c.targets(types) {
		counts[y.Class] += 1 / float64(len(types))
	}
	for i, want := range c.share {
		// Four standard deviations of 5000 draws are 0.026.
		if math.Abs(counts[i]-want) > 0.026 {
			t.Errorf("frequencies = %v, want about %v", counts, c.share)
		}
	}
}

func TestNeighboursOrderAndTies(t *testing.T) {
	var near neighbours
	for row, s := range []float64{0.1, 0.5, 0.5, 0.9, 0.5, -1} {
		near.add(neighbour{row, s}, 3)
	}
	if want := (neighbours{{3, 0.9}, {1, 0.5}, {2, 0.5}}); !reflect.DeepEqual(near, want) {
		t.Errorf("nearest = %v, want %v", near, want)
	}
	// One vote each: the class of the nearer voter wins.
	p := &knnProbe{link: link{task: Classification, outputs: 2}, targets: []float64{1, 0, 0, 1}}
	got := make([]float64, 2)
	p.vote(got, []neighbour{{1, 0.9}, {0, 0.1}})
	if argmax(got) != 1 || math.Abs(got[0]-0.5) > 1e-6 {
		t.Errorf("scores = %v, want class 1 by a hair", got)
	}
}

func TestMLPGradient(t *testing.T) {
	f := clouds(6, true, testKey)
	for _, task := range []Task{
		{Kind: Classification, Outputs: 2}, {Kind: MultiLabel, Outputs: 2}, {Kind: Regression, Outputs: 1},
		{Kind: Classification, Outputs: 2, ClassWeights: []float64{0.5, 3}},
	} {
		p := &mlpProbe{link: newLink(task, f.Targets), standard: newStandard(f), hidden: 4}
		p.params = make([]float32, p.size())
		p.draw(testKey.At(7)) // weights that keep every hidden unit away from its kink
		loss := jointLoss(p.link, task, f.Targets, 10, 3)
		x := float32sOf(p.standardise(f))
		mean := func(w []float64) float64 {
			q := *p
			q.params = float32sOf(w)
			z, h := matrix32(make([]float32, 6*p.width()), 6, p.width()), matrix32(make([]float32, 24), 6, 4)
			q.forward(q.layers(q.params), h, z, matrix32(x, 6, 3))
			sum := 0.0
			for i := range 6 {
				sum += loss(float64sOf(z.Data[i*p.width():(i+1)*p.width()]), i) / 6
			}
			return sum
		}
		// Steps of 1e-3 in float32 leave about 1e-4 of error.
		want := fd.Gradient(nil, mean, float64sOf(p.params), &fd.Settings{Formula: fd.Central, Step: 1e-3})
		tr := &mlpTrainer{probe: p, x: x, loss: loss, grad: make([]float32, len(p.params)), opt: newAdamW(len(p.params), 0, 0)}
		tr.step([]int{0, 1, 2, 3, 4, 5})
		for i, g := range tr.grad {
			if math.Abs(float64(g)-want[i]) > 5e-4 {
				t.Errorf("%s: gradient %d = %v, by differences %v", task.Kind, i, g, want[i])
			}
		}
	}
}
