package methods

import (
	"time"
)

// External runs another trainer: a command that reads rows as files and one
// JSON document on standard input, and leaves predictions. It is cached,
// recorded and compared like any other method; docs/external.md in the
// experiments folder has the protocol.
type External struct {
	Command  []string          `hcl:"command" doc:"program and arguments; an argument that names a file beside the experiment counts with its content"`
	Revision string            `hcl:"version,optional" doc:"version of the trainer; another one trains again"`
	Timeout  string            `hcl:"timeout,optional" doc:"time after which the command is ended, such as 30m"`
	Env      map[string]string `hcl:"env,optional" doc:"its environment, besides PATH, HOME and the accelerators that a scheduler names"`
	Settings map[string]string `hcl:"settings,optional" doc:"handed on to the command in the JSON document"`
}

// NewExternal allows the command an hour.
func NewExternal() *External { return &External{Timeout: "1h"} }

// Type returns "external".
func (*External) Type() string { return "external" }

// Draws returns true: the command is given the seed.
func (*External) Draws() bool { return true }

// Supports returns an error for tasks whose answers are not one line.
func (*External) Supports(kind string) error {
	return kindError("external", kind, Classification, Regression, MultiLabel, MultipleChoice)
}

// Validate checks the command and the time limit.
func (m *External) Validate() []error {
	var errs []error
	if len(m.Command) == 0 || m.Command[0] == "" {
		errs = append(errs, &FieldError{"command", "The command is a list that begins with a program."})
	}
	if d, err := time.ParseDuration(m.Timeout); err != nil || d <= 0 {
		errs = append(errs, &FieldError{"timeout", "The time limit is a duration such as \"90s\", \"30m\" or \"2h\"."})
	}
	return errs
}

// Limit is the time limit.
func (m *External) Limit() time.Duration {
	d, err := time.ParseDuration(m.Timeout)
	if err != nil {
		panic(err) // Validate has checked it
	}
	return d
}
