package config

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// A Factor is one number in a count of runs.
type Factor struct {
	Name string
	N    int64
}

// A Count is a sum of products of factors. It is exact however large.
type Count struct {
	Title string     // what is counted
	Terms [][]Factor // the factors of each product
}

// Total is the value of the sum.
func (c Count) Total() *big.Int {
	total := new(big.Int)
	for _, term := range c.Terms {
		product := big.NewInt(1)
		for _, f := range term {
			product.Mul(product, big.NewInt(f.N))
		}
		total.Add(total, product)
	}
	return total
}

// Times returns the count with each of its products multiplied by f.
func (c Count) Times(f Factor) Count {
	out := Count{Title: c.Title}
	for _, term := range c.Terms {
		out.Terms = append(out.Terms, append(slices.Clone(term), f))
	}
	return out
}

// String names the total and its factors: method "lora" "lora" has 6
// configurations (3 learning_rate × 2 rank).
func (c Count) String() string {
	var sum []string
	for _, term := range c.Terms {
		var product []string
		for _, f := range term {
			product = append(product, fmt.Sprintf("%d %s", f.N, f.Name))
		}
		if product != nil {
			sum = append(sum, strings.Join(product, " × "))
		}
	}
	out := fmt.Sprintf("%s has %s configurations", c.Title, c.Total())
	if sum != nil {
		out += " (" + strings.Join(sum, " + ") + ")"
	}
	return out
}

// Count is the number of configurations after expansion and exclusion, ready
// to be multiplied by models, data sets and seeds.
func (b *Block) Count() Count {
	return Count{Title: blockTitle(b.syntax), Terms: [][]Factor{{{"configurations", int64(len(b.Points))}}}}
}

// count is the number of configurations before expansion, by its factors.
func (b *Block) count() Count {
	c := Count{Title: blockTitle(b.syntax)}
	for _, s := range b.sweeps {
		var term []Factor
		for _, a := range s.axes {
			if a.draw == nil {
				term = append(term, Factor{strings.Join(a.names, "+"), int64(len(a.choices))})
			}
		}
		c.Terms = append(c.Terms, term)
	}
	if c.Terms == nil {
		c.Terms = [][]Factor{nil}
	}
	return c
}
