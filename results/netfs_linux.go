package results

import "syscall"

// fileSystemType returns the magic number of the file system that holds folder.
func fileSystemType(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return int64(s.Type), nil
}
