package train

import (
	"fmt"
	"math"

	"runexp/internal/lm/tensor"
)

// endEpoch scores dev, keeps the best state, and stops when patience ends.
func (l *loop) endEpoch(step int) {
	if l.data.Score == nil || l.config.EarlyStopping == 0 || l.result.Status != OK {
		return
	}
	score := l.devScore()
	if math.IsNaN(score) {
		l.result.Status, l.result.Detail = Diverged, fmt.Sprintf("the dev score after step %d is not a number", step)
		return
	}
	l.point(step, l.schedule.At(step-1))
	l.result.Curve = append(l.result.Curve, Point{Step: step, LearningRate: l.schedule.At(step - 1), Score: score, Scored: true,
		Loss: l.result.lastLoss(l.sum, l.count)})
	if score > l.bestAt {
		l.bestAt, l.result.BestStep, l.patience = score, step, 0
		l.keepBest()
		return
	}
	l.patience++
	l.result.Stopped = l.patience >= l.config.EarlyStopping
}

// devScore is higher the better; a language model's is minus its loss.
func (l *loop) devScore() float64 {
	if l.data.Task.Kind == "language_modeling" {
		loss, _ := LanguageLoss(l.base, l.overlay, l.data.Dev, tensor.NewKey(0, "language"))
		return -loss
	}
	defer l.evaluation.Reset()
	return l.data.Score(predict(l.evaluation, l.base, l.overlay, l.from, l.data.Dev))
}

func (l *loop) keepBest() {
	for i, p := range l.params {
		if i == len(l.best) {
			l.best = append(l.best, l.state.New(p.Value.Rows, p.Value.Cols))
		}
		tensor.Copy(l.best[i], p.Value)
	}
}

// finish restores the best state, if one was kept, and judges the run.
func (l *loop) finish(headBefore []float32) {
	l.point(l.result.Steps, l.schedule.At(max(0, l.result.Steps-1)))
	l.result.Kept = l.result.Steps
	if l.best != nil {
		for i, p := range l.params {
			tensor.Copy(p.Value, l.best[i])
		}
		l.result.Kept = l.result.BestStep
	}
	if l.result.Status == OK {
		l.judge(headBefore)
	}
}
