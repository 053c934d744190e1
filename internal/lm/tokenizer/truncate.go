package tokenizer

// truncate shortens one or two sequences in place to a total of room tokens and
// tells whether it had to.
//
// Of a pair the shorter one is kept whole as long as it fits into half the
// room. If neither does, each gets half, and the odd token goes to the one that
// was longer, the second if they were equal: "longest first".
func truncate(sequences [][]spot, room int, fromStart bool) bool {
	total := 0
	for _, s := range sequences {
		total += len(s)
	}
	if total <= room {
		return false
	}
	if len(sequences) == 1 {
		sequences[0] = keep(sequences[0], room, fromStart)
		return true
	}
	short, long := 0, 1
	if len(sequences[0]) > len(sequences[1]) {
		short, long = 1, 0
	}
	n := min(len(sequences[short]), room/2)
	sequences[short] = keep(sequences[short], n, fromStart)
	sequences[long] = keep(sequences[long], room-n, fromStart)
	return true
}

func keep(s []spot, n int, fromStart bool) []spot {
	if fromStart {
		return s[len(s)-n:]
	}
	return s[:n]
}

// truncateParts leaves out text tokens, always of the part that has most left,
// until room tokens remain or no text is left.
func truncateParts(tokens []spot, parts []Part, room int, fromStart bool) []spot {
	// A token belongs to the part in which it starts.
	ends := make([]int, len(parts))
	end := 0
	for i, p := range parts {
		end += len(p.written())
		ends[i] = end
	}
	owner := make([]int, len(tokens))
	left := make([]int, len(parts))
	part := 0
	for i, tok := range tokens {
		if tok.word < 0 {
			owner[i] = -1
			continue
		}
		for part < len(parts)-1 && tok.from >= ends[part] {
			part++
		}
		owner[i] = part
		left[part]++
	}

	for excess := len(tokens) - room; excess > 0; excess-- {
		most := 0
		for i, n := range left {
			if n >= left[most] {
				most = i
			}
		}
		if left[most] == 0 {
			break
		}
		left[most]--
	}

	// Keep the first (or last) left[i] tokens of part i.
	skip := make([]int, len(parts))
	if fromStart {
		for i := range skip {
			skip[i] = -left[i]
		}
		for _, o := range owner {
			if o >= 0 {
				skip[o]++
			}
		}
	}
	kept := tokens[:0]
	for i, tok := range tokens {
		o := owner[i]
		switch {
		case o < 0:
			kept = append(kept, tok)
		case skip[o] > 0:
			skip[o]--
		case left[o] > 0:
			left[o]--
			kept = append(kept, tok)
		}
	}
	return kept
}
