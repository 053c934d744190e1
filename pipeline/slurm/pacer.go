package slurm

import (
	"sync"
	"time"
)

// pacer lets something happen only so often. It may be used by several
// goroutines; the zero value lets the first pass.
type pacer struct {
	mu   sync.Mutex
	last time.Time
}

func (p *pacer) due(now time.Time, every time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.last) < every {
		return false
	}
	p.last = now
	return true
}
