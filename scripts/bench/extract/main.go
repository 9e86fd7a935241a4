// Command extract measures how fast extraction is, as ratios within one run.
//
//	go run ./scripts/bench/extract [-peer 'PYTHON ts_extract.py'] [-rounds 3] [ARCHIVE…]
//	go run ./scripts/bench/extract -scale [ARCHIVE…]
//
// # What is measured
//
// The archives' source files are sorted by language into one tar.gz a language (at
// most -mb each). Every measurement is a process of its own over one of these, on
// one processor (taskset), and takes its CPU seconds, user and system, from the kernel; the
// machine may be busy with other things. Rounds are interleaved, so that what
// disturbs one contender disturbs the next one too, and the best round counts.
//
//   - raw: read and parse every file by the binding's ParseCtx, and close the tree.
//     This is the limit that no extractor on this parser can pass.
//   - full: read, parse, walk, symbols, names, spans, windows, JSON Lines, zstd.
//   - plain: the same without zstd.
//   - peer: a script that prints {"bytes": …, "cpu_s": …} for the arguments
//     CORPUS.tar.gz full OUT.
//   - license, secrets, ngrams: what a build does beside, in CPU seconds a MB.
//     Secrets are scanned in files that gave a context, n-grams counted in all.
//
// MB are 10^6 bytes of source. two_core_speedup is the wall time of the stage
// extract, all included, with one processor over that with two: the one figure
// here that a busy machine spoils.
//
// Without archives, Beam's and flatbuffers' module zips are taken, which hold all
// eight languages. The last line is one JSON object.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/pipelines"
	"decoy/schemas"
)

func main() {
	pipelines.ReserveHeap() // as the programs do that it stands for
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	mode := flag.String("mode", "", "internal: what a child measures")
	peer := flag.String("peer", "", "command of the peer, such as 'python3 ts_extract.py'")
	rounds := flag.Int("rounds", 3, "interleaved rounds")
	mb := flag.Float64("mb", 12, "source of a language, in MB")
	scaling := flag.Bool("scale", false, "measure the stage on 1, 2, 4, 8 and 16 times the input instead")
	flag.Parse()
	beam.Init()
	if *mode != "" {
		return child(ctx, *mode, flag.Args())
	}
	work, err := os.MkdirTemp("", "decoy-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	archives := flag.Args()
	if len(archives) == 0 {
		if archives, err = moduleZips(ctx, "github.com/apache/beam/sdks/v2",
			"github.com/google/flatbuffers"); err != nil {
			return err
		}
	}
	b := bench{work: work, peer: *peer, best: map[schemas.Language]map[string]sample{}}
	if *scaling {
		return b.scale(ctx, archives)
	}
	corpora, err := gather(ctx, archives, work, int(*mb*1e6))
	if err != nil {
		return err
	}
	for range *rounds {
		for _, lang := range schemas.Languages {
			if corpora[lang] == "" {
				continue
			}
			if err := b.round(ctx, lang, corpora[lang]); err != nil {
				return err
			}
		}
	}
	speedup, err := b.twoCores(ctx, archives, *rounds)
	if err != nil {
		return err
	}
	return b.print(speedup)
}

// sample is what one process measured.
type sample struct {
	Bytes    int64              `json:"bytes"`
	CPU      float64            `json:"cpu_s"`
	Wall     float64            `json:"wall_s"`
	RSS      float64            `json:"max_rss_mib"`
	Files    int64              `json:"files"`
	Contexts int64              `json:"contexts"`
	Extra    map[string]float64 `json:"extra"` // CPU seconds beside
}

func (s sample) rate() float64 {
	if s.CPU == 0 {
		return 0
	}
	return float64(s.Bytes) / 1e6 / s.CPU
}

type bench struct {
	work, peer string
	best       map[schemas.Language]map[string]sample // by language, contender
}

// contenders in the order in which a round runs them.
var contenders = []string{"raw", "full", "plain", "peer", "beside"}

func (b *bench) round(ctx context.Context, lang schemas.Language, corpus string) error {
	if b.best[lang] == nil {
		b.best[lang] = map[string]sample{}
	}
	for _, name := range contenders {
		var s sample
		var err error
		if name == "peer" {
			if b.peer == "" {
				continue
			}
			s, err = measure(ctx, append(append([]string{"taskset", "-c", "0"}, strings.Fields(b.peer)...), corpus,
				"full", filepath.Join(b.work, "peer.jsonl")))
		} else {
			s, err = b.self(ctx, 1, name, string(lang), corpus, filepath.Join(b.work, "out"))
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", name, lang, err)
		}
		if old, ok := b.best[lang][name]; !ok || s.CPU < old.CPU {
			b.best[lang][name] = s
		}
	}
	return nil
}

// self measures a mode of this program in a process on that many processors, 1 or 2.
// One is meant: with GOMAXPROCS=1 C code and Go code would still run at once.
func (b *bench) self(ctx context.Context, processors int, args ...string) (sample, error) {
	exe, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	return measure(ctx, append([]string{"taskset", "-c", fmt.Sprintf("0-%d", processors-1), exe, "-mode"}, args...))
}

// measure runs a command and reads the JSON of its last line.
func measure(ctx context.Context, command []string) (sample, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var s sample
	if err := json.Unmarshal(lines[len(lines)-1], &s); err != nil {
		return s, fmt.Errorf("%s: the last line is no JSON object: %w", command[0], err)
	}
	return s, nil
}

// twoCores is the wall time of the whole stage on one processor over that on two.
func (b *bench) twoCores(ctx context.Context, archives []string, rounds int) (float64, error) {
	best := map[int]float64{}
	for range rounds {
		for processors := 1; processors <= 2; processors++ {
			s, err := b.self(ctx, processors, append([]string{"stage", filepath.Join(b.work, "stage"), "1"},
				archives...)...)
			if err != nil {
				return 0, err
			}
			if old, ok := best[processors]; !ok || s.Wall < old {
				best[processors] = s.Wall
			}
		}
	}
	return best[1] / best[2], nil
}

// scale prints what the stage costs on more and more input, and the exponent of its
// CPU time: the slope of its logarithm over that of the input, by least squares.
func (b *bench) scale(ctx context.Context, archives []string) error {
	var x, y []float64
	points := map[string]sample{}
	fmt.Printf("%5s %10s %10s %10s\n", "times", "CPU s", "wall s", "RSS MiB")
	for times := 1; times <= 16; times *= 2 {
		s, err := b.self(ctx, 2, append([]string{"stage", filepath.Join(b.work, "stage"), strconv.Itoa(times)},
			archives...)...)
		if err != nil {
			return err
		}
		fmt.Printf("%5d %10.1f %10.1f %10.0f\n", times, s.CPU, s.Wall, s.RSS)
		x, y = append(x, math.Log(float64(times))), append(y, math.Log(s.CPU))
		points[strconv.Itoa(times)] = s
	}
	raw, err := json.Marshal(map[string]any{"times": points, "cpu_exponent": round(slope(x, y))})
	if err != nil {
		return err
	}
	fmt.Println(string(raw))
	return nil
}

func slope(x, y []float64) float64 {
	var mx, my, xy, xx float64
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(x))
	}
	for i := range x {
		xy, xx = xy+(x[i]-mx)*(y[i]-my), xx+(x[i]-mx)*(x[i]-mx)
	}
	return xy / xx
}

