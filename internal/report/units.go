package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/stats"
)

// none stands where there is no number; the status or a note says why.
const none = "–"

// inPercent are the metrics that are shares, shown in points of a hundred.
var inPercent = []string{
	"accuracy", "error", "balanced_accuracy", "macro_f1", "micro_f1", "weighted_f1", "f1", "exact_match", "tag_accuracy",
	"ece", "roc_auc", "average_precision", "mcc", "kappa", "pearson", "spearman",
}

// scale is the factor and the number of decimals in which a metric is shown.
func scale(metric string) (factor float64, decimals int) {
	if slices.Contains(inPercent, metric) {
		return 100, 1
	}
	return 1, 3
}

// score shows a value of a metric.
func score(metric string, v float64) string {
	factor, decimals := scale(metric)
	return number(v*factor, decimals)
}

// difference shows a value with its sign.
func difference(metric string, v float64) string {
	if text := score(metric, v); text != none && v > 0 {
		return "+" + text
	} else {
		return text
	}
}

func number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return none
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		if strings.Trim(rest, "0.") == "" {
			return rest // no minus zero
		}
		return "−" + rest
	}
	return text
}

// interval shows [low, high], or nothing when there is none.
func interval(metric string, low, high float64) string {
	if math.IsNaN(low) || math.IsNaN(high) {
		return ""
	}
	return "[" + score(metric, low) + ", " + score(metric, high) + "]"
}

// estimate shows mean ± sd [interval].
func estimate(metric string, e stats.Estimate) string {
	if math.IsNaN(e.Mean) {
		return none
	}
	text := score(metric, e.Mean)
	if e.SD > 0 { // copies of one run have none
		text += " ± " + score(metric, e.SD)
	}
	if i := interval(metric, e.Low, e.High); i != "" {
		text += " " + i
	}
	return text
}

// probability shows a p-value.
func probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return none
	case p < 0.001:
		return "< 0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// probabilityText is a p-value in a sentence.
func probabilityText(p float64) string {
	if text := probability(p); strings.HasPrefix(text, "<") {
		return "P " + text
	} else {
		return "P = " + text
	}
}

// count shows an integer with thousands separated.
func count[T int | int64](n T) string {
	text := strconv.FormatInt(int64(n), 10)
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "−", text[1:]
	}
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return sign + text
}

// byteSize shows a size in decimal units: 1 MB is 10^6 bytes.
func byteSize(n int64) string {
	v := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if math.Abs(v) < 1000 {
			if unit == "B" {
				return fmt.Sprintf("%d B", n)
			}
			return fmt.Sprintf("%.3g %s", v, unit)
		}
		v /= 1000
	}
	return fmt.Sprintf("%.3g TB", v)
}

// seconds shows a duration.
func seconds(s float64) string {
	switch {
	case math.IsNaN(s):
		return none
	case s < 100:
		return strconv.FormatFloat(s, 'f', 1, 64)
	}
	return strconv.FormatFloat(s, 'f', 0, 64)
}

// percent shows a share of a whole.
func percent(part, whole int) string {
	if whole == 0 {
		return none
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

// plural is "1 seed" or "3 seeds".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}

// metricNames are the names that readers know.
var metricNames = map[string]string{
	"accuracy": "accuracy", "macro_f1": "macro-F1", "micro_f1": "micro-F1", "weighted_f1": "weighted F1", "f1": "F1", "mcc": "MCC",
	"balanced_accuracy": "balanced accuracy", "log_loss": "log loss", "ece": "ECE", "roc_auc": "ROC AUC", "exact_match": "exact match",
	"mse": "MSE", "mae": "MAE", "rmse": "RMSE", "r2": "R²", "loss": "loss", "lm_loss": "language-model loss", "perplexity": "perplexity", "spearman": "Spearman's ρ",
	"pearson": "Pearson's r", "brier": "Brier score", "tag_accuracy": "tag accuracy", "average_precision": "average precision",
}

func metricName(metric string) string {
	if known, ok := metricNames[metric]; ok {
		return known
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// metricUnit names a metric with its unit, for table heads and axes.
func metricUnit(metric string) string {
	if slices.Contains(inPercent, metric) {
		return metricName(metric) + " × 100"
	}
	return metricName(metric)
}
