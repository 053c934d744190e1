package pipeline

import "runexp/pipeline/cache"

// NewJob makes a job outside of an executor, to read what a finished node
// read: the caller fills In, and temp is where Dir links files.
func NewJob(n *Node, temp string) *Job {
	return &Job{
		Node: n, In: map[string]*cache.Entry{}, Temp: temp, Memo: &Memo{},
		Report: func(Progress) {}, Info: map[string]string{},
	}
}
