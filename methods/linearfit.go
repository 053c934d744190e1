package methods

import (
	"errors"
	"math"
	"slices"
)

// linearModel is a fitted linear model: weights in the order of the design
// that it was fitted on, rounded to float32, in which they are also stored.
type linearModel struct {
	link
	strength float64 // the C that was chosen
	w        []float32
	b        []float32
}

// A link turns the scores of a linear model, or of an output layer, into the
// scores of a task.
type link struct {
	task    string // its kind
	outputs int
	present []int // classification: the classes with training rows, ascending
	n       int   // training rows
}

func newLink(task Task, targets []Target) link {
	l := link{task: task.Kind, outputs: task.Outputs, n: len(targets)}
	if task.Kind == Classification || task.Kind == Tagging {
		for _, y := range targets {
			l.present = append(l.present, y.Class)
		}
		slices.Sort(l.present)
		l.present = slices.Compact(l.present)
	}
	return l
}

// width returns the number of scores k that the model computes: none if only
// one class was seen, one logit for two classes, else one per class seen.
func (l link) width() int {
	switch {
	case l.task != Classification && l.task != Tagging:
		return l.outputs
	case len(l.present) == 1:
		return 0
	case len(l.present) == 2:
		return 1
	}
	return len(l.present)
}

// apply sets dst [outputs] from z [k]; it overwrites z.
//
// Each class without training rows gets 1/n of the probability of all the
// classes with rows, so that the log loss of a row of such a class is finite.
func (l link) apply(dst, z []float64) {
	switch l.task {
	case Regression, MultipleChoice:
		copy(dst, z)
		return
	case MultiLabel:
		for j, v := range z {
			dst[j] = sigmoid(v)
		}
		return
	}
	if len(l.present) == 2 {
		z = []float64{0, z[0]}
	} else if len(l.present) == 1 {
		z = []float64{0}
	}
	l.applySoftmax(dst, z)
}

// applySoftmax sets dst [outputs] to probabilities from one logit per class
// with training rows; it overwrites z.
func (l link) applySoftmax(dst, z []float64) {
	unseen := 1 / float64(l.n)
	seen := 1 / (1 + float64(l.outputs-len(l.present))*unseen)
	for c := range dst {
		dst[c] = unseen * seen
	}
	softmax(z)
	for i, c := range l.present {
		dst[c] = z[i] * seen
	}
}

func (l *link) encode(e *encoder) {
	e.text(l.task)
	e.count(l.outputs)
	e.counts(l.present)
	e.count(l.n)
}

func (l *link) decode(d *decoder) {
	l.task = d.text()
	l.outputs = d.count()
	l.present = d.counts()
	l.n = d.count()
	classes := l.task == Classification || l.task == Tagging
	d.want(l.outputs > 0 && l.n > 0 && classes == (len(l.present) > 0))
	for _, c := range l.present {
		d.want(c < l.outputs)
	}
}

// fitLinear fits a linear model for every strength, strongest regularisation
// first so that each fit starts from its neighbour's solution, and returns
// the one that dev likes best. predict scores the dev rows with a model.
// Equal scores go to the lower log loss, then to the stronger regularisation.
func fitLinear(x design, task Task, targets, dev []Target, strengths []float64, predict func(*linearModel) [][]float64) (*linearModel, error) {
	if len(strengths) > 1 && len(dev) == 0 {
		return nil, errors.New("choose the strength: there are no dev rows; give one strength")
	}
	fit := newLinearPath(x, task, targets)
	var best *linearModel
	var bestScore, bestLoss float64
	for _, c := range slices.Sorted(slices.Values(strengths)) {
		m, err := fit.next(c)
		if err != nil {
			return nil, err
		}
		if len(strengths) == 1 {
			return m, nil
		}
		scores := predict(m)
		score, loss := task.score(scores, dev), task.logLoss(scores, dev)
		if best == nil || score > bestScore || score == bestScore && loss < bestLoss {
			best, bestScore, bestLoss = m, score, loss
		}
	}
	return best, nil
}

// linearPath fits one task at rising strengths.
type linearPath struct {
	x          design
	link       link
	problems   []*linearProblem // one; for multi-label one per label, nil for a constant label
	solutions  [][]float64      // the last one of each problem
	mean, unit float64          // regression: targets are fitted as (y-mean)/unit
	constant   []float64        // multi-label: the logit of a constant label
}

