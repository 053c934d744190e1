package methods

import (
	"io"
	"math"
	"slices"
)

// fitNeighbours keeps the training rows, standardised and of length one.
func (m *Probing) fitNeighbours(train Features, task Task) *knnProbe {
	p := &knnProbe{
		link:     newLink(task, train.Targets),
		standard: newStandard(train),
		k:        min(m.K, train.Rows),
	}
	p.rows = float32sOf(p.unitRows(train))
	for _, y := range train.Targets {
		p.targets = append(p.targets, p.values(y)...)
	}
	return p
}

// knnProbe lets the k training rows of highest cosine similarity vote:
//
//	p(c) = (votes for c + 1/C) / (k + 1)
//
// One vote is spread over all classes, so that the log loss is finite. Of
// rows equally near, the earlier one counts; of classes with equally many
// votes, the one whose voters are nearer wins. Values are averaged.
type knnProbe struct {
	link
	standard
	k       int
	rows    []float32 // [n, cols], each of length one
	targets []float64 // [n, outputs]
}

// values spreads a target over the outputs.
func (p *knnProbe) values(y Target) []float64 {
	v := make([]float64, p.outputs)
	switch p.task {
	case Regression:
		v[0] = y.Value
	case MultipleChoice:
		v[0] = float64(y.Class)
	case MultiLabel:
		for j, on := range y.Labels {
			if on {
				v[j] = 1
			}
		}
	default:
		v[y.Class] = 1
	}
	return v
}

func (p *knnProbe) unitRows(f Features) []float64 {
	x := p.standardise(f)
	for i := range f.Rows {
		row := x[i*f.Cols : (i+1)*f.Cols]
		norm := 0.0
		for _, v := range row {
			norm += v * v
		}
		norm = math.Sqrt(norm)
		for j := range row {
			if norm > 0 {
				row[j] /= norm
			}
		}
	}
	return x
}

// tieShare is the part of one vote by which the similarities of the voters
// can move a probability: enough to order equal votes, too little to order
// unequal ones.
const tieShare = 1e-6

// PredictFeatures scores each row; the cost is one product with every
// training row.
func (p *knnProbe) PredictFeatures(f Features) [][]float64 {
	x := float32sOf(p.unitRows(f))
	n, cols := len(p.targets)/p.outputs, f.Cols
	out := newScores(f.Rows, p.outputs)
	for i := range out {
		var near neighbours
		for t := range n {
			near.add(neighbour{t, dot32(x[i*cols:(i+1)*cols], p.rows[t*cols:(t+1)*cols])}, p.k)
		}
		p.vote(out[i], near)
	}
	return out
}

// neighbour is a training row and its similarity, -1 to 1.
type neighbour struct {
	row        int
	similarity float64
}

// neighbours holds the nearest rows seen so far, nearest first.
type neighbours []neighbour

// add puts n in its place and keeps the k nearest; of equals the one added
// first stays in front.
func (all *neighbours) add(n neighbour, k int) {
	v := *all
	if len(v) == k {
		if n.similarity <= v[k-1].similarity {
			return
		}
		v = v[:k-1]
	}
	i := len(v)
	for i > 0 && v[i-1].similarity < n.similarity {
		i--
	}
	*all = slices.Insert(v, i, n)
}

// vote sets dst [outputs] from the voters.
func (p *knnProbe) vote(dst []float64, voters []neighbour) {
	k, total := float64(len(voters)), 0.0
	for _, v := range voters {
		y := p.targets[v.row*p.outputs : (v.row+1)*p.outputs]
		weight := 1 + tieShare*(1+v.similarity)/(2*k)
		if p.task == Regression {
			weight = 1
		}
		for o := range dst {
			dst[o] += weight * y[o]
		}
		total += weight
	}
	for o := range dst {
		switch p.task {
		case Regression:
			dst[o] /= total
		case MultiLabel:
			dst[o] = (dst[o] + 0.5) / (total + 1)
		case MultipleChoice:
			q := (dst[o] + 0.5) / (total + 1)
			dst[o] = math.Log(q / (1 - q))
		default:
			dst[o] = (dst[o] + 1/float64(p.outputs)) / (total + 1)
		}
	}
}

// ParamCount returns 0: the rows are stored, nothing is fitted.
func (p *knnProbe) ParamCount() int64 { return 0 }

// StoredBytes returns the size of the stored rows.
func (p *knnProbe) StoredBytes() int64 { return savedSize(p) }

// Save writes the stored rows.
func (p *knnProbe) Save(w io.Writer) error { return save(w, p) }

func (*knnProbe) kind() string { return "knn probe" }

func (p *knnProbe) encode(e *encoder) {
	p.link.encode(e)
	p.standard.encode(e)
	e.count(p.k)
	e.float32s(p.rows)
	e.float64s(p.targets)
}

func (p *knnProbe) decode(d *decoder) {
	p.link.decode(d)
	p.standard.decode(d)
	p.k = d.count()
	p.rows = d.float32s()
	p.targets = d.float64s()
	d.want(len(p.targets) == p.n*p.outputs && len(p.rows) == p.n*len(p.mean) && p.k >= 1 && p.k <= p.n)
}
