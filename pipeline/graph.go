package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
)

// Graph is a set of nodes. The zero value is empty and ready to use.
type Graph struct {
	nodes  []*Node
	byAddr map[string]*Node
}

// Add adds a node, or returns the one of the same address that is there
// already, so that shared work is planned once.
func (g *Graph) Add(n *Node) *Node {
	if known, ok := g.byAddr[n.Addr]; ok {
		return known
	}
	if g.byAddr == nil {
		g.byAddr = map[string]*Node{}
	}
	g.byAddr[n.Addr] = n
	g.nodes = append(g.nodes, n)
	return n
}

// Nodes returns all nodes in the order in which they were added.
func (g *Graph) Nodes() []*Node { return append([]*Node(nil), g.nodes...) }

// Find returns the node of an address, or nil.
func (g *Graph) Find(addr string) *Node { return g.byAddr[addr] }

// graphNode gives a node the number that gonum's packages ask for.
type graphNode struct {
	*Node
	id int64
}

func (n graphNode) ID() int64 { return n.id }

// Sort returns all nodes, inputs before those that read them, and otherwise in
// the order in which they were added. The error names the nodes of each cycle,
// or an input that is not in the graph or named twice.
func (g *Graph) Sort() ([]*Node, error) {
	d := simple.NewDirectedGraph()
	ids := make(map[*Node]graphNode, len(g.nodes))
	for i, n := range g.nodes {
		ids[n] = graphNode{n, int64(i)}
		d.AddNode(ids[n])
	}
	for _, n := range g.nodes {
		if err := g.checkInputs(n); err != nil {
			return nil, err
		}
		for _, in := range n.Inputs {
			if in.Node == n {
				return nil, fmt.Errorf("sort graph: %s needs itself", n.Addr)
			}
			d.SetEdge(d.NewEdge(ids[in.Node], ids[n]))
		}
	}
	sorted, err := topo.SortStabilized(d, nil)
	if err != nil {
		var cycles topo.Unorderable
		if !errors.As(err, &cycles) {
			return nil, fmt.Errorf("sort graph: %w", err)
		}
		return nil, fmt.Errorf("sort graph: these need each other: %s", cycleNames(cycles))
	}
	nodes := make([]*Node, len(sorted))
	for i, n := range sorted {
		nodes[i] = n.(graphNode).Node
	}
	return nodes, nil
}

func (g *Graph) checkInputs(n *Node) error {
	names := map[string]bool{}
	for _, in := range n.Inputs {
		switch {
		case in.Node == nil || g.byAddr[in.Node.Addr] != in.Node:
			return fmt.Errorf("sort graph: input %s of %s is not in the graph", in.Name, n.Addr)
		case names[in.Name]:
			return fmt.Errorf("sort graph: %s has two inputs named %s", n.Addr, in.Name)
		}
		names[in.Name] = true
	}
	files := map[string]bool{}
	for _, f := range n.Files {
		if files[f.Name] {
			return fmt.Errorf("sort graph: %s has two files named %s", n.Addr, f.Name)
		}
		files[f.Name] = true
	}
	return nil
}

func cycleNames(cycles [][]graph.Node) string {
	var texts []string
	for _, cycle := range cycles {
		var names []string
		for _, n := range cycle {
			names = append(names, n.(graphNode).Addr)
		}
		texts = append(texts, strings.Join(names, ", "))
	}
	return strings.Join(texts, "; ")
}

// postOrder returns the nodes that want needs, itself included, each after its
// inputs, walking depth first: work that completes a wanted node comes before
// work that begins another. The graph must be free of cycles.
func postOrder(want []*Node) []*Node {
	var order []*Node
	seen := map[*Node]bool{}
	var walk func(n *Node)
	walk = func(n *Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, in := range n.Inputs {
			walk(in.Node)
		}
		order = append(order, n)
	}
	for _, n := range want {
		walk(n)
	}
	return order
}
