package pipeline

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestMemoLoadsOnce(t *testing.T) {
	var m Memo
	var loads atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			v, release, err := m.Get("base", func() (any, int64, error) { loads.Add(1); return 42, 100, nil })
			if err != nil || v != 42 {
				t.Errorf("Get = %v, %v", v, err)
			}
			release()
		})
	}
	wg.Wait()
	if loads.Load() != 1 || m.Bytes() != 100 {
		t.Errorf("loaded %d times, %d bytes, want once and 100", loads.Load(), m.Bytes())
	}
}

// freed notes that it was freed.
type freed struct{ done bool }

func (f *freed) Free() { f.done = true }

func TestMemoEvictsWhatNobodyUses(t *testing.T) {
	var m Memo
	values := map[string]*freed{}
	releases := map[string]func(){}
	for _, key := range []string{"a", "b", "c"} {
		v, release, err := m.Get(key, func() (any, int64, error) { return &freed{}, 10, nil })
		if err != nil {
			t.Fatal(err)
		}
		values[key], releases[key] = v.(*freed), release
	}
	releases["b"]()
	releases["a"]()
	releases["a"]() // a second time does nothing
	if got := m.Evict(5); got != 10 || !values["b"].done || values["a"].done {
		t.Errorf("Evict(5) = %d, b freed %v, a freed %v, want 10, the longest unused first", got, values["b"].done, values["a"].done)
	}
	if got := m.Evict(100); got != 10 || values["c"].done || m.Bytes() != 10 {
		t.Errorf("Evict(100) = %d, c freed %v, %d bytes left, want 10, false, 10", got, values["c"].done, m.Bytes())
	}
}

func TestMemoTriesAgainAfterAFailure(t *testing.T) {
	var m Memo
	if _, _, err := m.Get("a", func() (any, int64, error) { return nil, 0, errors.New("no luck") }); err == nil {
		t.Error("Get gave no error")
	}
	func() {
		defer func() { recover() }()
		m.Get("a", func() (any, int64, error) { panic("oh no") })
	}()
	v, release, err := m.Get("a", func() (any, int64, error) { return 1, 1, nil })
	if err != nil || v != 1 {
		t.Errorf("Get after failures = %v, %v", v, err)
	}
	release()
}

// What is offered is kept only where it fits beside the running nodes.
func TestMemoOfferKeepsToTheLimit(t *testing.T) {
	m := &Memo{}
	m.bound(100)
	offer := func(key string, bytes int64) bool {
		t.Helper()
		_, release, ok, err := m.Offer(key, bytes, func() (any, error) { return key, nil })
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			release()
		}
		return ok
	}
	if !offer("a", 50) || offer("b", 51) {
		t.Error("half of the limit must fit, more must not")
	}
	if !offer("c", 50) || !offer("d", 10) || m.Bytes() > 100 {
		t.Errorf("%d bytes are held; unused values must make room, and no more be held than 100", m.Bytes())
	}
	m.claim(95)
	if offer("e", 10) {
		t.Error("5 bytes are left beside running nodes, and 10 were taken")
	}
	m.claim(-95)
	if !offer("e", 10) {
		t.Error("the node that needed memory is done, and its memory was not given back")
	}
	if alone := (&Memo{Alone: true}); alone.room("x", 1) != true {
		t.Error("a memo without a limit has no room")
	} else if _, _, ok, _ := alone.Offer("x", 1, func() (any, error) { return 1, nil }); ok {
		t.Error("a memo of one node kept a value for others")
	}
}
