// Command dedup measures near duplicates: curate.NearDuplicates beside datatrove, text-dedup and
// datasketch, on the same documents in one run.
//
//	go build -o /tmp/dedup ./scripts/bench/dedup
//	/tmp/dedup -docs DOCS.jsonl [-on direct|prism] [-peers FOLDER of dd_*.py -python PYTHON -textdedup PYTHON]
//
// Documents are lines {"id", "text"}. CPU seconds are the kernel's for each process, reading the
// file included. Pairs at a Jaccard of .7 are counted exactly, twice: over decoy's token 5-grams
// and over the peers' lower-cased word 5-grams; each tool is scored by both. The last line is one
// JSON object; the exit status is 0 only if decoy's members are the same twice and shuffled.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"decoy/schemas/batch"
	"decoy/scripts/bench/dedup/docs"
	"decoy/transforms/curate"
)

// tool is one line of the result.
type tool struct {
	Name      string     `json:"name"`
	CPU       float64    `json:"cpu_s"`
	PerSecond float64    `json:"documents_a_cpu_second"`
	ByTokens  docs.Score `json:"by_tokens"`
	ByWords   docs.Score `json:"by_words"`
	Error     string     `json:"error,omitempty"`
}

type result struct {
	Documents     int    `json:"documents"`
	PairsByTokens int    `json:"pairs_by_tokens"`
	PairsByWords  int    `json:"pairs_by_words"`
	Tools         []tool `json:"tools"`
	Same          bool   `json:"same_twice_and_shuffled"`
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "dedup:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	path := flag.String("docs", "", "documents, one JSON object a line")
	on := flag.String("on", "direct", "runner: direct or prism")
	peers := flag.String("peers", "", "the folder of dd_datasketch.py and the others; without it only decoy is "+
		"measured")
	python := flag.String("python", "", "a Python with datatrove, datasketch and orjson")
	textdedup := flag.String("textdedup", "", "a Python with text-dedup")
	order := flag.Int("order", -1, "as a child: how the documents are shuffled")
	flag.Parse()
	if *order >= 0 {
		return child(ctx, *on, *path, *order)
	}
	all, err := docs.Read(*path)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "decoy-dedup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	byTokens, byWords := pairs(all, curate.Shingles), pairs(all, docs.Words)
	r := result{Documents: len(all), PairsByTokens: len(byTokens), PairsByWords: len(byWords), Same: true}
	add := func(name string, cpu float64, removed map[string]bool, err error) {
		t := tool{Name: name, CPU: cpu}
		if err != nil {
			t.Error = err.Error()
		} else {
			t.PerSecond = float64(len(all)) / cpu
			t.ByTokens, t.ByWords = docs.Rate(all, byTokens, removed), docs.Rate(all, byWords, removed)
		}
		r.Tools = append(r.Tools, t)
		text, _ := json.Marshal(t)
		fmt.Fprintf(os.Stderr, "%s\n", text)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var first []byte
	for _, order := range []string{"0", "0", "7"} {
		text, cpu, err := measure(self, "-docs", *path, "-on", *on, "-order", order)
		if err != nil {
			return err
		}
		if first == nil {
			first = text
			var ids []string
			if err := json.Unmarshal(text, &ids); err != nil {
				return err
			}
			removed, err := byKey(all, ids)
			add("decoy on "+*on, cpu, removed, err)
		}
		r.Same = r.Same && bytes.Equal(first, text)
	}
	if *peers != "" {
		for _, p := range []struct{ name, python, script, out string }{
			{"datasketch", *python, "dd_datasketch.py", "ds.json"}, {"datatrove", *python, "dd_datatrove.py", "dt"},
			{"text-dedup", *textdedup, "dd_textdedup.py", "td"},
		} {
			out := filepath.Join(dir, p.out)
			text, cpu, err := measure(p.python, filepath.Join(*peers, p.script), *path, out)
			if err != nil {
				add(p.name, cpu, nil, fmt.Errorf("%w: %s", err, text))
				continue
			}
			removed, err := removedBy(all, out)
			add(p.name, cpu, removed, err)
		}
	}
	text, err := json.Marshal(r)
	fmt.Println(string(text))
	if !r.Same {
		err = errors.Join(err, errors.New("decoy's members differ between runs"))
	}
	return err
}

func pairs(all []docs.Doc, shingles func(string) []uint64) []docs.Pair {
	sets := make([][]uint64, len(all))
	for i, d := range all {
		sets[i] = shingles(d.Text)
	}
	return docs.Pairs(sets, 0.7)
}

// measure runs a command and gives its output and CPU seconds, those of its children included.
func measure(name string, args ...string) (out []byte, cpu float64, err error) {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err = c.Output()
	if c.ProcessState != nil {
		cpu = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	}
	if err != nil {
		text := append(out, stderr.Bytes()...)
		return text[max(0, len(text)-400):], cpu, fmt.Errorf("%s: %w", args[0], err)
	}
	return out, cpu, nil
}

// byKey are the ids of documents whose numbers were removed.
func byKey(all []docs.Doc, keys []string) (map[string]bool, error) {
	of := map[string]string{}
	for _, d := range all {
		of[fmt.Sprint(docs.Key(d.ID))] = d.ID
	}
	out := map[string]bool{}
	for _, k := range keys {
		id, ok := of[k]
		if !ok {
			return nil, fmt.Errorf("number %s is of no document", k)
		}
		out[id] = true
	}
	return out, nil
}

// removedBy reads what a peer's script leaves: clusters, a list of what is kept, or a folder of
// kept lines.
func removedBy(all []docs.Doc, out string) (map[string]bool, error) {
	removed := map[string]bool{}
	if strings.HasSuffix(out, ".json") { // clusters, whose first stays
		text, err := os.ReadFile(out)
		if err != nil {
			return nil, err
		}
		var clusters [][]string
		if err := json.Unmarshal(text, &clusters); err != nil {
			return nil, err
		}
		for _, c := range clusters {
			for _, id := range c[1:] {
				removed[id] = true
			}
		}
		return removed, nil
	}
	for _, d := range all {
		removed[d.ID] = true
	}
	if text, err := os.ReadFile(filepath.Join(out, "kept.json")); err == nil {
		var kept []string
		if err := json.Unmarshal(text, &kept); err != nil {
			return nil, err
		}
		for _, id := range kept {
			delete(removed, id)
		}
		return removed, nil
	}
	files, err := filepath.Glob(filepath.Join(out, "kept", "*"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, fmt.Errorf("%s has no kept documents", out))
	}
	for _, f := range files {
		kept, err := docs.Read(f)
		if err != nil {
			return nil, err
		}
		for _, d := range kept {
			delete(removed, d.ID)
		}
	}
	return removed, nil
}

var (
	members   []string // both runners are in this process
	membersMu sync.Mutex
)

func keep(b batch.Batch) {
	membersMu.Lock()
	defer membersMu.Unlock()
	for r := range b.Each(curate.MemberBytes) {
		members = append(members, fmt.Sprint(curate.ReadMember(r).File))
	}
}

func init() { beam.RegisterFunction(keep) }

func child(ctx context.Context, on, path string, order int) error {
	beam.Init()
	beamlog.SetupLogging("error", "text")
	p, s := beam.NewPipelineWithRoot()
	sketches := beam.ParDo(s, &docs.SketchFn{Path: path}, beam.Create(s, order))
	beam.ParDo0(s, keep, curate.NearDuplicates(s, curate.NearConfig{}, &docs.Lookup{Path: path}, sketches))
	if _, err := beam.Run(ctx, on, p); err != nil {
		return err
	}
	slices.Sort(members)
	text, err := json.Marshal(members)
	fmt.Println(string(text))
	return err
}
