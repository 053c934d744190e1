package train

import (
	"fmt"
	"slices"

	"runexp/internal/lm/tensor"
)

// headBefore is a copy of the head's matrix before training, nil without one.
func (l *loop) headBefore() []float32 {
	if l.overlay.Head == nil || l.overlay.Head.Out == nil {
		return nil
	}
	return slices.Clone(l.overlay.Head.Out.Value.Slice())
}

// judge says whether anything was learnt: what was trained must be finite, the
// mean loss of the last tenth of training must lie below that of the first, and
// the head must have moved.
func (l *loop) judge(headBefore []float32) {
	if name := l.firstNonFinite(); name != "" {
		l.result.Status, l.result.Detail = Diverged, fmt.Sprintf("after the last step parameter %q is not finite", name)
		return
	}
	curve := slices.DeleteFunc(slices.Clone(l.result.Curve), func(p Point) bool { return p.Scored })
	if n := max(1, len(curve)/10); len(curve) >= 5 {
		first, last := meanLoss(curve[:n]), meanLoss(curve[len(curve)-n:])
		if !(last < first) {
			l.result.Status = NotLearned
			l.result.Detail = fmt.Sprintf("the loss did not fall: %.4f at first, %.4f at the end", first, last)
			return
		}
	}
	if headBefore != nil && slices.Equal(headBefore, l.overlay.Head.Out.Value.Slice()) {
		l.result.Status, l.result.Detail = NotLearned, "the head did not move"
	}
}

func meanLoss(points []Point) float64 {
	sum := 0.0
	for _, p := range points {
		sum += p.Loss
	}
	return sum / float64(len(points))
}

// firstNonFinite names the first trained parameter that holds NaN or infinity;
// "" if all are finite.
func (l *loop) firstNonFinite() string {
	l.step.Reset()
	flag := l.step.New(1, 1)
	for _, p := range l.params {
		tensor.NonFinite(flag, p.Value, false)
		if flag.Slice()[0] != 0 {
			return p.Name
		}
	}
	return ""
}
