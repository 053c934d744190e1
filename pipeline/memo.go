package pipeline

import (
	"fmt"
	"sync"
)

// Memo keeps values in memory that several runs of one process read, such as a
// base model. Each is loaded once, also when several ask for it at the same
// time, and stays as long as somebody uses it or there is room. The zero value
// is ready to use.
type Memo struct {
	// Alone says that the memo serves one node: Offer makes nothing, for
	// nobody else would read it.
	Alone bool

	mu      sync.Mutex
	limit   int64 // bytes that values and running nodes may hold; 0: no limit
	claimed int64 // bytes that running nodes need, by their estimates
	values  map[string]*memoValue
	bytes   int64
	counter int64
}

// memoValue is a value that is loaded, or being loaded while ready is open.
type memoValue struct {
	ready chan struct{}
	value any
	bytes int64
	users int
	last  int64 // of the memo's counter, when it was last given back
	err   error
}

// Get returns the value of a key, loading it if need be; load says how many
// bytes it holds. The value is shared and must not be changed. It stays until
// release was called, which the caller must do once. An error of load is
// returned to all who wait for it, and the next Get tries again.
func (m *Memo) Get(key string, load func() (value any, bytes int64, err error)) (value any, release func(), err error) {
	m.mu.Lock()
	v, ok := m.values[key]
	if !ok {
		v = &memoValue{ready: make(chan struct{})}
		if m.values == nil {
			m.values = map[string]*memoValue{}
		}
		m.values[key] = v
	}
	v.users++
	m.mu.Unlock()
	if ok {
		<-v.ready
	} else {
		m.load(key, v, load)
	}
	if v.err != nil {
		return nil, nil, v.err
	}
	return v.value, sync.OnceFunc(func() { m.release(v) }), nil
}

// Offer is Get for a value that one can do without, of a size that is known:
// ok is false, and nothing is loaded, where it does not fit beside the running
// nodes, even if values that nobody uses make room, or would take more than
// half of what all may hold.
func (m *Memo) Offer(key string, bytes int64, load func() (any, error)) (value any, release func(), ok bool, err error) {
	if m.Alone || !m.room(key, bytes) {
		return nil, nil, false, nil
	}
	value, release, err = m.Get(key, func() (any, int64, error) {
		v, err := load()
		return v, bytes, err
	})
	return value, release, err == nil, err
}

// room reports whether a value is there or fits.
func (m *Memo) room(key string, bytes int64) bool {
	m.mu.Lock()
	_, known := m.values[key]
	limit, over := m.limit, m.bytes+m.claimed+bytes-m.limit
	m.mu.Unlock()
	if known || limit <= 0 {
		return true
	}
	return bytes <= limit/2 && (over <= 0 || m.Evict(over) >= over)
}

// bound sets the limit that Offer keeps to.
func (m *Memo) bound(limit int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limit = limit
}

// claim notes that running nodes need so many bytes more, or less.
func (m *Memo) claim(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claimed += bytes
}

// load fills a value. If load panics, those who wait get an error.
func (m *Memo) load(key string, v *memoValue, load func() (any, int64, error)) {
	v.err = fmt.Errorf("load %s: panicked", key)
	defer func() {
		m.mu.Lock()
		if v.err != nil {
			delete(m.values, key)
		} else {
			m.bytes += v.bytes
		}
		m.mu.Unlock()
		close(v.ready)
	}()
	v.value, v.bytes, v.err = load()
}

func (m *Memo) release(v *memoValue) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v.users--
	m.counter++
	v.last = m.counter
}

// Bytes returns how many bytes the values hold together.
func (m *Memo) Bytes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bytes
}

// Evict forgets values that nobody uses, the longest unused first, until it has
// freed as many bytes as asked for or none is left. It returns the bytes freed.
// A value with a method Free() or Close() error has it called.
func (m *Memo) Evict(bytes int64) int64 {
	var freed int64
	for freed < bytes {
		v := m.takeUnused()
		if v == nil {
			break
		}
		freed += v.bytes
		switch value := v.value.(type) {
		case interface{ Free() }:
			value.Free()
		case interface{ Close() error }:
			value.Close() // only read from: nothing can be lost
		}
	}
	return freed
}

// takeUnused removes the value that has been unused longest.
func (m *Memo) takeUnused() *memoValue {
	m.mu.Lock()
	defer m.mu.Unlock()
	var oldest string
	for key, v := range m.values {
		select {
		case <-v.ready:
		default:
			continue
		}
		if v.users == 0 && (oldest == "" || v.last < m.values[oldest].last) {
			oldest = key
		}
	}
	v := m.values[oldest]
	if v == nil || v.users != 0 {
		return nil
	}
	delete(m.values, oldest)
	m.bytes -= v.bytes
	return v
}
