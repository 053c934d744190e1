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
