// Command demo-hashes builds the demo and compares the sha256 of every file that must be the
// same everywhere with the table beside it. The bytes of the demo follow from go.mod, which
// names its archives, and from the code: not from the machine, its processors, the runner
// or the folders. So a difference is a change of the code that changes bytes, or of an
// archive's version.
//
//	go run ./scripts/demo-hashes             build, compare; 1 if a file differs
//	go run ./scripts/demo-hashes -update     build, write the table anew
//	go run ./scripts/demo-hashes -of OUT     compare a demo that is built already
//
// Run it from the root of a checkout. The table is as sha256sum writes it, one line a file;
// what tells of one run alone (times, done records, the ledger) is not in it, see hashes.
//
// Building takes some four minutes of a processor. A commit that changes bytes bumps
// schemas.CodeVersion and renews the table; any other commit leaves it alone.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// table is relative to the module's root, where go run is called.
const table = "scripts/demo-hashes/demo.sha256"

//go:embed demo.sha256
var stored string

func main() {
	update := flag.Bool("update", false, "write the table anew")
	of := flag.String("of", "", "an output folder with the demo in it, instead of a build")
	flag.Parse()
	if err := run(*of, *update); err != nil {
		fmt.Fprintln(os.Stderr, "demo-hashes:", err)
		os.Exit(1)
	}
}

func run(out string, update bool) error {
	if out == "" {
		dir, err := os.MkdirTemp("", "decoy-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		out = filepath.Join(dir, "out")
		if err := build(out); err != nil {
			return fmt.Errorf("build the demo: %w", err)
		}
	}
	got, err := hashes(out)
	if err != nil {
		return err
	}
	if update {
		if err := os.WriteFile(table, format(got), 0o644); err != nil {
			return fmt.Errorf("%w: run this from the root of a checkout", err)
		}
		return nil
	}
	want, err := parse(stored)
	if err != nil {
		return fmt.Errorf("%s: %w: write it anew with -update", table, err)
	}
	if diff := compare(want, got); len(diff) > 0 {
		return fmt.Errorf("%d of %d files differ from %s:\n%s\nIf this commit is to change bytes, bump "+
			"schemas.CodeVersion and run: go run ./scripts/demo-hashes -update", len(diff), len(want), table,
			strings.Join(diff, "\n"))
	}
	fmt.Printf("demo: %d files are those of %s\n", len(got), table)
	return nil
}

// build runs the command as a user does, without recipe. Its text is shown where it fails.
func build(out string) error {
	var said bytes.Buffer
	cmd := exec.Command("go", "run", "./runners/decoy", "build", "--out", out)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, &said)
	}
	return nil
}

// hashes are those of the files that must be the same. Outside of this are what tells of
// one run (times, memory, attempts), paid answers, and bundles of failures.
func hashes(out string) (map[string]string, error) {
	sums := map[string]string{}
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(out, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if d.Name() == "_done" || d.Name() == "ledger" || name == "bugs" {
				return fs.SkipDir
			}
			return nil
		}
		if name == "run.json" || name == "report.html" || name == ".lock" {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		sums[name] = hex.EncodeToString(sum[:])
		return nil
	})
	if err == nil && sums["export/manifest.json"] == "" {
		err = fmt.Errorf("%s holds no whole build: export/manifest.json is not there: finish it with "+
			"decoy build --out %s", out, out)
	}
	return sums, err
}

// compare has a line for each file that differs, is missing or is new.
func compare(want, got map[string]string) (diff []string) {
	names := maps.Clone(want)
	maps.Copy(names, got)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if want[name] != got[name] {
			diff = append(diff, fmt.Sprintf("%s: %.16s, stored %.16s", name, cmp.Or(got[name], "not there"),
				cmp.Or(want[name], "not there")))
		}
	}
	return diff
}

// format is what sha256sum writes and sha256sum -c reads.
func format(sums map[string]string) []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&b, "%s  %s\n", sums[name], name)
	}
	return b.Bytes()
}

// parse reads what format writes.
func parse(text string) (map[string]string, error) {
	sums := map[string]string{}
	for line := range strings.Lines(text) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(sum) != 2*sha256.Size {
			return nil, fmt.Errorf("%.90q is no line of sha256sum", line)
		}
		sums[name] = sum
	}
	return sums, nil
}
