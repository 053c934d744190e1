package methods

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"runexp/internal/lm/tensor"
)

// Purposes of a probe's random numbers, as steps of its key.
const (
	drawInit = iota
	drawOrder
)

// fitMLP trains with mini-batches in a new random order each epoch and keeps
// the parameters of the epoch with the lowest dev loss; without dev rows,
// those of the last epoch. Epoch 0, the initial weights, counts as one.
func (m *Probing) fitMLP(train, dev Features, task Task, key tensor.Key) (FeaturePredictor, error) {
	p := &mlpProbe{link: newLink(task, train.Targets), standard: newStandard(train), hidden: m.Hidden}
	p.params = make([]float32, p.size())
	if p.width() == 0 {
		return p, nil
	}
	p.draw(key.At(drawInit))
	mean, unit := 0.0, 1.0
	if task.Kind == Regression {
		mean, unit = valueScale(train.Targets)
	}
	t := &mlpTrainer{
		probe: p, x: float32sOf(p.standardise(train)), opt: newAdamW(len(p.params), m.LearningRate, m.WeightDecay),
		loss: jointLoss(p.link, task, train.Targets, mean, unit), grad: make([]float32, len(p.params)),
	}
	best, bestLoss, since := slices.Clone(p.params), math.Inf(1), 0
	devLoss := func() float64 {
		q := *p
		q.params = slices.Clone(p.params)
		q.rescale(mean, unit)
		return task.logLoss(q.PredictFeatures(dev), dev.Targets)
	}
	for epoch := 0; ; epoch++ {
		if dev.Rows > 0 {
			if loss := devLoss(); loss < bestLoss {
				best, bestLoss, since = slices.Clone(p.params), loss, 0
			} else if since++; since >= m.Patience {
				break
			}
		}
		if epoch == m.Epochs {
			break
		}
		order := key.At(drawOrder).At(uint64(epoch)).Perm(train.Rows)
		for batch := range slices.Chunk(order, m.BatchSize) {
			t.step(batch)
		}
	}
	if dev.Rows > 0 {
		if math.IsInf(bestLoss, 1) {
			return nil, fmt.Errorf("fit mlp probe: the dev loss was never finite")
		}
		p.params = best
	}
	p.rescale(mean, unit)
	return p, nil
}

// mlpTrainer holds what a step needs.
type mlpTrainer struct {
	probe *mlpProbe
	x     []float32 // standardised training rows
	loss  rowLoss
	grad  []float32
	opt   *adamW
}

// step takes one step of AdamW on the mean loss of the rows in batch.
func (t *mlpTrainer) step(batch []int) {
	p := t.probe
	cols, n, k := len(p.mean), len(batch), p.width()
	x := matrix32(make([]float32, n*cols), n, cols)
	for i, row := range batch {
		copy(x.Data[i*cols:(i+1)*cols], t.x[row*cols:(row+1)*cols])
	}
	l, d := p.layers(p.params), p.layers(t.grad)
	hidden, z := matrix32(make([]float32, n*p.hidden), n, p.hidden), matrix32(make([]float32, n*k), n, k)
	p.forward(l, hidden, z, x)

	clear(t.grad)
	for i, row := range batch {
		dz := float64sOf(z.Data[i*k : (i+1)*k])
		t.loss(dz, row)
		for o, v := range dz {
			g := float32(v / float64(n))
			z.Data[i*k+o] = g
			d.b2[o] += g
		}
	}
	blas32.Gemm(blas.Trans, blas.NoTrans, 1, z, hidden, 0, d.w2)
	dh := matrix32(make([]float32, n*p.hidden), n, p.hidden)
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, z, l.w2, 0, dh)
	for i := range dh.Data {
		if hidden.Data[i] == 0 {
			dh.Data[i] = 0
		}
		d.b1[i%p.hidden] += dh.Data[i]
	}
	blas32.Gemm(blas.Trans, blas.NoTrans, 1, dh, x, 0, d.w1)
	t.opt.step(p.params, t.grad)
}

// jointLoss is the loss of all k scores of a row together.
func jointLoss(l link, task Task, targets []Target, mean, unit float64) rowLoss {
	return func(z []float64, i int) float64 {
		y := targets[i]
		switch task.Kind {
		case Regression:
			z[0] -= (y.Value - mean) / unit
			return z[0] * z[0] / 2
		case MultipleChoice:
			return logisticStep(z, 0, float64(y.Class))
		case MultiLabel:
			sum := 0.0
			for j, on := range y.Labels {
				t := 0.0
				if on {
					t = 1
				}
				sum += logisticStep(z, j, t)
			}
			return sum
		}
		c, _ := slices.BinarySearch(l.present, y.Class)
		loss, s := 0.0, task.weight(y.Class)
		if len(z) == 1 {
			loss = logisticStep(z, 0, float64(c))
		} else {
			loss = softmaxStep(z, c)
		}
		for o := range z {
			z[o] *= s
		}
		return s * loss
	}
}

// adamW is the optimiser of Loshchilov and Hutter 2019 with the usual
// constants, over one flat slice; the decay also reaches biases.
type adamW struct {
	rate, decay float64
	steps       int
	m, v        []float64
}

func newAdamW(n int, rate, decay float64) *adamW {
	return &adamW{rate: rate, decay: decay, m: make([]float64, n), v: make([]float64, n)}
}

func (a *adamW) step(w, g []float32) {
	const beta1, beta2, eps = 0.9, 0.999, 1e-8
	a.steps++
	c1, c2 := 1-math.Pow(beta1, float64(a.steps)), 1-math.Pow(beta2, float64(a.steps))
	for i, gi := range g {
		d := float64(gi)
		a.m[i] = beta1*a.m[i] + (1-beta1)*d
		a.v[i] = beta2*a.v[i] + (1-beta2)*d*d
		x := float64(w[i]) * (1 - a.rate*a.decay)
		w[i] = float32(x - a.rate*(a.m[i]/c1)/(math.Sqrt(a.v[i]/c2)+eps))
	}
}
