package work

import (
	"fmt"
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/lm"
	"runexp/internal/lm/tokenizer"
	"runexp/methods"
	"runexp/stages/block"
)

// An asker asks a frozen model for the classes of rows: it renders prompts,
// has their answers scored, and turns scores into probabilities.
type asker struct {
	base      *lm.Base
	data      *dataset.Dataset
	in        Input // with a format and its words
	template  string
	separator string
	how       methods.Asking
	answers   [][]labelWord // by class
	priors    map[string][]float64
	// leftOut counts rows whose prompt had no room for all demonstrations.
	leftOut int
}

// A labelWord is one with its tokens.
type labelWord struct {
	word   string
	tokens []int32
}

// askedAtOnce bounds how many rows' prompts are in memory.
const askedAtOnce = 256

func newAsker(base *lm.Base, data *dataset.Dataset, in Input, how methods.Asking, separator string) (*asker, error) {
	a := &asker{base: base, data: data, in: in, template: in.Format.Text, separator: separator, how: how, priors: map[string][]float64{}}
	if !strings.Contains(a.template, block.MaskSlot) {
		a.template = strings.TrimRight(a.template, " ") + " " + block.MaskSlot
	}
	if err := in.checkWords(data); err != nil {
		return nil, err
	}
	for _, label := range data.LabelNames {
		var list []labelWord
		for _, w := range in.Words[label] {
			tokens, err := wordTokens(base, a.template, w)
			if err != nil {
				return nil, err
			}
			list = append(list, labelWord{w, tokens})
		}
		a.answers = append(a.answers, list)
	}
	return a, nil
}

// ask returns the class probabilities of rows; shown are the training rows
// that are demonstrated before the i-th.
func (a *asker) ask(rows []dataset.Row, shown func(i int) []int) (Predictions, error) {
	all := Predictions{cols: len(a.answers)}
	for from := 0; from < len(rows); from += askedAtOnce {
		part := rows[from:min(from+askedAtOnce, len(rows))]
		prompts := make([]*prompt, len(part))
		for i := range part {
			p, err := a.prompt(&part[i], shown(from+i))
			if err != nil {
				return all, err
			}
			if p.short {
				a.leftOut++
			}
			prompts[i] = p
		}
		for i, probs := range a.probabilities(prompts) {
			if a.how.Calibrate {
				prior, err := a.prior(shown(from + i))
				if err != nil {
					return all, err
				}
				probs = methods.Calibrate(probs, prior)
			}
			all.values = append(all.values, probs...)
		}
	}
	return all, nil
}

// prior is what the model answers to inputs without content, on average.
func (a *asker) prior(shown []int) ([]float64, error) {
	key := fmt.Sprint(shown)
	if p, ok := a.priors[key]; ok {
		return p, nil
	}
	prompts := make([]*prompt, len(methods.ContentFree))
	for i, content := range methods.ContentFree {
		empty := &dataset.Row{Fields: map[string]string{}}
		for _, column := range a.in.Format.Columns() {
			empty.Fields[column] = content
		}
		p, err := a.prompt(empty, shown)
		if err != nil {
			return nil, err
		}
		prompts[i] = p
	}
	mean := make([]float64, len(a.answers))
	for _, probs := range a.probabilities(prompts) {
		for c, p := range probs {
			mean[c] += p / float64(len(prompts))
		}
	}
	a.priors[key] = mean
	return mean, nil
}

// probabilities scores prompts and normalises over the classes.
func (a *asker) probabilities(prompts []*prompt) [][]float64 {
	var questions []methods.Question
	for _, p := range prompts {
		questions = append(questions, p.questions...)
	}
	scores := methods.ScoreAnswers(a.base, questions)
	all := make([][]float64, len(prompts))
	for i, p := range prompts {
		logits := make([]float64, len(a.answers))
		for _, w := range p.words {
			score := scores[w.question][w.answer]
			if a.how.Normalise {
				score /= float64(len(p.questions[w.question].Answers[w.answer]))
			}
			logits[w.class] += score / float64(len(a.answers[w.class]))
		}
		all[i] = softmax(logits)
		scores = scores[len(p.questions):]
	}
	return all
}

// A prompt is what the model is asked about one row.
type prompt struct {
	questions []methods.Question
	words     []askedWord
	short     bool // demonstrations were left out
}

// askedWord says where the score of one label word is found.
type askedWord struct{ class, question, answer int }

func (a *asker) prompt(row *dataset.Row, shown []int) (*prompt, error) {
	p := &prompt{}
	masked := map[int]int{} // question by number of masks
	for class, list := range a.answers {
		for _, w := range list {
			place, ok := 0, false
			if !a.base.Config().Causal() {
				place, ok = masked[len(w.tokens)]
			}
			if !ok {
				q, err := a.question(p, row, shown, w)
				if err != nil {
					return nil, err
				}
				place = p.find(q)
				masked[len(w.tokens)] = place
			}
			q := &p.questions[place]
			if !a.base.Config().Causal() {
				q.Answers = append(q.Answers, w.tokens)
			}
			p.words = append(p.words, askedWord{class, place, len(q.Answers) - 1})
		}
	}
	return p, a.base.Tokenizer.Err()
}

