package work

import (
	"bufio"
	"fmt"
	"iter"
	"os"
	"strings"
	"unicode/utf8"

	"runexp/internal/lm"
	"runexp/internal/train"
	"runexp/stages/block"
)

// MaxLine bounds a line of text, in bytes.
const MaxLine = 1 << 20

// readLines yields the non-empty lines of a text file.
func readLines(path string, yield func(line string) bool) (more bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("read text: %w", err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<16), MaxLine)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(s.Text(), "\ufeff"))
		if !utf8.ValidString(line) {
			return false, InputError(fmt.Sprintf("%s:%d: the text is not valid UTF-8", path, n))
		}
		if line != "" && !yield(line) {
			return false, nil
		}
	}
	if err := s.Err(); err != nil {
		return false, fmt.Errorf("read text %s: %w", path, err)
	}
	return true, nil
}

// documents are the pieces of text that pretraining reads: the lines of
// files, or a generator's documents.
type documents struct {
	paths     []string
	generator *block.Generator
	count     int // documents to take from a generator
	err       error
}

func (d *documents) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		if d.generator != nil {
			n := 0
			d.generator.Generator.Text(func(doc string) bool {
				n++
				return yield(doc) && n < d.count
			})
			return
		}
		for _, path := range d.paths {
			more, err := readLines(path, yield)
			if err != nil {
				d.err = err
			}
			if !more {
				return
			}
		}
	}
}

// sequences tokenises documents into training sequences of at most length
// tokens. A generator's documents stand alone; lines of files run on, as the
// sentences of a text do.
func sequences(base *lm.Base, texts []string, length int, runOn bool) []*train.Example {
	tok, special := base.Tokenizer, base.Tokenizer.Special()
	frame := func(ids []int32) []int32 {
		switch {
		case !base.Config().Causal():
			return append(append([]int32{special.CLS}, ids...), special.SEP)
		case special.BOS >= 0:
			return append([]int32{special.BOS}, ids...)
		}
		return append(ids, special.EOS)
	}
	room := length - len(frame(nil))
	var list []*train.Example
	emit := func(ids []int32) {
		if len(ids) > 0 {
			list = append(list, &train.Example{Sequences: []train.Sequence{{IDs: frame(ids), Mask: -1}}})
		}
	}
	var carry []int32
	for _, text := range texts {
		carry = append(carry, tok.Encode(text)...)
		for len(carry) >= room {
			emit(carry[:room:room])
			carry = carry[room:]
		}
		if !runOn {
			emit(carry)
			carry = nil
		}
	}
	emit(carry)
	return list
}
