package jobs

import (
	"os"
	"strconv"
	"syscall"
)

// openToAll lists this process's listening sockets that take connections from every
// interface, by inode.
func openToAll() map[uint64]int {
	found := map[uint64]int{}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return found
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if on, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); err != nil || on == 0 {
			continue
		}
		address, err := syscall.Getsockname(fd)
		if err != nil {
			continue
		}
		switch a := address.(type) {
		case *syscall.SockaddrInet4:
			if a.Addr != [4]byte{} {
				continue
			}
		case *syscall.SockaddrInet6:
			if a.Addr != [16]byte{} {
				continue
			}
		default:
			continue
		}
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) == nil {
			found[st.Ino] = fd
		}
	}
	return found
}

// bindToLoopback keeps other machines away from the sockets that were opened since.
// An old kernel refuses it to ordinary users; then they stay as they are.
func bindToLoopback(before map[uint64]int) {
	for inode, fd := range openToAll() {
		if _, ok := before[inode]; !ok {
			syscall.SetsockoptString(fd, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, "lo")
		}
	}
}
