// Package work is what the nodes of a graph do: read rows, load or pretrain a
// model, compute frozen features, adapt, evaluate, diagnose a shift.
//
// A node's work is a struct with Name, Version and Run. Its exported fields are its
// configuration and so its cache key; what it reads are the outputs of other nodes
// and the files of its node, what it leaves are the files in the job's folder.
// Functions that read an output back stand beside the one that wrote it.
package work

// InputError is an error of the user's files: exit status 3.
type InputError string

func (e InputError) Error() string { return string(e) }

// InvalidInput tells cmd so.
func (InputError) InvalidInput() bool { return true }
