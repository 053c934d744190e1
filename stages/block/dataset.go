package block

import (
	"slices"
	"strings"

	"runexp/internal/dataset"
	"runexp/internal/metric"
)

// Dataset is a dataset block.
type Dataset struct {
	Name      string
	Config    *dataset.Config `hcl:",inline"`
	Hub       string          `hcl:"hub,optional" doc:"org/name@revision of a data set on the hub, downloaded once and pinned; the paths of the files block lie in it (revision refs/convert/parquet has every set as parquet)"`
	Generator *Generator      `hcl:"generator,block" doc:"built-in rows"`
	Metric    string          `hcl:"metric,optional" doc:"the metric that selects and compares; default by task"`
	MaxLength int             `hcl:"max_length,optional" unit:"tokens" doc:"longer rows are cut and counted"`
	Truncate  string          `hcl:"truncate,optional" doc:"which side is cut: end or start"`
	Update    string          `hcl:"update,optional" doc:"under a rolling shift: retrain trains anew at each cut, continue also goes on from what was trained at the cut before"`
}

// Values of a data set's update attribute.
const (
	Retrain  = "retrain"
	Continue = "continue"
)

func newDataset(name string) *Dataset {
	return &Dataset{Name: name, Config: dataset.NewConfig(), MaxLength: 128, Truncate: "end", Update: Retrain}
}

// Validate checks the source and fills in what a generator and a task imply.
func (d *Dataset) Validate() []error {
	var errs []error
	if (d.Config.Files == nil) == (d.Generator == nil) {
		errs = append(errs, wrong("", "A data set has exactly one source: a files block or a generator block."))
	}
	if d.Hub != "" && d.Config.Files == nil {
		errs = append(errs, wrong("hub", "A files block says which of the hub's files are rows, such as train = \"default/train/*.parquet\"."))
	}
	if d.MaxLength < 4 {
		errs = append(errs, wrong("max_length", "A row has at least 4 tokens."))
	}
	errs = append(errs, oneOf("truncate", d.Truncate, "end", "start")...)
	errs = append(errs, oneOf("update", d.Update, Retrain, Continue)...)
	if d.Metric == "" {
		return errs
	}
	m, err := metric.ByName(d.Metric)
	switch {
	case err != nil:
		errs = append(errs, wrong("metric", "%v", err))
	case !slices.Contains(m.Tasks, d.Config.Task):
		errs = append(errs, wrong("metric", "%s is not a metric of a %s task; there are %s.", d.Metric, d.Config.Task, metricNames(d.Config.Task)))
	}
	return errs
}

// ApplyDefaults fills in what the task and the generator imply.
func (d *Dataset) ApplyDefaults() {
	if d.Metric == "" {
		if m := metric.Default(d.Config.Task); m != nil {
			d.Metric = m.Name
		}
	}
	if d.Config.Input == nil && d.Generator != nil {
		if in, ok := generatorInputs[d.Generator.Type]; ok {
			d.Config.Input = &in
		}
	}
}

func metricNames(task string) string {
	var names []string
	for _, m := range metric.For(task) {
		names = append(names, m.Name)
	}
	return strings.Join(names, ", ")
}
