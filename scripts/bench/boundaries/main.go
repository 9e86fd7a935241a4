// Command boundaries prints of how many goldens a model's tokens begin and end where the golden
// does, by kind, cut, form of a call and language.
//
//	go run ./scripts/bench/boundaries -tokenizer tokenizer.json OUT/extract/contexts-*.jsonl.zst
//
// tokenizer.json is that of the model, as Hugging Face has it; package boundary says of which
// kinds. A line is a JSON object with the counts and the shares.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/boundary"
)

func main() {
	tokenizer := flag.String("tokenizer", "", "the model's tokenizer.json")
	flag.Parse()
	if *tokenizer == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: boundaries -tokenizer tokenizer.json CONTEXTS...")
		os.Exit(2)
	}
	if err := run(context.Background(), *tokenizer, flag.Args(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "boundaries:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, tokenizer string, files []string, out io.Writer) error {
	data, err := os.ReadFile(tokenizer)
	if err != nil {
		return err
	}
	v, err := boundary.Read(data)
	if err != nil {
		return fmt.Errorf("%s: %w", tokenizer, err)
	}
	count := boundary.NewCount(v)
	for _, f := range files {
		for c, err := range shard.Read[schemas.Context](ctx, f) {
			if err != nil {
				return err
			}
			count.Add(&c)
		}
	}
	enc := json.NewEncoder(out)
	for _, s := range count.Shares() {
		n := float64(s.Contexts)
		err := enc.Encode(struct {
			Kind     schemas.Kind     `json:"kind"`
			Cut      schemas.Cut      `json:"cut"`
			CallForm schemas.CallForm `json:"call_form"`
			Language schemas.Language `json:"language"`
			Contexts int              `json:"contexts"`
			Starts   float64          `json:"starts"`
			Ends     float64          `json:"ends"`
		}{s.Kind, s.Cut, s.CallForm, s.Language, s.Contexts, float64(s.Starts) / n, float64(s.Ends) / n})
		if err != nil {
			return err
		}
	}
	return nil
}
