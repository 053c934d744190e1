package lm

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"runexp/internal/lm/llama"
	"runexp/internal/lm/nn"
	"runexp/internal/lm/tokenizer"
)

// loadLlama2C reads a model file of llama2.c ("legacy" layout): seven int32
// (dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len; a
// negative vocab_size says that the output matrix is not the embedding), then
// float32 matrices, each kind for all layers at once. Its rotary positions pair
// neighbouring channels, so the rows of queries and keys are reordered. The
// tokenizer lies beside it.
func loadLlama2C(path string) (*Base, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open model %s: not a regular file", path)
	}
	r := bufio.NewReaderSize(f, 1<<20)
	c, seqLen, err := llama2CConfig(r)
	if err != nil {
		return nil, fmt.Errorf("open model %s: %w", path, err)
	}
	want := int64(28 + 4*seqLen*c.HeadDim)
	for _, spec := range llama.New(c).Specs() {
		want += 4 * spec.Count()
	}
	if info.Size() != want {
		return nil, fmt.Errorf("open model %s: %d bytes, but its header asks for %d", path, info.Size(), want)
	}
	b, err := newBase(c, false)
	if err != nil {
		return nil, fmt.Errorf("open model %s: %w", path, err)
	}
	if err := b.readLlama2C(r, seqLen); err != nil {
		b.Free()
		return nil, fmt.Errorf("open model %s: %w", path, err)
	}
	if b.Tokenizer, err = tokenizer.Load(filepath.Dir(path)); err != nil {
		b.Free()
		return nil, err
	}
	b.config = configJSON(c)
	return b, nil
}

func llama2CConfig(r io.Reader) (c *nn.Config, seqLen int, err error) {
	var h [7]int32
	if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
		return nil, 0, fmt.Errorf("byte 0: header: %w", err)
	}
	names := []string{"dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len"}
	limits := []int{maxHidden, 8 * maxHidden, maxLayers, maxHidden, maxHidden, maxVocabulary, maxPositions}
	for i, v := range h {
		if i == 5 && v < 0 {
			v = -v
		}
		if v < 1 || int64(v) > int64(limits[i]) {
			return nil, 0, fmt.Errorf("byte %d: %s is %d", 4*i, names[i], h[i])
		}
	}
	c = &nn.Config{
		ModelType: "llama", Hidden: int(h[0]), Intermediate: int(h[1]), Layers: int(h[2]), Heads: int(h[3]), KVHeads: int(h[4]),
		Vocabulary: int(max(h[5], -h[5])), MaxPositions: int(h[6]), Activation: "silu", Eps: 1e-5, InitStd: 0.02,
		RopeTheta: 10000, TiedHead: h[5] > 0, LMHead: true, BOSID: 1, EOSID: 2, PadID: 2,
	}
	return c, int(h[6]), checkConfig(c)
}

func (b *Base) readLlama2C(r io.Reader, seqLen int) error {
	c := b.Config()
	read := func(name string) error { return readFloats(r, b.Weights[name].Value.Slice()) }
	perLayer := func(part string) error {
		for l := range c.Layers {
			name := fmt.Sprintf("model.layers.%d.%s.weight", l, part)
			if err := read(name); err != nil {
				return err
			}
			if part == "self_attn.q_proj" || part == "self_attn.k_proj" {
				splitPairs(b.Weights[name].Value.Slice(), c.HeadDim, c.Hidden)
			}
		}
		return nil
	}
	if err := read("model.embed_tokens.weight"); err != nil {
		return err
	}
	for _, part := range []string{
		"input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
		"post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj",
	} {
		if err := perLayer(part); err != nil {
			return err
		}
	}
	if err := read("model.norm.weight"); err != nil {
		return err
	}
	// The tables of rotary angles are computed afresh.
	if _, err := io.CopyN(io.Discard, r, int64(4*seqLen*c.HeadDim)); err != nil {
		return err
	}
	if !c.TiedHead {
		if err := read("lm_head.weight"); err != nil {
			return err
		}
	}
	return b.checkFinite()
}

// splitPairs reorders the rows [heads·headDim, cols] of a query or key matrix
// so that the two channels of a rotary pair are headDim/2 apart instead of
// neighbours. The scores of attention, sums over a head, stay as they are.
func splitPairs(w []float32, headDim, cols int) {
	head := make([]float32, headDim*cols)
	for at := 0; at < len(w); at += len(head) {
		copy(head, w[at:])
		for row := range headDim {
			to := row/2 + row%2*(headDim/2)
			copy(w[at+to*cols:][:cols], head[row*cols:])
		}
	}
}

func readFloats(r io.Reader, dst []float32) error {
	buf := make([]byte, 1<<16)
	for len(dst) > 0 {
		n := min(len(dst), len(buf)/4)
		if _, err := io.ReadFull(r, buf[:4*n]); err != nil {
			return err
		}
		for i := range n {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(buf[4*i:]))
		}
		dst = dst[n:]
	}
	return nil
}
