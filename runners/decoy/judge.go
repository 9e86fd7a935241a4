package main

import (
	"context"
	"fmt"

	"decoy/io/shard"
	"decoy/pipelines"
	"decoy/schemas"
	"decoy/scripts/judge"
)

type judgeCmd struct {
	stageFlags
	spending
	Shards int     `help:"Number of shards instead of the recipe's."`
	Export *string `help:"Instead, write texts without a score to a new folder." placeholder:"FOLDER" xor:"folder"`
	Import *string `help:"First read the scores of such a folder." placeholder:"FOLDER" xor:"folder"`
}

// Help is the example that --help shows.
func (judgeCmd) Help() string {
	return "Example:\n  decoy judge --recipe my.yaml --out OUT --budget 10\n\nThe recommended judge is a small FIM " +
		"model by protocol logprob: how likely it finds negative and golden. With a server that gives the " +
		"log-probabilities of a prompt (vLLM, SGLang), name its base_url. Without one, a member with offline: true " +
		"is scored in a folder, on this or another machine, on GPUs or a CPU; nothing is sent and nothing costs:\n\n" +
		"  judge: {protocol: logprob, panel: [{name: scorer, provider: fim, offline: true, model: " +
		"Qwen/Qwen2.5-Coder-0.5B, fim_model: qwen2.5-coder}]}\n\n" +
		"  decoy judge --recipe my.yaml --out OUT --export FOLDER\n" +
		"  python3 FOLDER/score.py FOLDER --model Qwen/Qwen2.5-Coder-0.5B\n" +
		"  decoy judge --recipe my.yaml --out OUT --import FOLDER\n\n" +
		"FOLDER may be gs://BUCKET/FOLDER for decoy; score.py works on a copy. What is imported is not asked again, " +
		"and the stage goes on as with a server. A recipe with several judge.rounds needs this once a round."
}

// Run runs the stage, or what comes before it.
func (c *judgeCmd) Run(ctx context.Context) error {
	in := inputs{Shards: c.Shards}
	for flag, folder := range map[string]*string{"--export": c.Export, "--import": c.Import} {
		if folder != nil && *folder == "" {
			return usageError{fmt.Errorf("%s is empty: name a folder", flag)}
		}
	}
	if c.Export != nil {
		return c.run(in, c.spending, func(b *pipelines.Build) error { return c.export(ctx, b) })
	}
	if c.Import != nil {
		if err := c.run(in, c.spending, func(b *pipelines.Build) error { return c.take(ctx, b) }); err != nil {
			return err
		}
	}
	return c.stages(ctx, in, c.spending, schemas.StageJudge)
}

func (c *judgeCmd) export(ctx context.Context, b *pipelines.Build) error {
	all, err := b.ExportScores(ctx, *c.Export, judge.Files)
	if err != nil {
		return err
	}
	missing := int64(0)
	for _, u := range all {
		missing += u.Missing()
		b.Log("%s: %d texts to score, %d are in the ledger, %d hold secrets and are left out", u.Member, u.Missing(),
			u.Recorded, u.Secrets)
	}
	if missing == 0 {
		b.Log("nothing is missing, and nothing was written: run decoy judge without --export")
		return nil
	}
	b.Log("next: python3 %s %s, then decoy judge --import %s with the same --recipe and --out",
		shard.Join(*c.Export, "score.py"), *c.Export, *c.Export)
	return nil
}

func (c *judgeCmd) take(ctx context.Context, b *pipelines.Build) error {
	sum, err := b.ImportScores(ctx, *c.Import)
	b.Log("%d scores of %d files are in the ledger now, %d of them say why there is none; %d were there before",
		sum.Imported, sum.Files, sum.Reasons, sum.Held)
	if sum.Differ > 0 {
		b.Log("%d scores differ from those in the ledger, which stand", sum.Differ)
	}
	switch {
	case err != nil:
		return err
	case sum.Missing > 0:
		return fmt.Errorf("%d texts of %q have no scores yet: run python3 %s %s, which scores what is missing, and "+
			"then this command again", sum.Missing, *c.Import, shard.Join(*c.Import, "score.py"), *c.Import)
	}
	return nil
}