// find adds a question, or its answers to one that is asked already, and
// returns its place.
func (p *prompt) find(q methods.Question) int {
	for i := range p.questions {
		if slices.Equal(p.questions[i].IDs, q.IDs) && slices.Equal(p.questions[i].At, q.At) {
			p.questions[i].Answers = append(p.questions[i].Answers, q.Answers...)
			return i
		}
	}
	p.questions = append(p.questions, q)
	return len(p.questions) - 1
}

// question renders the prompt with the word's place and finds that place. If
// it is too long, demonstrations are left out from the first.
func (a *asker) question(p *prompt, row *dataset.Row, shown []int, w labelWord) (methods.Question, error) {
	for ; ; shown = shown[1:] {
		in := a.in
		if len(shown) > 0 {
			in.MaxLength = a.base.Config().MaxPositions // the length of a row is not that of a prompt
		}
		limit, err := in.Limit(a.base, 0)
		if err != nil {
			return methods.Question{}, err
		}
		parts, start, err := a.render(row, shown, w)
		if err != nil {
			return methods.Question{}, err
		}
		enc := a.base.Tokenizer.EncodeParts(parts, tokenizer.Options{MaxLength: limit, TruncateStart: in.Truncate == "start"})
		if enc.Truncated && len(shown) > 0 {
			p.short = true
			continue
		}
		if a.base.Config().Causal() {
			return causalQuestion(enc, start)
		}
		return a.maskedQuestion(enc), nil
	}
}

// render lists the parts of a prompt, and the byte at which the word starts.
func (a *asker) render(row *dataset.Row, shown []int, w labelWord) (parts []tokenizer.Part, start int, err error) {
	for _, i := range shown {
		demo, err := a.data.Train.At(i)
		if err != nil {
			return nil, 0, err
		}
		gold := tokenizer.Part{Text: a.answers[demo.Label][0].word}
		parts = append(parts, templateParts(a.template, demo, []tokenizer.Part{gold})...)
		parts = append(parts, tokenizer.Part{Text: a.separator})
	}
	slot := []tokenizer.Part{{Text: w.word}}
	if !a.base.Config().Causal() {
		mask, err := maskPart(a.base)
		if err != nil {
			return nil, 0, err
		}
		slot = slices.Repeat([]tokenizer.Part{mask}, len(w.tokens))
	}
	before, after, _ := strings.Cut(a.template, block.MaskSlot)
	parts = append(parts, templateParts(before, row, nil)...)
	for _, part := range parts {
		start += len(part.Text)
	}
	parts = append(parts, slot...)
	return append(parts, templateParts(after, row, nil)...), start, nil
}

// maskedQuestion is read at the masks.
func (a *asker) maskedQuestion(enc tokenizer.Encoding) methods.Question {
	q := methods.Question{IDs: enc.IDs, Types: enc.Types}
	for i, id := range enc.IDs {
		if id == a.base.Tokenizer.Special().MASK {
			q.At = append(q.At, i)
		}
	}
	return q
}

// wordsAlone are a prompt's questions cut after the label words: a causal model is
// asked for the text behind them too, which tells words apart but is no part of how
// likely one of them is.
func (a *asker) wordsAlone(p *prompt) []methods.Question {
	questions := slices.Clone(p.questions)
	k := 0
	for _, list := range a.answers { // p.words are in this order
		for _, w := range list {
			at := p.words[k]
			k++
			q := &questions[at.question]
			n := min(len(w.tokens), len(q.At))
			q.At, q.Answers = q.At[:n], slices.Clone(q.Answers)
			for i, answer := range q.Answers {
				q.Answers[i] = answer[:min(n, len(answer))]
			}
		}
	}
	return questions
}

// causalQuestion scores all tokens from the one in which the word starts, each
// read at the one before. The last is asked for and not given.
func causalQuestion(enc tokenizer.Encoding, start int) (methods.Question, error) {
	first, last := -1, -1
	for i, span := range enc.Offsets {
		if span[1] > span[0] {
			last = i
			if first < 0 && span[1] > start {
				first = i
			}
		}
	}
	if first < 1 {
		return methods.Question{}, InputError("a causal model predicts a label word from what stands before it; for one row nothing does")
	}
	q := methods.Question{IDs: enc.IDs[:last], Answers: [][]int32{enc.IDs[first : last+1]}}
	if enc.Types != nil {
		q.Types = enc.Types[:last]
	}
	for i := first; i <= last; i++ {
		q.At = append(q.At, i-1)
	}
	return q, nil
}
