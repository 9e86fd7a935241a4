// Command negatives measures what a negative costs: the contexts of a real build, the rules'
// candidates for them, validity and certificates, in one goroutine and without any writing.
//
//	go build -o /tmp/negatives-bench ./scripts/bench/negatives
//	/tmp/negatives-bench [-each 2] [-contexts 4000] [-profile FILE] -out BUILD -shards N
//
// Of every context whose golden can carry a type it makes at most so many negatives as -each says:
// the valid ones among the rules' candidates, type after type. CPU seconds are the kernel's for the
// process with the garbage collector, reading apart. The last line is one JSON object; its hash is
// over all negatives and certificates, so that two revisions can be compared.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/rules"
	"decoy/transforms/valid"
	"decoy/transforms/verify"
)

type figures struct {
	Contexts    int     `json:"contexts"`
	Negatives   int     `json:"negatives"`
	Tried       int     `json:"candidates_tried"`
	Certified   int     `json:"certified"`
	MakeCPU     float64 `json:"generate_cpu_s"`
	CertifyCPU  float64 `json:"verify_cpu_s"`
	MakeEach    float64 `json:"generate_ms_each"`
	CertifyEach float64 `json:"verify_ms_each"`
	Hash        string  `json:"hash"`
}

type bench struct {
	out              string
	shards, each     int
	contexts         int
	makeRepos        map[string]*rules.Repo
	certifyRepos     map[string]*verify.Repo
	pools            map[schemas.Language]*rules.Pool
	contextsOf       []schemas.Context
	negativesOf      [][]schemas.Negative
	figures          figures
	wantOnly, inLang string
}

func main() {
	var b bench
	flag.StringVar(&b.out, "out", "", "a build whose extract has run")
	flag.IntVar(&b.shards, "shards", 1, "its shards")
	flag.IntVar(&b.each, "each", 2, "negatives of a context, at most")
	flag.IntVar(&b.contexts, "contexts", 4000, "contexts, at most")
	flag.StringVar(&b.inLang, "language", "", "those of one language")
	flag.StringVar(&b.wantOnly, "only", "", "generate or verify: what the profile is of")
	profile := flag.String("profile", "", "write a CPU profile there")
	flag.Parse()
	if err := b.run(*profile); err != nil {
		fmt.Fprintln(os.Stderr, "negatives:", err)
		os.Exit(1)
	}
}

func (b *bench) run(profile string) error {
	if b.out == "" {
		return errors.New("-out names no build")
	}
	if err := b.read(); err != nil {
		return err
	}
	var f *os.File
	if profile != "" {
		var err error
		if f, err = os.Create(profile); err != nil {
			return err
		}
		defer f.Close()
	}
	hash := sha256.New()
	for _, p := range []struct {
		name string
		do   func(add func(any) error) error
		cpu  *float64
	}{{"generate", b.make, &b.figures.MakeCPU}, {"verify", b.certify, &b.figures.CertifyCPU}} {
		runtime.GC()
		profiled := f != nil && (b.wantOnly == "" && p.name == "verify" || b.wantOnly == p.name)
		if profiled {
			if err := pprof.StartCPUProfile(f); err != nil {
				return err
			}
		}
		before := cpu()
		err := p.do(func(v any) error { return json.NewEncoder(hash).Encode(v) })
		*p.cpu = (cpu() - before).Seconds()
		if profiled {
			pprof.StopCPUProfile()
		}
		if err != nil {
			return err
		}
	}
	if b.figures.Negatives == 0 {
		return errors.New("no negatives")
	}
	n := float64(b.figures.Negatives) / 1000
	b.figures.MakeEach, b.figures.CertifyEach = b.figures.MakeCPU/n, b.figures.CertifyCPU/n
	b.figures.Hash = fmt.Sprintf("%x", hash.Sum(nil)[:8])
	return json.NewEncoder(os.Stdout).Encode(b.figures)
}

