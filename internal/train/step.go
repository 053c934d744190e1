package train

import (
	"fmt"
	"math"

	"runexp/internal/lm/autodiff"
)

// train does one optimiser step on some rows.
func (l *loop) train(step int, index []int) error {
	examples := make([]*Example, len(index))
	for i, k := range index {
		examples[i] = l.rows[k]
		l.result.Tokens += int64(examples[i].Tokens())
	}
	l.adam.StartStep(float64(step) / float64(l.total))
	if err := l.findStart(); err != nil {
		return err
	}
	known := l.from.known(l.step, examples)
	tape := autodiff.New(l.step, true)
	tape.SetCheckpointing(l.config.Checkpointing)
	pass := l.base.Pass(tape, l.overlay)
	pass.Train, pass.Seed, pass.Step, pass.Known = true, l.seed, uint64(step), known
	if l.config.Dropout >= 0 {
		pass.DropoutRate = &l.config.Dropout
	}
	loss := l.objective.loss(pass, examples)
	value := float64(loss.Value.Slice()[0])
	l.result.Steps = step + 1
	rate := l.schedule.At(step)
	if math.IsNaN(value) || math.IsInf(value, 0) {
		l.result.Status = Diverged
		l.result.Detail = fmt.Sprintf("the loss is %v at step %d (learning rate %g); all parameters are still finite", value, step+1, rate)
		if name := l.firstNonFinite(); name != "" {
			l.result.Detail = fmt.Sprintf("the loss is %v at step %d (learning rate %g); parameter %q is not finite", value, step+1, rate, name)
		}
		return nil
	}
	l.sum, l.count = l.sum+value, l.count+1
	if points := max(1, l.total/50); (step+1)%points == 0 {
		l.point(step+1, rate)
	}
	tape.Backward(loss)
	l.adam.Step(rate)
	return nil
}

// findStart looks where passes begin, again whenever more parameters move than
// before.
func (l *loop) findStart() error {
	moving := 0
	for _, p := range l.params {
		if p.Trained() {
			moving++
		}
	}
	if moving == l.moving {
		return nil
	}
	l.from.close()
	l.moving = moving
	var err error
	l.from, err = startOf(l.options.Frozen, l.base, l.overlay)
	return err
}

func (l *loop) point(step int, rate float64) {
	if l.count == 0 {
		return
	}
	l.result.Curve = append(l.result.Curve, Point{Step: step, Loss: l.sum / float64(l.count), LearningRate: rate})
	l.sum, l.count = 0, 0
}

// lastLoss is the mean loss since the last point, or that point's.
func (r *Result) lastLoss(sum float64, count int) float64 {
	switch {
	case count > 0:
		return sum / float64(count)
	case len(r.Curve) > 0:
		return r.Curve[len(r.Curve)-1].Loss
	}
	return math.NaN()
}
