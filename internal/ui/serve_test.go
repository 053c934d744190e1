package ui

import (
	"net"
	"testing"
)

// TestConnectionsAreLimited holds as many as there may be: the next is taken
// only when one of them has ended, and a closed listener keeps nobody waiting.
func TestConnectionsAreLimited(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit(inner, 2)
	accepted, ended := make(chan net.Conn, 10), make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- c
		}
	}()
	for range 3 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first, second := <-accepted, <-accepted
	select {
	case <-accepted:
		t.Error("a third connection was taken beside two")
	default:
	}
	first.Close()
	first.Close() // gives its place back once
	third := <-accepted
	select {
	case <-accepted:
		t.Error("a place was given back twice")
	default:
	}
	l.Close()
	if err := <-ended; err == nil {
		t.Error("a closed listener accepts")
	}
	second.Close()
	third.Close()
}
