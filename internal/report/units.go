package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"runexp/internal/show"
	"runexp/internal/stats"
)

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
	return show.Number(v*factor, decimals)
}

// difference shows a value with its sign.
func difference(metric string, v float64) string {
	if text := score(metric, v); text != show.None && v > 0 {
		return "+" + text
	} else {
		return text
	}
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
		return show.None
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

// probabilityText is a p-value in a sentence.
func probabilityText(p float64) string {
	if text := show.Probability(p); strings.HasPrefix(text, "<") {
		return "P " + text
	} else {
		return "P = " + text
	}
}

// seconds shows a duration.
func seconds(s float64) string {
	switch {
	case math.IsNaN(s):
		return show.None
	case s < 100:
		return strconv.FormatFloat(s, 'f', 1, 64)
	}
	return strconv.FormatFloat(s, 'f', 0, 64)
}

// percent shows a share of a whole.
func percent(part, whole int) string {
	if whole == 0 {
		return show.None
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
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
