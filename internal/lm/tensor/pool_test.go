package tensor

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// However many goroutines call kernels, no more chunks run at once than there
// are slots, each chunk runs once, and all slots are used when there is work.
func TestPoolBoundsWhatRunsAtOnce(t *testing.T) {
	for _, limit := range []int{1, 2, 3} {
		p := newPool(limit)
		var running, most atomic.Int32
		var callers sync.WaitGroup
		for range 5 {
			callers.Add(1)
			go func() {
				defer callers.Done()
				for range 40 {
					var done [7]atomic.Int32
					p.run(len(done), func(i int, s *scratch) {
						now := running.Add(1)
						for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
						}
						if s == nil {
							t.Error("a chunk ran without scratch")
						}
						done[i].Add(1)
						time.Sleep(20 * time.Microsecond)
						running.Add(-1)
					})
					for i := range done {
						if n := done[i].Load(); n != 1 {
							t.Errorf("chunk %d ran %d times", i, n)
						}
					}
				}
			}()
		}
		callers.Wait()
		if got := int(most.Load()); got != limit {
			t.Errorf("with %d slots, %d chunks ran at once", limit, got)
		}
		if p.taken != 0 || len(p.waiting) != 0 {
			t.Errorf("at rest %d slots are taken and %d callers wait", p.taken, len(p.waiting))
		}
	}
}

// Helpers that fell asleep wake up again.
func TestPoolWakesSleepingHelpers(t *testing.T) {
	p := newPool(2)
	for range 20 {
		var together sync.WaitGroup
		together.Add(2)
		p.run(2, func(int, *scratch) {
			together.Done()
			together.Wait() // both chunks must run side by side
		})
		time.Sleep(2 * time.Millisecond)
	}
}

func TestPoolGrowsWhileCallersWait(t *testing.T) {
	p := newPool(1)
	var together, callers sync.WaitGroup
	together.Add(2)
	for range 2 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			p.run(1, func(int, *scratch) {
				together.Done()
				together.Wait() // needs both callers at once
			})
		}()
	}
	time.Sleep(time.Millisecond)
	p.resize(2)
	callers.Wait()
}
