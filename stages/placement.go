package stages

import (
	"runexp/methods"
	"runexp/pipeline"
	"runexp/stages/block"
	"runexp/stages/work"
)

// place tells runners with many machines where a node is best run: nodes that
// read one model together, external commands where the executor has them.
func place(n *pipeline.Node) {
	for _, in := range n.Inputs {
		if in.Name == "model" {
			n.Affinity = in.Node.Addr
		}
	}
	if a, ok := n.Stage.(*work.Adapt); ok {
		if _, ok := a.Method.(*methods.External); ok {
			n.Pool = block.ExternalPool
		}
	}
}

// Node finds a node by its address, also one that successive halving adds only
// when its rung is reached; nil if there is none. It may add rungs to the graph,
// so that the plan is good for nothing else afterwards.
func (p *Plan) Node(addr string) *pipeline.Node {
	for {
		if n := p.Graph.Find(addr); n != nil {
			return n
		}
		more := false
		for _, r := range p.Runs {
			if r.rung < r.rungs {
				p.advance(r)
				more = true
			}
		}
		if !more {
			return nil
		}
	}
}
