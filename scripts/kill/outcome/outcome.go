// Package outcome judges what is left after kills: whether the files are those of a
// run that nobody disturbed, and what was paid twice. The programs of scripts/kill use
// it, each with a fault server of its own as the provider; the provider's answers name
// their request, so the ledger tells which were answered and kept, and the server's log
// which came again.
package outcome

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"

	"decoy/io/shard"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/ledger"
)

var firstName = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// Answer renames the first name of the golden, and names the request.
func Answer(a faultserver.Arrival) string {
	golden := a.Section("DEVELOPER")
	if at := firstName.FindStringIndex(golden); at != nil {
		golden = golden[:at[1]] + "Quick" + golden[at[1]:]
	}
	raw, err := json.Marshal(map[string]any{"completion": golden, "introduced": []string{}, "why_wrong": name(a)})
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(raw)
}

var requestName = regexp.MustCompile(`request [0-9a-f]{32}`)

func name(a faultserver.Arrival) string {
	sum := sha256.Sum256([]byte(a.User))
	return "request " + hex.EncodeToString(sum[:16])
}

// Recorded are the requests of a ledger, each with the arrivals that the server had had
// when it was first seen there.
type Recorded map[string]int

// Record adds what is in the ledger below a stage's folder now. served is the number of
// arrivals so far, asked for after every killed process has ended.
func (r Recorded) Record(ctx context.Context, stage string, shards, served int) error {
	store := shard.NewDir(filepath.Join(stage, "ledger"))
	for i := range shards {
		led, err := ledger.Open(ctx, store, i)
		if err != nil {
			return err
		}
		for rec := range led.All() {
			id := requestName.FindString(string(rec.Raw))
			if _, ok := r[id]; !ok {
				r[id] = served
			}
		}
	}
	return nil
}

// Paid is what the arrivals of a run say.
type Paid struct {
	Requests int // different ones
	Arrivals int
	Again    int // reached the server after they were in the ledger
}

// Count compares the ledger's history with the arrivals, of which the first has number
// first.
func (r Recorded) Count(arrivals []faultserver.Arrival, first int) Paid {
	times := map[string]int{}
	p := Paid{Arrivals: len(arrivals)}
	for i, a := range arrivals {
		id := name(a)
		times[id]++
		if at, ok := r[id]; ok && first+i >= at {
			p.Again++
		}
	}
	p.Requests = len(times)
	return p
}

// Differing compares the files of two folders, but for ledgers, records of what is done
// and locks. It returns the names of those that differ or are in one only.
func Differing(a, b string) (files int, differ []string, err error) {
	left, err := read(a)
	if err != nil {
		return 0, nil, err
	}
	right, err := read(b)
	if err != nil {
		return 0, nil, err
	}
	for name, content := range left {
		files++
		if other, ok := right[name]; !ok || !bytes.Equal(content, other) {
			differ = append(differ, name)
		}
	}
	for name := range right {
		if _, ok := left[name]; !ok {
			differ = append(differ, name)
		}
	}
	return files, differ, nil
}

func read(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "ledger" || d.Name() == "_done"):
			return filepath.SkipDir
		case d.IsDir() || d.Name() == ".lock" || path == filepath.Join(dir, "run.json") ||
			path == filepath.Join(dir, "report.html"):
			return nil
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[rel], err = os.ReadFile(path)
		return err
	})
	return files, err
}
