package config

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Limits on the text of a file. They are checked on its tokens: HCL's lexer
// is a loop, whereas its parser and evaluator recurse, and a Go program whose
// stack is exhausted cannot be saved.
const (
	maxDepth     = 64      // brackets, blocks, templates, unary operators, conditionals inside one another
	maxOperators = 10_000  // operators on the way from an expression to its innermost part
	maxDigits    = 400     // characters of a number
	maxExponent  = 400     // absolute value of a number's exponent
	maxPieces    = 300_000 // words and symbols of a file, a bound on the lexer's memory (about 100 bytes each)
)

// prescan checks the limits and returns the first breach of each kind.
func prescan(name string, src []byte) hcl.Diagnostics {
	if end, tooMany := pieces(src, maxPieces); tooMany {
		// The first part may show what is really wrong, such as nesting.
		if diags := scanTokens(name, src[:end]); diags.HasErrors() {
			return diags
		}
		line := 1 + bytes.Count(src[:end], []byte("\n"))
		column := end - bytes.LastIndexByte(src[:end], '\n')
		pos := hcl.Pos{Line: line, Column: column, Byte: end}
		return hcl.Diagnostics{errorAt(hcl.Range{Filename: name, Start: pos, End: pos},
			"Experiment file too large", "A file may have at most %d words and symbols.", maxPieces)}
	}
	return scanTokens(name, src)
}

// pieces counts words and symbols from above, without telling strings and
// comments apart, and returns where the limit was passed.
func pieces(src []byte, limit int) (int, bool) {
	n, inWord := 0, false
	for i, c := range src {
		word := c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if c != ' ' && c != '\t' && !(word && inWord) {
			if n++; n > limit {
				return i, true
			}
		}
		inWord = word
	}
	return len(src), false
}

// A level is what an opening token began.
type level struct {
	operators    int // operators at this level since its last comma or line
	conditionals int // of these, question marks
}

// A tokenScan walks over the tokens of a file, keeping the levels it is in.
type tokenScan struct {
	levels     []level
	operators  int // over all levels
	directives int // %{ if } and %{ for } that are open
	unary      int // unary operators in a row
	operand    bool
	questions  int // conditionals over all levels
	tooDeep    bool
	diags      hcl.Diagnostics
	reported   map[string]bool
}

func scanTokens(name string, src []byte) hcl.Diagnostics {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	s := &tokenScan{levels: []level{{}}, reported: map[string]bool{}}
	for i, t := range tokens {
		if s.scan(t, tokens[i+1:]); s.tooDeep {
			break // whatever follows is deep as well
		}
	}
	return s.diags
}

func (s *tokenScan) report(rng hcl.Range, summary, detail string, args ...any) {
	if !s.reported[summary] {
		s.reported[summary] = true
		s.diags = append(s.diags, errorAt(rng, summary, detail, args...))
	}
}

func (s *tokenScan) scan(t hclsyntax.Token, rest hclsyntax.Tokens) {
	top := &s.levels[len(s.levels)-1]
	wasOperand := s.operand
	s.operand = false
	if t.Type != hclsyntax.TokenBang && t.Type != hclsyntax.TokenMinus {
		s.unary = 0
	}
	switch t.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp:
		s.operator(top, t) // an index or call hangs on what stands before it
		s.levels = append(s.levels, level{})
	case hclsyntax.TokenTemplateControl:
		s.levels = append(s.levels, level{})
		s.directive(rest)
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
		s.operand = true
		if len(s.levels) > 1 {
			s.reset(top)
			s.levels = s.levels[:len(s.levels)-1]
		}
	case hclsyntax.TokenComma:
		s.reset(top)
	case hclsyntax.TokenNewline, hclsyntax.TokenComment: // a line comment takes its newline along
		if len(s.levels) == 1 || startsDefinition(rest) {
			s.reset(top)
		}
	case hclsyntax.TokenBang, hclsyntax.TokenMinus:
		s.operator(top, t)
		if !wasOperand {
			s.unary++
		}
	case hclsyntax.TokenQuestion:
		s.operator(top, t)
		top.conditionals++
		s.questions++
	case hclsyntax.TokenIdent, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
		s.operand = true
	case hclsyntax.TokenNumberLit:
		s.operand = true
		s.number(t)
	case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus, hclsyntax.TokenPercent,
		hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq,
		hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr,
		hclsyntax.TokenDot, hclsyntax.TokenColon, hclsyntax.TokenDoubleColon:
		s.operator(top, t)
	}
	if len(s.levels)-1+s.directives+s.unary+s.questions > maxDepth {
		s.tooDeep = true
		s.report(t.Range, "Nested too deeply", "Brackets, blocks, templates, unary operators and conditionals may stand at most %d deep inside one another.", maxDepth)
	}
}

// startsDefinition tells whether the tokens after a newline begin an attribute
// or a block (name = or name {), which ends any operators before it.
func startsDefinition(rest hclsyntax.Tokens) bool {
	if len(rest) < 2 || rest[0].Type != hclsyntax.TokenIdent {
		return false
	}
	switch rest[1].Type {
	case hclsyntax.TokenEqual, hclsyntax.TokenOBrace, hclsyntax.TokenOQuote, hclsyntax.TokenIdent:
		return true
	}
	return false
}

func (s *tokenScan) operator(top *level, t hclsyntax.Token) {
	top.operators++
	s.operators++
	if s.operators > maxOperators {
		s.report(t.Range, "Expression too long", "An expression may have at most %d operators.", maxOperators)
	}
}

func (s *tokenScan) reset(top *level) {
	s.operators -= top.operators
	s.questions -= top.conditionals
	*top = level{}
}

// directive counts template directives, whose bodies nest without brackets.
func (s *tokenScan) directive(rest hclsyntax.Tokens) {
	for _, t := range rest {
		if t.Type == hclsyntax.TokenIdent {
			switch string(t.Bytes) {
			case "if", "for":
				s.directives++
			case "endif", "endfor":
				s.directives = max(0, s.directives-1)
			}
			return
		}
		if len(bytes.TrimSpace(t.Bytes)) > 0 && !bytes.Equal(t.Bytes, []byte("~")) {
			return
		}
	}
}

// number refuses literals whose conversion alone would take seconds.
func (s *tokenScan) number(t hclsyntax.Token) {
	text := string(t.Bytes)
	if len(text) > maxDigits {
		s.report(t.Range, "Number too long", "A number may have at most %d digits; this has %d.", maxDigits, len(text))
		return
	}
	mantissa, exponent, ok := strings.Cut(strings.ToLower(text), "e")
	if !ok {
		return
	}
	if e, err := strconv.Atoi(exponent); err != nil || e > maxExponent || e < -maxExponent {
		s.report(t.Range, "Number out of range", "The exponent of %se%s is beyond ±%d.", mantissa, exponent, maxExponent)
	}
}
