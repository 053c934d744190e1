//go:build !linux

package cache

import "os"

func openPlain(name string) (File, error) { return os.Open(name) }
