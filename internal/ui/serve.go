package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of the server: a client that is slow, or many of them, hold neither
// memory nor threads.
const (
	headerTime  = 5 * time.Second // until the head of a request has come
	readTime    = 10 * time.Second
	answerTime  = 2 * time.Minute // a large report takes a while
	idleTime    = time.Minute
	headerBytes = 16 << 10
	connections = 64
	farewell    = 3 * time.Second // for answers under way when the server is to end
)

// Loopback reports whether an address for Listen names this machine alone.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Listen opens the port. What is called localhost must lie on the loopback
// interface, whatever the machine's list of hosts says.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	if at := l.Addr().(*net.TCPAddr); Loopback(addr) && !at.IP.IsLoopback() {
		l.Close()
		return nil, fmt.Errorf("listen on %s: %s is not on the loopback interface", addr, at)
	}
	return l, nil
}

// Serve answers until the context ends, then lets answers under way finish for
// a moment. The token is asked for when it is not empty; an address that the
// network reaches must have one.
func Serve(ctx context.Context, l net.Listener, database, addr, token string) error {
	at := l.Addr().(*net.TCPAddr)
	o := Options{Database: database, Port: strconv.Itoa(at.Port), Token: token}
	o.Hosts = Hosts(o.Port)
	if !at.IP.IsLoopback() {
		if token == "" {
			l.Close()
			return fmt.Errorf("serve on %s: the network reaches it, so it needs a token", at)
		}
		o.AnyIP = true
		if host, _, err := net.SplitHostPort(addr); err == nil && host != "" {
			o.Hosts = append(o.Hosts, net.JoinHostPort(strings.ToLower(host), o.Port))
		}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	server := &http.Server{
		Handler: New(o), Protocols: protocols, MaxHeaderBytes: headerBytes,
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		ErrorLog: log.New(io.Discard, "", 0), // what strangers send is not worth a line on the terminal
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(limit(l, connections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", at, err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := server.Shutdown(patience); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("end server on %s: %w", at, err)
	}
	return server.Close()
}

// limit bounds the connections that are open at the same time; others wait in
// the kernel's queue.
func limit(l net.Listener, n int) net.Listener {
	return &limitedListener{Listener: l, places: make(chan struct{}, n), closed: make(chan struct{})}
}

type limitedListener struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &limitedConn{Conn: c, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	leave func()
}

func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
