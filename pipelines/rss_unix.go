//go:build unix

package pipelines

import (
	"runtime"
	"syscall"
)

// peakRSS is the largest resident memory of this process so far, in MiB.
func peakRSS() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if runtime.GOOS == "darwin" { // bytes there, KiB elsewhere
		return int64(u.Maxrss) >> 20
	}
	return int64(u.Maxrss) >> 10
}
