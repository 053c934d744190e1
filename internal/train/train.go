// Package train runs the training loop: batches, schedule, optimiser,
// checkpoints, early stopping, and guards that say whether anything was
// learnt.
//
// It trains the parameters of an overlay over a base that stays as it is.
// Given the same base, overlay, examples, configuration and seed it computes
// the same bits, whatever the number of threads, and whether or not it was
// interrupted and resumed on the way.
package train
