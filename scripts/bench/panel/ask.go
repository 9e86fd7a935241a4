package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/limit"
	"decoy/transforms/secrets"
	"decoy/transforms/valid"
)

const keyEnv = "DECOY_BENCH_KEY"

// asking is the asking process: a generator's work on one shard.
type asking struct {
	url      string
	requests int
	ledger   string
	shard    int
	redis    string
	light    bool
	profile  string
	rpm      int // the server's flag
}

func (a *asking) flags() {
	flag.StringVar(&a.url, "url", "", "internal: base URL")
	flag.IntVar(&a.requests, "requests", 0, "internal: how many")
	flag.StringVar(&a.ledger, "ledger", "", "internal: its folder")
	flag.IntVar(&a.shard, "shard", 0, "internal: number of the shard")
	flag.StringVar(&a.redis, "limiter", "", "internal: URL of the shared limiter")
	flag.BoolVar(&a.light, "light", false, "internal: without the check for secrets and the rules of validity")
	flag.StringVar(&a.profile, "cpuprofile", "", "internal: where to write a profile")
}

// report is the last line of the asking process.
type report struct {
	Valid      int // answers that are valid negatives
	CPUSeconds float64
	Seconds    float64
}

// asksOfContext is how often a context is asked about, as three generators do, or one
// for each type of a call.
const asksOfContext = 3

// place is a context whose golden calls a method, at the end of a file of 1.7 KB.
func place(shard, i int) schemas.Context {
	var b strings.Builder
	fmt.Fprintf(&b, "package store\n\n// Place %d of shard %d.\n", i, shard)
	for k := range 14 {
		fmt.Fprintf(&b, "func step%d(in []string) (out []string) {\n\tfor _, s := range in {\n\t\tout = append(out, "+
			"s+\"%d\")\n\t}\n\treturn out\n}\n\n", k, k+i)
	}
	b.WriteString("func write(ms Store, mi Info) error {\n\treturn ms.")
	return schemas.Context{
		ID: fmt.Sprintf("%032x", i), Repo: "o/r", Path: "store.go", Language: schemas.Go, Kind: "call",
		Types:  []schemas.Type{schemas.TypeMethod},
		Prefix: b.String(), Golden: "StoreMessageInfo(mi)", Suffix: "\n}\n",
	}
}

func (a *asking) run(ctx context.Context) error {
	if a.profile != "" {
		f, err := os.Create(a.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	scanner, err := secrets.New()
	if err != nil {
		return err
	}
	var limiter *limit.Shared
	if a.redis != "" {
		if limiter, err = limit.OpenShared(limit.SharedConfig{URL: a.redis}); err != nil {
			return err
		}
		defer limiter.Close()
	}
	one, two := 1.0, 2.0
	p, err := panel.Open(panel.Config{
		Members: []panel.Member{{
			Name: "gen", Provider: panel.ProviderOpenAI, BaseURL: a.url, Model: "m", APIKeyEnv: keyEnv, RPM: a.rpm,
			Concurrency: concurrency, USDPerMTok: &panel.Price{In: &one, Out: &two},
		}},
		Store: shard.NewDir(a.ledger), Limiter: limiter,
		Check: func(text string) error {
			if a.light {
				return nil
			}
			if found := scanner.Find(text); len(found) > 0 {
				return errors.New(found[0].Rule)
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	defer p.Close()
	checker := valid.New()
	defer checker.Close()
	var r report
	begin, err := cpuSeconds()
	if err != nil {
		return err
	}
	start := time.Now()
	open := map[string]schemas.Context{}
	err = p.Do(ctx, a.shard, func(yield func(panel.Request) bool) {
		for i := range a.requests {
			c := place(a.shard, i/asksOfContext)
			req, err := p.GenerateRequest("gen", c, schemas.TypeMethod, int64(i%asksOfContext))
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
			req.Tag = fmt.Sprint(i)
			open[req.Tag] = c
			if !yield(req) {
				return
			}
		}
	}, func(answer panel.Answer) error {
		c := open[answer.Request.Tag]
		delete(open, answer.Request.Tag)
		g, reason, detail := answer.Generated()
		if reason == "" && !a.light {
			_, reason, detail = checker.Check(&c, schemas.TypeMethod, g.Completion)
		}
		if reason != "" {
			fmt.Fprintln(os.Stderr, reason, detail)
		} else {
			r.Valid++
		}
		return nil
	})
	if err != nil {
		return err
	}
	end, err := cpuSeconds()
	if err != nil {
		return err
	}
	r.CPUSeconds, r.Seconds = end-begin, time.Since(start).Seconds()
	return json.NewEncoder(os.Stdout).Encode(r)
}

// writePrompts writes what a peer is asked with: the same files.
func writePrompts(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	enc := json.NewEncoder(f)
	for i := range n {
		if err := enc.Encode(map[string]any{"id": i, "prompt": place(0, i).Prefix}); err != nil {
			return err
		}
	}
	return f.Close()
}
