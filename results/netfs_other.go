//go:build !linux

package results

// fileSystemType knows no types outside Linux: 0 stands for unknown, which is
// taken as local.
func fileSystemType(string) (int64, error) { return 0, nil }
