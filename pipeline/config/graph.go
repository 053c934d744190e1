package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// An edge leads to a node of a graph; rng is where the file says so.
type edge struct {
	to  int
	rng hcl.Range
}

// A step is one node of a cycle and the edge that leads on from it.
type step struct {
	node int
	rng  hcl.Range
}

// cycles returns, for each group of nodes that reach one another, a shortest
// cycle through its first node. Groups are Tarjan's strongly connected
// components; a single node counts if it has an edge to itself.
func cycles(graph [][]edge) [][]step {
	component := components(graph)
	size := map[int]int{}
	for _, c := range component {
		size[c]++
	}
	var found [][]step
	done := map[int]bool{}
	for n := range graph {
		if c := component[n]; !done[c] {
			if size[c] > 1 || hasSelfEdge(graph, n) {
				found = append(found, shortestCycle(graph, component, n))
			}
			done[c] = true
		}
	}
	return found
}

func hasSelfEdge(graph [][]edge, n int) bool {
	for _, e := range graph[n] {
		if e.to == n {
			return true
		}
	}
	return false
}

// components numbers the strongly connected components (Tarjan 1972).
func components(graph [][]edge) []int {
	const unseen = 0
	index, low := make([]int, len(graph)), make([]int, len(graph))
	component := make([]int, len(graph))
	onStack := make([]bool, len(graph))
	var stack []int
	next, groups := 1, 0
	var visit func(n int)
	visit = func(n int) {
		index[n], low[n] = next, next
		next++
		stack = append(stack, n)
		onStack[n] = true
		for _, e := range graph[n] {
			if index[e.to] == unseen {
				visit(e.to)
				low[n] = min(low[n], low[e.to])
			} else if onStack[e.to] {
				low[n] = min(low[n], index[e.to])
			}
		}
		if low[n] != index[n] {
			return
		}
		for {
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			onStack[last] = false
			component[last] = groups
			if last == n {
				break
			}
		}
		groups++
	}
	for n := range graph {
		if index[n] == unseen {
			visit(n)
		}
	}
	return component
}

// shortestCycle searches in breadth from start, inside its component.
func shortestCycle(graph [][]edge, component []int, start int) []step {
	type arrival struct {
		from int
		rng  hcl.Range
	}
	came := map[int]arrival{}
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		for _, e := range graph[n] {
			if e.to == start {
				path := []step{{n, e.rng}}
				for n != start {
					a := came[n]
					path = append(path, step{a.from, a.rng})
					n = a.from
				}
				slices.Reverse(path)
				return path
			}
			if _, seen := came[e.to]; !seen && component[e.to] == component[start] {
				came[e.to] = arrival{n, e.rng}
				queue = append(queue, e.to)
			}
		}
	}
	return nil
}

// describeCycle writes a cycle out: a (file:1:2) → b (file:3:4) → a.
func describeCycle(cycle []step, name func(node int) string) string {
	var b strings.Builder
	for _, s := range cycle {
		fmt.Fprintf(&b, "%s (%s) → ", name(s.node), position(s.rng))
	}
	return b.String() + name(cycle[0].node)
}
