package shard

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary be the second process: it takes the lock, says
// so, and holds it until it is killed or its standard input ends.
func TestMain(m *testing.M) {
	if out := os.Getenv("SHARD_TEST_LOCK"); out != "" {
		held, err := Lock(context.Background(), out)
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println("held")
		bufio.NewReader(os.Stdin).ReadString('\n')
		if err := held.Release(context.Background()); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// second starts another process that locks out and returns its first line.
func second(t *testing.T, out string) (cmd *exec.Cmd, line string, end func()) {
	t.Helper()
	cmd = exec.Command(os.Args[0], "holder argument")
	cmd.Env = append(os.Environ(), "SHARD_TEST_LOCK="+out)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(line), func() { stdin.Close(); cmd.Wait() }
}

func TestLockAgainstAnotherProcess(t *testing.T) {
	out := filepath.Join(t.TempDir(), "new", "OUT")
	cmd, line, end := second(t, out)
	if line != "held" {
		t.Fatalf("second process: %s", line)
	}
	_, err := Lock(t.Context(), out)
	if err == nil {
		t.Fatal("two processes hold one OUT")
	}
	for _, want := range []string{out, fmt.Sprintf("pid %d on ", cmd.Process.Pid), " since 2", "holder argument", "wait for it or stop it"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	end()

	held, err := Lock(t.Context(), out)
	if err != nil {
		t.Fatalf("after its release: %v", err)
	}
	if _, line, end := second(t, out); !strings.Contains(line, fmt.Sprintf("pid %d on ", os.Getpid())) {
		t.Errorf("second process says %q, not this pid", line)
		end()
	} else {
		end()
	}
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestLockEndsWithItsProcess(t *testing.T) {
	out := t.TempDir()
	// What an earlier holder left is longer than what comes now.
	os.WriteFile(filepath.Join(out, lockName), []byte(`{"pid":1,"command":"`+strings.Repeat("x", 9999)+`"}`), 0o644)
	cmd, line, end := second(t, out)
	if line != "held" {
		t.Fatalf("stale content: %s", line)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	end()
	held, err := Lock(t.Context(), out)
	if err != nil {
		t.Fatalf("after kill -9 of the holder: %v", err)
	}
	defer held.Release(t.Context())
	if got := readHolder(held.file); !strings.Contains(got, fmt.Sprintf("pid %d on", os.Getpid())) {
		t.Errorf("holder %q", got)
	}
}

func TestLockRefusals(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o644)
	if _, err := Lock(t.Context(), filepath.Join(file, "OUT")); err == nil ||
		!strings.Contains(err.Error(), "choose another output folder") {
		t.Errorf("below a file: %v", err)
	}
	// A lock file that is /dev/full stands for a full disk.
	full := filepath.Join(dir, "full")
	os.Mkdir(full, 0o755)
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	if err := os.Symlink("/dev/full", filepath.Join(full, lockName)); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(t.Context(), full); err == nil || !strings.Contains(err.Error(), "free space") {
		t.Errorf("full disk: %v", err)
	}
}

func TestRemedies(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "free space", syscall.EDQUOT: "free space", syscall.EROFS: "not writable",
		syscall.EACCES: "not writable", syscall.EPERM: "not writable", syscall.ENOTDIR: "is a file",
	} {
		err := withRemedy(&os.PathError{Op: "write", Path: "p", Err: errno})
		if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), errno.Error()) {
			t.Errorf("%v: %v", errno, err)
		}
	}
}
