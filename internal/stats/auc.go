package stats

// rocAUC is the area under the ROC curve: of class 1 when there are two, else
// the mean over the classes, each against the rest. A class that all rows or
// none have is left out. Its row values are the structural components: for a
// row of the class, the share of other rows that it outscores, and the reverse.
//
// Source: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988).
func rocAUC(r *Rows) (float64, []float64, bool) {
	if !classed(r) || r.Len() == 0 {
		return 0, nil, false
	}
	classes := len(r.Probs[0])
	from := 0
	if classes == 2 {
		from = 1
	}
	n := r.Len()
	values := make([]float64, n)
	total, used := 0.0, 0.0
	for k := from; k < classes; k++ {
		theta, parts, ok := aucParts(r, k)
		if !ok {
			continue
		}
		total += theta
		used++
		for i := range values {
			values[i] += parts[i]
		}
	}
	if used == 0 {
		return 0, nil, false
	}
	for i := range values {
		values[i] /= used
	}
	return total / used, values, true
}

// aucParts is the area of one class against the rest, with its row values.
func aucParts(r *Rows, class int) (theta float64, parts []float64, ok bool) {
	n := r.Len()
	scores := make([]float64, n)
	var own, others []float64
	for i := range scores {
		scores[i] = float64(r.Probs[i][class])
		if int(r.Gold[i]) == class {
			own = append(own, scores[i])
		} else {
			others = append(others, scores[i])
		}
	}
	if len(own) == 0 || len(others) == 0 {
		return 0, nil, false
	}
	// A row's mid-rank among all, less its mid-rank among its own kind, counts
	// the rows of the other kind below it, ties by half.
	all, ownRanks, otherRanks := midRanks(scores), midRanks(own), midRanks(others)
	n1, n0 := float64(len(own)), float64(len(others))
	parts = make([]float64, n)
	a, b := 0, 0
	for i := range parts {
		if int(r.Gold[i]) == class {
			parts[i] = (all[i] - ownRanks[a]) / n0
			theta += parts[i] / n1
			a++
		} else {
			parts[i] = 1 - (all[i]-otherRanks[b])/n1
			b++
		}
	}
	for i := range parts {
		weight := float64(n) / n0
		if int(r.Gold[i]) == class {
			weight = float64(n) / n1
		}
		parts[i] = theta + weight*(parts[i]-theta)
	}
	return theta, parts, true
}
