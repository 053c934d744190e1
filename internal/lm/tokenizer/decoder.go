package tokenizer

import "strings"

// decoder turns tokens back into strings that, joined, are the text.
type decoder interface {
	decode(tokens []string) []string
}

// decoders apply one after the other.
type decoders []decoder

func (ds decoders) decode(tokens []string) []string {
	for _, d := range ds {
		tokens = d.decode(tokens)
	}
	return tokens
}

// Decode gives the text of some ids. What encoding dropped (case, accents,
// blanks) does not come back. Ids outside the vocabulary are left out.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	tokens := make([]string, 0, len(ids))
	for _, id := range ids {
		token := t.Token(id)
		if token == "" || skipSpecial && t.isSpecial[id] {
			continue
		}
		tokens = append(tokens, token)
	}
	if t.decoder == nil {
		return strings.Join(tokens, " ")
	}
	return strings.Join(t.decoder.decode(tokens), "")
}

// wordPieceDecoder sets a blank before each token that starts a word.
type wordPieceDecoder struct {
	prefix  string
	cleanup bool // take out blanks before punctuation and English contractions
}

func (d wordPieceDecoder) decode(tokens []string) []string {
	out := make([]string, len(tokens))
	for i, token := range tokens {
		if i > 0 {
			if rest, ok := strings.CutPrefix(token, d.prefix); ok {
				token = rest
			} else {
				token = " " + token
			}
		}
		if d.cleanup {
			token = cleanup(token)
		}
		out[i] = token
	}
	return out
}

// cleanup takes out blanks that English text has not, one rule after the other.
func cleanup(token string) string {
	for _, rule := range [][2]string{
		{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
		{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
	} {
		token = strings.ReplaceAll(token, rule[0], rule[1])
	}
	return token
}
