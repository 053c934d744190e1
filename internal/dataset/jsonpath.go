package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A path leads from the root of a JSON document to a value: member names between
// dots, and in brackets a name that stands for an index or a key. The path of the
// rows binds each such name to every index and key in turn; the paths of columns
// follow the same bindings. So one file of nested documents becomes rows:
//
//	rows  = "documents[d].questions[q]"
//	paths = { text = "documents[d].text", question = "documents[d].questions[q].words" }
//
// A name alone in a path of columns ("d" in brackets, preceded by nothing: "[d]")
// is the index or key itself.
type path []step

type step struct {
	member string // a member of that name, or
	bound  string // whatever this name is bound to
}

// A pathSet is what rows and paths of a Files block say.
type pathSet struct {
	rows    path
	names   []string // of the columns, sorted
	columns []path
}

func newPathSet(rows string, columns map[string]string) (*pathSet, error) {
	var set pathSet
	var err error
	if set.rows, err = parsePath(rows); err != nil {
		return nil, wrong("rows", "%v", err)
	}
	bound := make(map[string]bool)
	for _, s := range set.rows {
		if s.bound != "" && bound[s.bound] {
			return nil, wrong("rows", "the name %q is bound twice", s.bound)
		}
		bound[s.bound] = true
	}
	for name := range columns {
		set.names = append(set.names, name)
	}
	slices.Sort(set.names)
	for _, name := range set.names {
		p, err := parsePath(columns[name])
		if err != nil {
			return nil, wrong("paths", "%s: %v", name, err)
		}
		for _, s := range p {
			if s.bound != "" && !bound[s.bound] {
				return nil, wrong("paths", "%s: rows binds no name %q", name, s.bound)
			}
		}
		set.columns = append(set.columns, p)
	}
	return &set, nil
}

func parsePath(text string) (path, error) {
	var out path
	for rest := text; rest != ""; {
		if rest[0] == '[' {
			name, after, closed := strings.Cut(rest[1:], "]")
			if !closed || name == "" || strings.ContainsAny(name, ".[") {
				return nil, fmt.Errorf("%q: write a name in brackets, such as documents[d]", text)
			}
			out = append(out, step{bound: name})
			rest = strings.TrimPrefix(after, ".")
			continue
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		if end == 0 {
			return nil, fmt.Errorf("%q: an empty member name", text)
		}
		out = append(out, step{member: rest[:end]})
		rest = strings.TrimPrefix(rest[end:], ".")
	}
	return out, nil
}

// binding is what a name in brackets stands for now.
type binding map[string]string

// each calls yield for every row below node, in document order.
func (p path) each(node *jsonNode, b binding, yield func(*jsonNode, binding) error) error {
	if len(p) == 0 {
		return yield(node, b)
	}
	if p[0].member != "" {
		if next, ok := node.get(p[0].member); ok {
			return p[1:].each(next, b, yield)
		}
		return nil
	}
	for i := range node.items {
		b[p[0].bound] = node.key(i)
		if err := p[1:].each(&node.items[i], b, yield); err != nil {
			return err
		}
	}
	return nil
}

// key names an item of a list or an object.
func (n *jsonNode) key(i int) string {
	if n.kind == jsonObject {
		return n.keys[i]
	}
	return strconv.Itoa(i)
}

// find follows the path under the bindings; nil if it leads nowhere.
func (p path) find(node *jsonNode, b binding) *jsonNode {
	if len(p) == 1 && p[0].bound != "" {
		return &jsonNode{kind: jsonText, text: b[p[0].bound], line: node.line, column: node.column}
	}
	for _, s := range p {
		next := node.child(s, b)
		if next == nil {
			return nil
		}
		node = next
	}
	return node
}

func (n *jsonNode) child(s step, b binding) *jsonNode {
	want := s.member
	if s.bound != "" {
		want = b[s.bound]
	}
	if n.kind == jsonList {
		if i, err := strconv.Atoi(want); err == nil && i >= 0 && i < len(n.items) {
			return &n.items[i]
		}
		return nil
	}
	if item, ok := n.get(want); ok {
		return item
	}
	return nil
}
