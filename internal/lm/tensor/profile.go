package tensor

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// KernelTime is what calls of one kernel took.
type KernelTime struct {
	Name  string // of the exported function; for a product also its shape
	Calls int
	Time  time.Duration
	FLOPs int64 // of products and attention
}

// Profile collects the time of each kernel while it is on. It is meant for one
// goroutine that calls kernels: of several, each call counts in full, as if
// alone, and arithmetic may be noted beside the wrong one.
type Profile struct {
	mu       sync.Mutex
	kernels  map[string]*KernelTime
	products map[string]*KernelTime
	counted  int64 // operations of the process that have been noted
}

// profile is the one that is on; nil for none, which costs a kernel call one
// load.
var profile atomic.Pointer[Profile]

// StartProfile turns a new profile on, in place of any other.
func StartProfile() *Profile {
	p := &Profile{kernels: map[string]*KernelTime{}, products: map[string]*KernelTime{}, counted: FLOPs()}
	profile.Store(p)
	return p
}

// Stop turns profiling off.
func (p *Profile) Stop() { profile.CompareAndSwap(p, nil) }

// Kernels is the time of each kernel, most first.
func (p *Profile) Kernels() []KernelTime { return p.sorted(p.kernels) }

// Products is the time of matrix products by shape, most first; the same calls
// are part of Kernels.
func (p *Profile) Products() []KernelTime { return p.sorted(p.products) }

func (p *Profile) sorted(m map[string]*KernelTime) []KernelTime {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []KernelTime
	for _, k := range m {
		list = append(list, *k)
	}
	slices.SortFunc(list, func(a, b KernelTime) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), strings.Compare(a.Name, b.Name))
	})
	return list
}

func (p *Profile) add(m map[string]*KernelTime, name string, flops int64, start time.Time) {
	took := time.Since(start)
	p.mu.Lock()
	defer p.mu.Unlock()
	k := m[name]
	if k == nil {
		k = &KernelTime{Name: name}
		m[name] = k
	}
	k.Calls++
	k.Time += took
	k.FLOPs += flops
}

// job notes a job of the pool under the name of the kernel that runs it.
func (p *Profile) job(start time.Time) {
	p.mu.Lock()
	now := FLOPs()
	work := now - p.counted
	p.counted = now
	p.mu.Unlock()
	p.add(p.kernels, kernelName(), work, start)
}

// product notes a product under its shape.
func (p *Profile) product(m, k, n int, ta, tb bool, start time.Time) {
	p.add(p.products, fmt.Sprintf("%d × %d × %d %s", m, k, n, layout(ta, tb)), productFLOPs(m, k, n), start)
}

// layout spells a product's operands in the letters of BLAS.
func layout(ta, tb bool) string {
	letter := map[bool]string{false: "N", true: "T"}
	return letter[ta] + letter[tb]
}

// kernelName is the outermost function of this package on the stack: the
// kernel that was called.
func kernelName() string {
	var stack [32]uintptr
	frames := runtime.CallersFrames(stack[:runtime.Callers(1, stack[:])])
	name, prefix := "", ""
	for {
		f, more := frames.Next()
		if name == "" {
			prefix = strings.TrimSuffix(f.Function, "kernelName")
		}
		if !strings.HasPrefix(f.Function, prefix) || !more {
			return name
		}
		name = strings.TrimPrefix(f.Function, prefix)
	}
}
