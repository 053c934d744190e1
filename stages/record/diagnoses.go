package record

import (
	"runexp/internal/report"
	"runexp/pipeline"
	"runexp/stages"
	"runexp/stages/work"
)

// diagnosisFacts are the diagnoses that were made.
func diagnosisFacts(plan *stages.Plan, summary *pipeline.Summary) ([]report.Diagnosis, error) {
	var list []report.Diagnosis
	for _, g := range plan.Diagnoses {
		res := summary.Of(g.Node)
		if res == nil || res.Entry == nil {
			continue
		}
		d, err := work.ReadDiagnosis(res.Entry)
		if err != nil {
			return nil, err
		}
		d.Dataset, d.Model = g.Names()
		list = append(list, d)
	}
	return list, nil
}