// row is a language's figures, MB a CPU second.
type row struct {
	Raw      float64            `json:"raw_mb_s"`
	Full     float64            `json:"full_mb_s"`
	Plain    float64            `json:"uncompressed_mb_s"`
	Peer     float64            `json:"peer_mb_s,omitempty"`
	OfRaw    float64            `json:"full_of_raw"`
	OfPeer   float64            `json:"full_of_peer,omitempty"`
	MB       float64            `json:"mb"`
	Files    int64              `json:"files"`
	Contexts int64              `json:"contexts"`
	Beside   map[string]float64 `json:"beside_cpu_s_per_mb"`
}

func (b *bench) print(speedup float64) error {
	rows := map[schemas.Language]row{}
	sum := map[string]sample{}
	fmt.Printf("%-11s %6s %6s %6s %6s %6s | %5s %6s | %s\n", "language", "MB", "raw", "full", "plain", "peer", "/raw",
		"/peer", "CPU ms a MB beside")
	for _, lang := range schemas.Languages {
		best := b.best[lang]
		if best == nil {
			continue
		}
		rows[lang] = rowOf(best)
		show(string(lang), rows[lang])
		for name, s := range best {
			t := sum[name]
			t.Bytes, t.CPU, t.Files, t.Contexts = t.Bytes+s.Bytes, t.CPU+s.CPU, t.Files+s.Files, t.Contexts+s.Contexts
			if t.Extra == nil {
				t.Extra = map[string]float64{}
			}
			for k, v := range s.Extra {
				t.Extra[k] += v
			}
			sum[name] = t
		}
	}
	all := rowOf(sum)
	show("all", all)
	raw, err := json.Marshal(map[string]any{"languages": rows, "all": all, "two_core_speedup": round(speedup)})
	if err != nil {
		return err
	}
	fmt.Println(string(raw))
	return nil
}

func rowOf(best map[string]sample) row {
	full := best["full"]
	r := row{
		Raw: round(best["raw"].rate()), Full: round(full.rate()), Plain: round(best["plain"].rate()),
		Peer:  round(best["peer"].rate()),
		OfRaw: round(full.rate() / best["raw"].rate()), MB: round(float64(full.Bytes) / 1e6), Files: full.Files,
		Contexts: full.Contexts,
		Beside:   map[string]float64{},
	}
	if p := best["peer"].rate(); p > 0 {
		r.OfPeer = round(full.rate() / p)
	}
	for k, v := range best["beside"].Extra {
		r.Beside[k] = round(v / (float64(full.Bytes) / 1e6))
	}
	return r
}

func show(name string, r row) {
	fmt.Printf("%-11s %6.1f %6.2f %6.2f %6.2f %6.2f | %5.2f %6.2f |", name, r.MB, r.Raw, r.Full,
		r.Plain, r.Peer, r.OfRaw, r.OfPeer)
	for _, k := range []string{"license", "secrets", "ngrams"} {
		fmt.Printf(" %s %.1f", k, 1000*r.Beside[k])
	}
	fmt.Println()
}

func round(v float64) float64 { return float64(int64(v*10000+0.5)) / 10000 }
