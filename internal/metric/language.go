package metric

import "math"

// Loss is the mean loss of a token in nats: Σ sum / Σ tokens, where sums[i] is
// the loss of row i over its tokens[i] scored tokens.
func Loss(sums, tokens []float64) Value {
	sameLength("Loss", len(sums), len(tokens))
	all, n := 0.0, 0.0
	for i := range sums {
		all += sums[i]
		n += tokens[i]
	}
	if n == 0 {
		return Value{Flag: FlagNoRows}
	}
	return value(all / n)
}

// Perplexity is e to the Loss.
func Perplexity(sums, tokens []float64) Value {
	l := Loss(sums, tokens)
	if l.Flag != "" {
		return l
	}
	return value(math.Exp(l.V))
}