func newLinearPath(x design, task Task, targets []Target) *linearPath {
	p := &linearPath{x: x, link: newLink(task, targets), unit: 1}
	weights := make([]float64, len(targets))
	for i := range weights {
		weights[i] = 1
	}
	binary := func(on func(Target) bool) *linearProblem {
		y := make([]float64, len(targets))
		for i, t := range targets {
			if on(t) {
				y[i] = 1
			}
		}
		return &linearProblem{x: x, k: 1, loss: logisticLoss(y), curvature: 0.25, weights: weights}
	}
	switch k := p.link.width(); {
	case task.Kind == Regression:
		p.problems = []*linearProblem{p.regression(targets, weights)}
	case task.Kind == MultipleChoice:
		p.problems = []*linearProblem{binary(func(t Target) bool { return t.Class == 1 })}
	case task.Kind == MultiLabel:
		p.constant = make([]float64, k)
		for j := range k {
			on := 0
			for _, t := range targets {
				if t.Labels[j] {
					on++
				}
			}
			var problem *linearProblem
			if on > 0 && on < len(targets) {
				problem = binary(func(t Target) bool { return t.Labels[j] })
			} else {
				p.constant[j] = math.Log(float64(on+1) / float64(len(targets)-on+1))
			}
			p.problems = append(p.problems, problem)
		}
	case k == 0: // one class: nothing to fit
	default:
		for i, t := range targets {
			weights[i] = task.weight(t.Class)
		}
		if k == 1 {
			second := p.link.present[1]
			p.problems = []*linearProblem{binary(func(t Target) bool { return t.Class == second })}
			break
		}
		class := make([]int, len(targets))
		for i, t := range targets {
			class[i], _ = slices.BinarySearch(p.link.present, t.Class)
		}
		p.problems = []*linearProblem{{x: x, k: k, loss: softmaxLoss(class), curvature: 0.25, weights: weights}}
	}
	p.solutions = make([][]float64, len(p.problems))
	return p
}

// regression returns the ridge problem for standardised targets; the
// penalty means the same in any unit of the targets.
func (p *linearPath) regression(targets []Target, weights []float64) *linearProblem {
	p.mean, p.unit = valueScale(targets)
	y := make([]float64, len(targets))
	for i, t := range targets {
		y[i] = t.Value
	}
	for i := range y {
		y[i] = (y[i] - p.mean) / p.unit
	}
	return &linearProblem{x: p.x, k: 1, loss: squaredLoss(y), curvature: 1, weights: weights}
}

// next fits with strength c, starting from the last solution.
func (p *linearPath) next(c float64) (*linearModel, error) {
	k, cols := p.link.width(), p.x.cols()
	m := &linearModel{link: p.link, strength: c, w: make([]float32, k*cols), b: make([]float32, k)}
	for i, problem := range p.problems {
		if problem == nil {
			m.b[i] = float32(p.constant[i])
			continue
		}
		v, err := problem.solve(c, p.solutions[i])
		if err != nil {
			return nil, err
		}
		p.solutions[i] = v
		for o := range problem.k {
			for j := range cols {
				m.w[p.x.at(j, i+o, k)] = float32(v[p.x.at(j, o, problem.k)] * p.unit)
			}
			m.b[i+o] = float32(v[problem.k*cols+o]*p.unit + p.mean)
		}
	}
	return m, nil
}

// checkStrengths returns the errors of a list of strengths.
func checkStrengths(strengths []float64) []error {
	if len(strengths) == 0 {
		return []error{&FieldError{"strengths", "At least one strength is needed."}}
	}
	for _, c := range strengths {
		if !(c > 0) || math.IsInf(c, 1) {
			return []error{&FieldError{"strengths", "A strength is the weight of the data against the penalty; each must be a number above 0."}}
		}
	}
	return nil
}

// valueScale returns mean and deviation of regression targets; the deviation
// of equal targets is given as 1.
func valueScale(targets []Target) (mean, unit float64) {
	y := make([]float64, len(targets))
	for i, t := range targets {
		y[i] = t.Value
	}
	mean, unit = meanAndDeviation(y)
	if unit == 0 {
		unit = 1
	}
	return mean, unit
}

// meanAndDeviation returns the mean and the standard deviation with n in the
// denominator.
func meanAndDeviation(v []float64) (mean, sd float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / float64(len(v)))
}
