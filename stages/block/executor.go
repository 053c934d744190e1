package block

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"runexp/pipeline/slurm"
)

// Executor is an executor block: where nodes run, when not in this process.
type Executor struct {
	Type       string
	Partition  string        `hcl:"partition,optional" doc:"partition to submit to; default: the cluster's"`
	Account    string        `hcl:"account,optional" doc:"account to charge; default: the user's"`
	Time       string        `hcl:"time,optional" doc:"time limit of a job as sbatch takes it: minutes, hours:minutes:seconds or days-hours; what is not done by then goes on from a checkpoint in another job"`
	CPUs       int           `hcl:"cpus,optional" doc:"processors of a job, and threads of the numeric kernels there; 0: the cluster's default"`
	Memory     string        `hcl:"memory,optional" doc:"memory of a job, such as \"8GB\"; runs predicted to need more are refused before anything starts"`
	ArrayLimit int           `hcl:"array_limit,optional" unit:"jobs" doc:"jobs in the queue at the same time"`
	Setup      []string      `hcl:"setup,optional" doc:"lines of shell that run before the work, such as \"module load cuda\"; if one fails, the job does"`
	Options    []string      `hcl:"options,optional" doc:"further options of sbatch, such as \"--gres=gpu:1\""`
	Folder     string        `hcl:"folder,optional" doc:"folder on a file system that all machines share, for what jobs read and leave; default: slurm in the cache folder, which then has to be shared"`
	Poll       int           `hcl:"poll,optional" unit:"seconds" doc:"time between two looks at the queue"`
	External   *ExternalJobs `hcl:"external,block" doc:"what jobs with method \"external\" ask for instead, such as GPUs"`
}

// ExternalJobs says where external commands run; what is not given is as for
// other jobs.
type ExternalJobs struct {
	Partition string   `hcl:"partition,optional" doc:"partition to submit to"`
	Account   string   `hcl:"account,optional" doc:"account to charge"`
	Time      string   `hcl:"time,optional" doc:"time limit of a job"`
	CPUs      int      `hcl:"cpus,optional" doc:"processors of a job"`
	Memory    string   `hcl:"memory,optional" doc:"memory of a job, such as \"8GB\""`
	Setup     []string `hcl:"setup,optional" doc:"lines of shell that run before the work"`
	Options   []string `hcl:"options,optional" doc:"further options of sbatch, such as \"--gres=gpu:1\""`
}

// executorTypes lists the types of executor blocks.
func executorTypes() []string { return []string{"slurm"} }

// ExternalPool is the pool of nodes that run external commands.
const ExternalPool = "external"

func newExecutor(typ string) (*Executor, error) {
	if !slices.Contains(executorTypes(), typ) {
		return nil, fmt.Errorf("executor %q is not one of %s", typ, strings.Join(executorTypes(), ", "))
	}
	e := DefaultExecutor()
	e.Type = typ
	return e, nil
}

// DefaultExecutor is an executor block of Slurm without attributes.
func DefaultExecutor() *Executor { return &Executor{Type: "slurm", ArrayLimit: 100, Poll: 15} }

// slurmTime is what sbatch takes as a time limit.
var slurmTime = regexp.MustCompile(`^(\d+|\d+:\d\d|\d+:\d\d:\d\d|\d+-\d+|\d+-\d+:\d\d|\d+-\d+:\d\d:\d\d)$`)

// Validate checks the ranges.
func (e *Executor) Validate() []error {
	errs := checkJob("", e.Time, e.Memory, e.CPUs, e.Setup, e.Options)
	if e.ArrayLimit < 1 {
		errs = append(errs, wrong("array_limit", "At least one job must be allowed."))
	}
	if e.Poll < 1 {
		errs = append(errs, wrong("poll", "The time must be at least one second."))
	}
	if x := e.External; x != nil {
		errs = append(errs, checkJob("external.", x.Time, x.Memory, x.CPUs, x.Setup, x.Options)...)
	}
	return errs
}

func checkJob(prefix, time, memory string, cpus int, setup, options []string) []error {
	var errs []error
	if time != "" && !slurmTime.MatchString(time) {
		errs = append(errs, wrong(prefix+"time", "%q is not a time limit; write minutes (\"90\"), hours:minutes:seconds (\"1:30:00\") or days-hours (\"1-12\").", time))
	}
	if memory != "" {
		if _, err := ParseBytes(memory); err != nil {
			errs = append(errs, wrong(prefix+"memory", "%v.", err))
		}
	}
	if cpus < 0 {
		errs = append(errs, wrong(prefix+"cpus", "The number of processors must not be negative."))
	}
	for _, o := range options {
		if !strings.HasPrefix(o, "-") {
			errs = append(errs, wrong(prefix+"options", "%q is not an option; write \"--name=value\".", o))
		}
	}
	for _, line := range slices.Concat(setup, options) {
		if strings.ContainsAny(line, "\n\x00") {
			errs = append(errs, wrong(prefix+"setup", "%q holds a line break; write one line after another.", line))
		}
	}
	return errs
}

// MemoryBytes is the memory of a job, 0 if it is the cluster's default.
func (e *Executor) MemoryBytes() int64 { return bytesOf(e.Memory) }

// bytesOf reads a size that Validate has checked.
func bytesOf(text string) int64 {
	n, err := ParseBytes(text)
	if err != nil {
		return 0
	}
	return n
}

// Resources are what jobs ask for, by the pool of their nodes.
func (e *Executor) Resources() map[string]slurm.Resources {
	all := slurm.Resources{
		Partition: e.Partition, Account: e.Account, Time: e.Time, CPUs: e.CPUs, MemoryBytes: e.MemoryBytes(),
		Options: e.Options, Setup: e.Setup,
	}
	pools := map[string]slurm.Resources{"": all}
	if x := e.External; x != nil {
		r := all
		override(&r.Partition, x.Partition)
		override(&r.Account, x.Account)
		override(&r.Time, x.Time)
		override(&r.CPUs, x.CPUs)
		override(&r.MemoryBytes, bytesOf(x.Memory))
		if x.Setup != nil {
			r.Setup = x.Setup
		}
		if x.Options != nil {
			r.Options = x.Options
		}
		pools[ExternalPool] = r
	}
	return pools
}

func override[T comparable](value *T, by T) {
	var zero T
	if by != zero {
		*value = by
	}
}
