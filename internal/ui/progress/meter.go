package progress

import (
	"fmt"
	"strings"
	"time"

	"runexp/pipeline"
)

// meter estimates a node's rate and the time left. The rate counts from the
// first report: a node that resumes from a checkpoint does not begin at zero.
type meter struct {
	started time.Time // of the node
	first   time.Time // of the first report
	from    int64     // Done in the first report
	at      time.Time // of the last report
	last    pipeline.Progress
	known   bool
}

func (m *meter) report(p pipeline.Progress, now time.Time) {
	if !m.known || p.Done < m.from || p.Unit != m.last.Unit || p.Total != m.last.Total {
		m.known, m.first, m.from = true, now, p.Done
	}
	m.last, m.at = p, now
}

// rate returns units per second, or 0 while it is not known.
func (m *meter) rate() float64 {
	seconds := m.at.Sub(m.first).Seconds()
	if !m.known || seconds <= 0 {
		return 0
	}
	return float64(m.last.Done-m.from) / seconds
}

// left returns the time that the rest will take, if that can be said.
func (m *meter) left(now time.Time) (time.Duration, bool) {
	rate := m.rate()
	if rate <= 0 || m.last.Total <= 0 {
		return 0, false
	}
	left := time.Duration(float64(m.last.Total-m.last.Done)/rate*float64(time.Second)) - now.Sub(m.at)
	return max(left, 0).Round(time.Second), true
}

// text describes a node's state: "120/1000 steps  35.2/s  25s left  loss 0.31".
func (m *meter) text(now time.Time) string {
	var parts []string
	if m.known && (m.last.Done > 0 || m.last.Total > 0) {
		count := fmt.Sprint(m.last.Done)
		if m.last.Total > 0 {
			count += fmt.Sprintf("/%d", m.last.Total)
		}
		parts = append(parts, strings.TrimSpace(count+" "+Escape(m.last.Unit)))
	}
	if rate := m.rate(); rate > 0 {
		parts = append(parts, rateText(rate))
	}
	if left, ok := m.left(now); ok {
		parts = append(parts, left.String()+" left")
	} else {
		parts = append(parts, now.Sub(m.started).Round(time.Second).String())
	}
	if m.known && m.last.Note != "" {
		parts = append(parts, Escape(m.last.Note))
	}
	return strings.Join(parts, "  ")
}

// rateText writes a rate with three digits.
func rateText(rate float64) string {
	switch {
	case rate >= 100:
		return fmt.Sprintf("%.0f/s", rate)
	case rate >= 10:
		return fmt.Sprintf("%.1f/s", rate)
	}
	return fmt.Sprintf("%.2f/s", rate)
}
