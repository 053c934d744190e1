package tensor_test

import (
	"testing"

	"runexp/internal/lm/tensor"
)

// A profile has each kernel under the name that was called, whatever it calls in
// turn, and products under their shape too, until it is stopped.
func TestProfileNamesKernels(t *testing.T) {
	a := tensor.NewArena()
	defer a.Free()
	x, y, d, row := a.Zeros(40, 30), a.Zeros(30, 20), a.New(40, 20), a.Zeros(1, 20)
	arg := a.Ints(make([]int32, 20))
	p := tensor.StartProfile()
	tensor.Gemm(d, x, y, false, false, false)
	tensor.Gemm(d, x, y, false, false, true)
	tensor.GemmBias(d, x, y, row, false, false)
	tensor.SegmentMaxBackward(d, row, arg, a.Ints([]int32{0, 40}), false)
	p.Stop()
	tensor.Gemm(d, x, y, false, false, false)

	calls, flops := map[string]int{}, map[string]int64{}
	for _, k := range p.Kernels() {
		calls[k.Name], flops[k.Name] = k.Calls, k.FLOPs
	}
	const each = 2 * 40 * 30 * 20
	if len(calls) != 3 || calls["Gemm"] != 2 || calls["GemmBias"] != 1 || calls["SegmentMaxBackward"] != 1 {
		t.Errorf("kernels: %v", p.Kernels())
	}
	if flops["Gemm"] != 2*each || flops["GemmBias"] != each || flops["SegmentMaxBackward"] != 0 {
		t.Errorf("operations: %v", p.Kernels())
	}
	if list := p.Products(); len(list) != 1 || list[0].Name != "40 × 30 × 20 NN" || list[0].Calls != 3 || list[0].FLOPs != 3*each {
		t.Errorf("products: %v", list)
	}
}
