package tokenizer

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// longestPiece bounds a token of a tok512.bin in bytes, so that finding its
// parts stays cheap.
const longestPiece = 512

// readLlama2c reads the tokenizer of a llama2.c model: the length of the longest
// token, then for each token its score, its length and its bytes, all little
// endian, to the end of the file. Ids are given by order: unknown, start, end,
// the 256 bytes, then pieces of text.
//
// A text gets a blank before it, is spelled in characters (bytes for those
// without a token), and neighbours whose joint form is a token are joined, the
// highest score first. The input of a model starts with <s>, as in the training
// and the sampling of these models.
func readLlama2c(data []byte, c config) (spec, error) {
	s := spec{
		kind:       "llama2.c BPE",
		normalizer: prepender{" "},
		decoder:    decoders{byteFallbackDecoder{}, fuseDecoder{}, stripDecoder{content: " ", start: 1}},
		added:      c.added,
	}
	tokens, err := parseLlama2c(data)
	if err != nil {
		return s, err
	}
	for i, t := range tokens {
		s.entries = append(s.entries, entry{t.text, int64(i), offset{"tok512.bin", t.offset}})
	}
	for role, token := range map[string]string{"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"} {
		if _, named := c.roles[role]; !named {
			c.roles[role] = token
		}
	}
	s.template = func(v *vocabulary) (template, error) {
		ids, err := v.find("<s>")
		if err != nil {
			return template{}, fmt.Errorf("tok512.bin: %w", err)
		}
		return bosTemplate(ids[0]), nil
	}
	s.model = func(v *vocabulary, banned map[int32]bool) (model, error) {
		m, err := bpeConfig{unk: "<unk>", byteFallback: true}.build(v, banned)
		if err != nil {
			return nil, fmt.Errorf("tok512.bin: %w", err)
		}
		m.(*bpe).joinByScore(tokens)
		return m, nil
	}
	return s, nil
}

// offset is a place in a binary file.
type offset struct {
	file  string
	bytes int
}

func (o offset) position() string { return fmt.Sprintf("%s: offset %d", o.file, o.bytes) }

// scored is a token of a tok512.bin.
type scored struct {
	text   string
	score  float32
	offset int
}

func parseLlama2c(data []byte) ([]scored, error) {
	fail := func(at int, reason string) ([]scored, error) {
		return nil, &syntaxError{"tok512.bin", at, reason}
	}
	if len(data) < 4 {
		return fail(len(data), "the file ends within its header")
	}
	var tokens []scored
	for at := 4; at < len(data); {
		if len(data)-at < 8 {
			return fail(at, "the file ends within a token's score and length")
		}
		score := math.Float32frombits(binary.LittleEndian.Uint32(data[at:]))
		n := binary.LittleEndian.Uint32(data[at+4:])
		if n == 0 || n > longestPiece {
			return fail(at+4, fmt.Sprintf("a token of %d bytes; the limit is %d", n, longestPiece))
		}
		if uint32(len(data)-at-8) < n {
			return fail(at+8, fmt.Sprintf("the file ends within a token of %d bytes", n))
		}
		if score != score {
			return fail(at, "a token's score is not a number")
		}
		text := string(data[at+8 : at+8+int(n)])
		if i := len(tokens); i == 1 || i == 2 {
			// The exporter writes the markers of start and end with line breaks around.
			text = [...]string{"<s>", "</s>"}[i-1]
		}
		tokens = append(tokens, scored{text, score, at})
		at += 8 + int(n)
	}
	return tokens, nil
}

// joinByScore makes a merge of every way to join two tokens into a third. Equal
// scores have equal ranks.
func (m *bpe) joinByScore(tokens []scored) {
	order := make([]int, 0, len(tokens))
	for i, t := range tokens {
		if _, ok := byteToken(t.text); !ok && i > 2 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(tokens[b].score, tokens[a].score) })
	rank := int32(0)
	for k, i := range order {
		if k > 0 && tokens[i].score != tokens[order[k-1]].score {
			rank++
		}
		s := tokens[i].text
		for at := range s {
			if at == 0 || !utf8.RuneStart(s[at]) {
				continue
			}
			left, ok := m.symbols[s[:at]]
			right, ok2 := m.symbols[s[at:]]
			if ok && ok2 {
				m.merges[pair{left, right}] = merge{rank, int32(i)}
			}
		}
	}
}
