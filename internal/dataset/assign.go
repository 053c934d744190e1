package dataset

import (
	"cmp"
	"slices"
)

// pooled is a row that the split block divides.
type pooled struct {
	draw  uint64 // for its unit: rows with the same stay together
	class int32  // as classes.add has numbered it
}

// assign divides the rows of the pool into train, dev and test_id; each split keeps
// the order of the source. It returns the place of each row of the pool.
func (s *Survey) assign() []fate {
	dev, test := s.split.Dev, s.split.Test
	if s.given["dev"] > 0 {
		dev = 0
	}
	if s.given["test"] > 0 {
		test = 0
	}
	if s.given["train"] > 0 {
		if s.given["dev"] == 0 {
			s.notes = append(s.notes, "dev was taken from train")
		}
		if s.given["test"] == 0 {
			s.notes = append(s.notes, "test_id was taken from train")
		}
	}
	divided := s.divide(test, dev)
	next := 0
	for i, f := range s.fates {
		if f == inPool {
			s.fates[i] = divided[next]
			next++
		}
	}
	return divided
}

// A unit is the rows of the pool that stay together, by their places in the order
// of draws.
type unit struct {
	label       int32 // the most frequent class, for stratification
	first, rows int32
}

// divide says which rows of the pool go to test and dev. Within each class the units
// are taken in the order of their draws, so that a row's place depends on the seed,
// its unit and the sizes alone. What rounding leaves over goes to the next class.
func (s *Survey) divide(test, dev float64) []fate {
	out := make([]fate, len(s.pool))
	for i := range out {
		out[i] = inTrain
	}
	if test == 0 && dev == 0 {
		return out
	}
	order, units := s.units()
	var owedTest, owedDev float64
	for len(units) > 0 {
		end, size := 0, 0
		for ; end < len(units) && units[end].label == units[0].label; end++ {
			size += int(units[end].rows)
		}
		owedTest += float64(size) * test
		owedDev += float64(size) * dev
		for _, u := range units[:end] {
			n, to := float64(u.rows), inTrain
			switch {
			case owedTest >= n/2 && owedTest > 0:
				owedTest -= n
				to = inTest
			case owedDev >= n/2 && owedDev > 0:
				owedDev -= n
				to = inDev
			}
			for _, row := range order[u.first : u.first+u.rows] {
				out[row] = to
			}
		}
		units = units[end:]
	}
	return out
}

// units lists the rows of the pool in the order of their draws, and the units in the
// order of classes and draws.
func (s *Survey) units() (order []int32, units []unit) {
	order = make([]int32, len(s.pool))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.pool[a].draw, s.pool[b].draw), cmp.Compare(a, b))
	})
	for i, row := range order {
		if i == 0 || s.pool[row].draw != s.pool[order[i-1]].draw {
			units = append(units, unit{first: int32(i)})
		}
		units[len(units)-1].rows++
	}
	if s.split.Stratified && s.config.Task == Classification {
		place := s.classes.final(s.names)
		for i, u := range units {
			units[i].label = s.majority(order[u.first:u.first+u.rows], place)
		}
		slices.SortFunc(units, func(a, b unit) int {
			return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.first, b.first))
		})
	}
	return order, units
}

// majority is the most frequent class of some rows, the lower of equals.
func (s *Survey) majority(rows []int32, place []int32) int32 {
	if len(rows) == 1 {
		return place[s.pool[rows[0]].class]
	}
	counts := make(map[int32]int)
	for _, row := range rows {
		counts[place[s.pool[row].class]]++
	}
	best, most := int32(0), 0
	for label, n := range counts {
		if n > most || n == most && label < best {
			best, most = label, n
		}
	}
	return best
}
