//go:build unix && !linux

package tensor

// adviseHuge does nothing: other systems choose the size of pages themselves.
func adviseHuge([]byte) {}
