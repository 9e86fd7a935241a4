// Command hardness makes negatives by rules for the contexts of a build, with their
// certificates, as JSON lines: what a change of the rules does on contexts that it cannot
// change. A neural model, which is no part of decoy, says how hard they are.
//
//	go run ./scripts/bench/hardness -out BUILD -shards N [-aim=false] [-every 10] > negatives.jsonl
//
// On stderr are the CPU milliseconds a context and type.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/rules"
	"decoy/transforms/verify"
)

// line is a negative.
type line struct {
	Context  string         `json:"context"`
	Type     schemas.Type   `json:"type"`
	Text     string         `json:"text"`
	Trick    string         `json:"trick"`
	Invented bool           `json:"invented"`
	Status   schemas.Status `json:"status"`
	Rule     string         `json:"rule"` // of the certificate
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "hardness:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	out := flag.String("out", "", "a build's folder")
	shards := flag.Int("shards", 8, "its shards")
	every := flag.Uint64("every", 1, "of so many contexts one, by a hash of its id")
	aim := flag.Bool("aim", true, "choose the hardest of many candidates")
	invented := flag.Float64("invented", 0.05, "the share of invented names")
	flag.Parse()
	w := bufio.NewWriter(os.Stdout)
	e := json.NewEncoder(w)
	pools := map[schemas.Language]*rules.Pool{}
	var made time.Duration
	asked := 0
	for i := range *shards {
		symbols := map[string][]schemas.Symbol{}
		path := shard.Path(*out, schemas.StageExtract, "symbols", i, *shards)
		for s, err := range shard.Read[schemas.Symbol](ctx, path) {
			if err != nil {
				return err
			}
			symbols[s.Repo] = append(symbols[s.Repo], s)
		}
		maker, checker := rules.NewMaker(rules.Config{InventedShare: *invented, Aim: *aim}), verify.New()
		var repo *rules.Repo
		var facts *verify.Repo
		of := ""
		for c, err := range shard.Read[schemas.Context](ctx, shard.Path(*out, schemas.StageExtract, "contexts", i,
			*shards)) {
			if err != nil {
				return err
			}
			if schemas.Key64("hardness", c.ID)%*every != 0 || len(c.Types) == 0 {
				continue
			}
			if c.Repo != of {
				of = c.Repo
				repo, facts = rules.NewRepo(slices.Values(symbols[of])), verify.NewRepo(slices.Values(symbols[of]))
			}
			pool := pools[c.Language]
			if pool == nil {
				path := shard.Join(*out, schemas.StageExtract, "names-"+string(c.Language)+".jsonl.zst")
				if pool, err = rules.NewPool(shard.Read[schemas.Name](ctx, path)); err != nil {
					return err
				}
				pools[c.Language] = pool
			}
			for _, typ := range c.Types {
				began := time.Now()
				n, _ := maker.Make(&c, typ, "rules", repo, pool)
				made += time.Since(began)
				asked++
				if n == nil {
					continue
				}
				cert, err := checker.Certify(facts, &c, n)
				if err != nil {
					return err
				}
				if err := e.Encode(line{c.ID, typ, n.Text, n.Trick, n.Invented, cert.Status, cert.Rule}); err != nil {
					return err
				}
			}
		}
		maker.Close()
		checker.Close()
	}
	fmt.Fprintf(os.Stderr, "%d asked, %.2f ms each\n", asked, made.Seconds()*1000/float64(max(1, asked)))
	return w.Flush()
}
