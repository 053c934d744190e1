package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"runexp/pipeline/cache"
)

// PlanStatus is what would happen to a node.
type PlanStatus int

// What would happen to a node.
const (
	PlanCached PlanStatus = iota + 1 // nothing: its output is known
	PlanRun                          // it would run
	PlanAfter                        // not known before another node has run
)

func (s PlanStatus) String() string {
	switch s {
	case PlanCached:
		return "cached"
	case PlanRun:
		return "run"
	case PlanAfter:
		return "after"
	}
	return "unknown"
}

// PlanItem is what would happen to a node, and why.
type PlanItem struct {
	Node    *Node
	Status  PlanStatus
	After   *Node          // if PlanAfter: the input that decides
	Action  cache.ID       // unless PlanAfter
	Entry   *cache.Entry   // if its output is known
	Reason  string         // if PlanRun
	Changes []cache.Change // if PlanRun: what differs from the last run of the same address
}

// Plan says what Run would do, without running anything.
func (x *Executor) Plan(g *Graph, want []*Node) ([]PlanItem, error) {
	if _, err := g.Sort(); err != nil {
		return nil, err
	}
	p := planner{x: x, keys: keys{numeric: x.Numeric}, items: map[*Node]*PlanItem{}}
	order := postOrder(want)
	for _, level := range levels(order) {
		items, errs := make([]*PlanItem, len(level)), make([]error, len(level))
		inParallel(len(level), func(i int) { items[i], errs[i] = p.plan(level[i]) })
		for i, n := range level {
			if errs[i] != nil {
				return nil, fmt.Errorf("plan %s: %w", n.Addr, errs[i])
			}
			p.items[n] = items[i]
		}
	}
	for _, n := range want {
		item := p.items[n]
		if item.Status != PlanCached {
			continue
		}
		if err := item.Entry.Complete(); err != nil && !item.Entry.Dropped() {
			p.again(item, reasonOf(err))
		}
	}
	for _, n := range order {
		if p.items[n].Status == PlanRun {
			p.needInputs(n)
		}
	}
	items := make([]PlanItem, len(order))
	for i, n := range order {
		items[i] = *p.items[n]
	}
	return items, nil
}

type planner struct {
	x     *Executor
	keys  keys
	items map[*Node]*PlanItem
}

// levels groups nodes that are in post-order: the inputs of each lie in levels
// before its own.
func levels(order []*Node) [][]*Node {
	depth := map[*Node]int{}
	var list [][]*Node
	for _, n := range order {
		d := 0
		for _, in := range n.Inputs {
			d = max(d, depth[in.Node]+1)
		}
		depth[n] = d
		if d == len(list) {
			list = append(list, nil)
		}
		list[d] = append(list[d], n)
	}
	return list
}

// plan decides on one node, after its inputs. It changes nothing.
func (p *planner) plan(n *Node) (*PlanItem, error) {
	item := &PlanItem{Node: n}
	for _, in := range n.Inputs {
		if p.items[in.Node].Entry == nil {
			item.Status, item.After = PlanAfter, in.Node
			return item, nil
		}
	}
	recipe, err := p.keys.recipe(n, func(in *Node) cache.ID { return p.items[in].Entry.Output() })
	if err != nil {
		return nil, err
	}
	item.Action = recipe.ID()
	item.Entry, err = p.x.Cache.Lookup(item.Action)
	switch {
	case err == nil && p.x.Verify:
		p.again(item, "to verify it")
	case err == nil:
		item.Status = PlanCached
	case !errors.Is(err, cache.ErrMiss):
		return nil, err
	default:
		item.Status, item.Reason = PlanRun, reasonOf(err)
		changes, errExplain := p.x.Cache.Explain(n.Stage.Name(), n.Addr, recipe.Text())
		if errExplain == nil && len(changes) > 0 {
			item.Changes, item.Reason = changes, changeReason(changes)
		}
	}
	return item, nil
}

// again makes a node run whose output is known.
func (p *planner) again(item *PlanItem, reason string) {
	item.Status, item.Reason = PlanRun, reason
}

// needInputs makes inputs run again that a running node reads and whose files
// are gone.
func (p *planner) needInputs(n *Node) {
	for _, in := range n.Inputs {
		item := p.items[in.Node]
		if item.Status != PlanCached {
			continue
		}
		if err := item.Entry.Complete(); err != nil {
			p.again(item, fmt.Sprintf("%s, and %s reads them", reasonOf(err), n.Addr))
			p.needInputs(in.Node)
		}
	}
}

// reasonOf is the reason that an ErrMiss carries.
func reasonOf(err error) string {
	return strings.TrimPrefix(err.Error(), cache.ErrMiss.Error()+": ")
}

// changeReason says in one line what changed.
func changeReason(changes []cache.Change) string {
	const shown = 3
	var texts []string
	for _, c := range changes[:min(shown, len(changes))] {
		texts = append(texts, c.String())
	}
	if more := len(changes) - shown; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, "; ")
}
