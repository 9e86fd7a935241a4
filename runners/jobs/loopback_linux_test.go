package jobs

import (
	"fmt"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// Prism's socket is bound to the loopback device.
func TestPrismIsNotOpenToAll(t *testing.T) {
	before := openToAll()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if len(openToAll()) != len(before)+1 {
		t.Skip("listening sockets cannot be seen here")
	}
	bindToLoopback(before)
	conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", l.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for inode, fd := range openToAll() {
		if _, ok := before[inode]; !ok && device(t, fd) != "lo" {
			t.Errorf("the socket is bound to %q", device(t, fd))
		}
	}
}

// device is what a socket is bound to.
func device(t *testing.T, fd int) string {
	t.Helper()
	name, err := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
	if err != nil {
		t.Fatal(err)
	}
	return name
}
