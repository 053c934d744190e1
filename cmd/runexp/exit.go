package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"runexp/pipeline"
	"runexp/pipeline/cache"
	"runexp/results"
)

// Exit statuses; scripts rely on them.
const (
	exitOK          = 0
	exitFailed      = 1   // some run failed; the others finished and were recorded
	exitUsage       = 2   // wrong command line
	exitInvalid     = 3   // invalid experiment, data or model
	exitResources   = 4   // refused for lack of memory or disk
	exitIntegrity   = 5   // a stage or the disk broke a promise
	exitGate        = 6   // the gate failed
	exitBusy        = 7   // another process holds a lock
	exitPreempted   = 75  // please requeue
	exitInterrupted = 130 // resume by running again
)

// exitError is an error with the status that it ends the program with. A nil
// err says nothing: the reason has been printed.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

func invalid(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitInvalid, err}
}

// exitStatus prints an error and says what status it asks for.
func exitStatus(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	var e *exitError
	if errors.As(err, &e) {
		if e.err != nil {
			fmt.Fprintf(stderr, "runexp: %v\n", e.err)
		}
		return e.status
	}
	fmt.Fprintf(stderr, "runexp: %v\n", err)
	sayFreeDisk(err, stderr)
	return statusOf(err)
}

// statusOf maps the errors of the packages.
func statusOf(err error) int {
	var input interface{ InvalidInput() bool }
	err = cache.Classify(err)
	switch {
	case errors.Is(err, pipeline.ErrInterrupted):
		return exitInterrupted
	case errors.Is(err, pipeline.ErrResources), errors.Is(err, fs.ErrPermission):
		return exitResources
	case errors.Is(err, pipeline.ErrNondeterministic), errors.Is(err, pipeline.ErrIntegrity), errors.Is(err, results.ErrDamaged):
		return exitIntegrity
	case errors.Is(err, pipeline.ErrBusy), errors.Is(err, results.ErrBusy):
		return exitBusy
	case errors.As(err, &input) && input.InvalidInput():
		return exitInvalid
	}
	return exitFailed
}