// read reads what both parts need, and indexes the repositories.
func (b *bench) read() error {
	b.makeRepos, b.certifyRepos, b.pools = map[string]*rules.Repo{}, map[string]*verify.Repo{},
		map[schemas.Language]*rules.Pool{}
	symbols := map[string][]schemas.Symbol{}
	at := func(name string, i int) string {
		return filepath.Join(b.out, schemas.StageExtract, schemas.ShardName(name, i, b.shards, "jsonl.zst"))
	}
	for i := range b.shards {
		for c, err := range shard.Read[schemas.Context](context.Background(), at("contexts", i)) {
			if err != nil {
				return err
			}
			if len(c.Types) > 0 && (b.inLang == "" || b.inLang == string(c.Language)) {
				b.contextsOf = append(b.contextsOf, c)
			}
		}
		for s, err := range shard.Read[schemas.Symbol](context.Background(), at("symbols", i)) {
			if err != nil {
				return err
			}
			symbols[s.Repo] = append(symbols[s.Repo], s)
		}
	}
	b.contextsOf = sample(b.contextsOf, b.contexts)
	for repo, s := range symbols {
		b.makeRepos[repo], b.certifyRepos[repo] = rules.NewRepo(slices.Values(s)), verify.NewRepo(slices.Values(s))
	}
	for i := range b.contextsOf {
		lang := b.contextsOf[i].Language
		if b.pools[lang] != nil {
			continue
		}
		pool, err := rules.NewPool(shard.Read[schemas.Name](context.Background(), filepath.Join(b.out,
			schemas.StageExtract,
			"names-"+string(lang)+".jsonl.zst")))
		if errors.Is(err, fs.ErrNotExist) {
			pool, err = rules.NewPool(func(func(schemas.Name, error) bool) {})
		}
		if err != nil {
			return err
		}
		b.pools[lang] = pool
	}
	b.figures.Contexts = len(b.contextsOf)
	return nil
}

// sample takes whole files, so many that they have n contexts at least, by a hash of the file; the
// contexts keep their order.
func sample(all []schemas.Context, n int) []schemas.Context {
	files := map[uint64]int{}
	file := func(c *schemas.Context) uint64 { return schemas.Key64("bench", c.Repo, c.Commit, c.Path) }
	for i := range all {
		files[file(&all[i])]++
	}
	keys := make([]uint64, 0, len(files))
	for k := range files {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	taken := map[uint64]bool{}
	for _, k := range keys {
		if n <= 0 {
			break
		}
		taken[k], n = true, n-files[k]
	}
	return slices.DeleteFunc(all, func(c schemas.Context) bool { return !taken[file(&c)] })
}

// make makes the negatives as generate's rules do, and goes on after the first.
func (b *bench) make(add func(any) error) error {
	g := rules.New(rules.Config{InventedShare: .2})
	defer g.Close()
	checker := valid.NewWith(g.Parser())
	b.negativesOf = make([][]schemas.Negative, len(b.contextsOf))
	for i := range b.contextsOf {
		c := &b.contextsOf[i]
		seen := map[string]bool{}
		for k, typ := range c.Types {
			want := (b.each - len(b.negativesOf[i])) / (len(c.Types) - k)
			for _, candidate := range g.Generate(c, typ, b.makeRepos[c.Repo], b.pools[c.Language]) {
				if want <= 0 {
					break
				}
				b.figures.Tried++
				v, reason, _ := checker.Check(c, typ, candidate.Text)
				if reason != "" || seen[v.Text] {
					continue
				}
				seen[v.Text] = true
				want--
				n := schemas.Negative{ID: fmt.Sprint(len(b.negativesOf[i])), ContextID: c.ID, Type: typ, Text: v.Text,
					Introduced: v.Introduced}
				b.negativesOf[i] = append(b.negativesOf[i], n)
				b.figures.Negatives++
				if err := add(n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *bench) certify(add func(any) error) error {
	checker := verify.New()
	defer checker.Close()
	for i := range b.contextsOf {
		c := &b.contextsOf[i]
		for k := range b.negativesOf[i] {
			cert, err := checker.Certify(b.certifyRepos[c.Repo], c, &b.negativesOf[i][k])
			if err != nil {
				return err
			}
			if cert.Status == schemas.StatusCertified {
				b.figures.Certified++
			}
			if err := add(cert); err != nil {
				return err
			}
		}
	}
	return nil
}

func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
