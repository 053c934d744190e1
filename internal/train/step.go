package train

import (
	"fmt"
	"math"

	"runexp/internal/lm/autodiff"
)

// train does one optimiser step on some rows.
func (l *loop) train(step int, index []int) {
	examples := make([]*Example, len(index))
	for i, k := range index {
		examples[i] = l.rows[k]
		l.result.Tokens += int64(examples[i].Tokens())
	}
	l.step.Reset()
	tape := autodiff.New(l.step, true)
	tape.SetCheckpointing(l.config.Checkpointing)
	pass := l.base.Pass(tape, l.overlay)
	pass.Train, pass.Seed, pass.Step = true, l.seed, uint64(step)
	if l.config.Dropout >= 0 {
		pass.DropoutRate = &l.config.Dropout
	}
	l.adam.StartStep(float64(step) / float64(l.total))
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
		return
	}
	l.sum, l.count = l.sum+value, l.count+1
	if points := max(1, l.total/50); (step+1)%points == 0 {
		l.point(step+1, rate)
	}
	tape.Backward(loss)
	l.adam.Step(rate)
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
