// Package hostile makes files that a reader must refuse: for the tests of the
// readers, which look at each message, and for the one that hands all of them to
// the program.
package hostile

// A File is what must be refused.
type File struct {
	Name string // what is wrong with it
	Data []byte
	At   int64  // the byte that the error has to point at; -1 where any will do
	Want string // a part of the message
}
