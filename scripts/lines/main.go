// Command lines says which lines of the Go code, tests apart, are wider than 120 columns
// (a tab counts four), and fails where there are other than scripts/lines/allowed names:
//
//	go run ./scripts/lines            # compare
//	go run ./scripts/lines --list     # print each line
//	go run ./scripts/lines --write    # write the list anew
//
// The list holds a file and its number of such lines. It is for literals that cannot be
// split, and it may only become shorter: a number that is too high fails as well.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

const (
	limit   = 120
	tab     = 4
	allowed = "scripts/lines/allowed"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "lines:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	listed, err := exec.Command("git", "ls-files", "-z", "*.go").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w: run this from the root of a checkout", err)
	}
	found := map[string]int{}
	for path := range strings.SplitSeq(strings.TrimRight(string(listed), "\x00"), "\x00") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) { // removed, and not yet committed
			continue
		}
		if err != nil {
			return err
		}
		for _, n := range wide(text) {
			found[path]++
			if slices.Contains(args, "--list") {
				fmt.Printf("%s:%d\n", path, n)
			}
		}
	}
	if slices.Contains(args, "--list") {
		return nil
	}
	if slices.Contains(args, "--write") {
		return os.WriteFile(allowed, format(found), 0o644)
	}
	text, err := os.ReadFile(allowed)
	if err != nil {
		return err
	}
	list, err := parse(text)
	if err != nil {
		return err
	}
	return compare(found, list)
}

// wide returns the numbers of the lines that are too wide.
func wide(text []byte) (numbers []int) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		columns := 0
		for _, r := range strings.TrimRight(string(line), "\r\n") {
			if r == '\t' {
				columns += tab
			} else {
				columns++
			}
		}
		if columns > limit {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func format(found map[string]int) []byte {
	var b bytes.Buffer
	for _, path := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&b, "%s %d\n", path, found[path])
	}
	return b.Bytes()
}

func parse(text []byte) (map[string]int, error) {
	list := map[string]int{}
	s := bufio.NewScanner(bytes.NewReader(text))
	for s.Scan() {
		path, number, _ := strings.Cut(s.Text(), " ")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%s: %q is not a file and a number above 0", allowed, s.Text())
		}
		list[path] = n
	}
	return list, s.Err()
}

// compare fails with each file whose number is not the one of the list.
func compare(found, list map[string]int) error {
	var wrong []string
	paths := maps.Clone(found)
	maps.Copy(paths, list)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		switch got, want := found[path], list[path]; {
		case got > want:
			wrong = append(wrong, fmt.Sprintf(
				"%s has %d lines wider than %d columns, %d may be: split them (go run ./scripts/lines --list names "+
					"them)",
				path, got, limit, want))
		case got < want:
			wrong = append(wrong, fmt.Sprintf("%s has %d wide lines: write that in %s, which says %d", path, got,
				allowed, want))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return nil
}
