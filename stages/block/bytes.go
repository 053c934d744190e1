package block

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseBytes reads a size such as "1MB" (10^6), "1.5 GB" or "64KiB".
func ParseBytes(text string) (int64, error) {
	t := strings.TrimSpace(text)
	i := strings.IndexFunc(t, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	number, unit := t, ""
	if i >= 0 {
		number, unit = t[:i], strings.TrimSpace(t[i:])
	}
	factors := map[string]float64{"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
	factor, ok := factors[unit]
	value, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || value*factor >= 1<<62 {
		return 0, fmt.Errorf("%q is not a size; write one like \"1MB\" (10^6 bytes) or \"64KiB\"", text)
	}
	return int64(value * factor), nil
}
