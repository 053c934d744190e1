package train

import "fmt"

// checkExamples refuses rows that the task cannot be trained on: each has as
// many sequences as the first, tokens in them, and targets that fit the head.
func checkExamples(data Data) error {
	if len(data.Train) == 0 {
		return fmt.Errorf("train: no training rows")
	}
	for i, e := range data.Train {
		if err := checkExample(data.Task, e, len(data.Train[0].Sequences)); err != nil {
			return fmt.Errorf("train: row %d: %w", i+1, err)
		}
	}
	return nil
}

func checkExample(task Task, e *Example, choices int) error {
	for _, s := range e.Sequences {
		if len(s.IDs) == 0 && task.Kind != "language_modeling" {
			return fmt.Errorf("a sequence has no tokens")
		}
	}
	if len(e.Sequences) != choices || choices == 0 {
		return fmt.Errorf("%d sequences, the first row has %d", len(e.Sequences), choices)
	}
	switch task.Kind {
	case "classification":
		return checkLabel(e.Label, 0, task.Outputs)
	case "multiple_choice":
		return checkLabel(e.Label, 0, choices)
	case "regression", "multi_label":
		if len(e.Targets) != task.Outputs {
			return fmt.Errorf("%d targets, expected %d", len(e.Targets), task.Outputs)
		}
	case "tagging":
		if len(e.Tags) != e.Tokens() {
			return fmt.Errorf("%d tags for %d tokens", len(e.Tags), e.Tokens())
		}
		for _, tag := range e.Tags {
			if err := checkLabel(tag, -1, task.Outputs); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkLabel(label int32, low, outputs int) error {
	if int(label) < low || int(label) >= outputs {
		return fmt.Errorf("label %d, expected %d to %d", label, low, outputs-1)
	}
	return nil
}
