package main

import (
	"context"
	"errors"
	"fmt"

	"decoy/pipelines"
	"decoy/transforms/panel"
)

type batchCmd struct {
	Submit  batchSubmitCmd  `cmd:"" help:"Hand over what has no answer yet as batches."`
	Status  batchStatusCmd  `cmd:"" help:"Ask the providers how far the batches are."`
	Collect batchCollectCmd `cmd:"" help:"Move the answers of ended batches to the ledger."`
}

// Help is the example that --help shows.
func (batchCmd) Help() string {
	return "Batches cost less and count against no rate limit, and take up to a day. Example:\n  decoy extract " +
		"--recipe my.yaml --out OUT\n  decoy batch submit --recipe my.yaml --out OUT\n  decoy batch collect --recipe " +
		"my.yaml --out OUT\n  decoy build --recipe my.yaml --out OUT"
}

// batchFlags say whose batches.
type batchFlags struct {
	common
	Stage  string `help:"Stage whose panel is meant." enum:"generate,judge" default:"generate"`
	Member string `help:"Only this member of the panel."`
}

func (c batchFlags) each(ctx context.Context, spend spending,
	do func(context.Context, pipelines.MemberBatches) ([]panel.Batch, error)) error {
	return c.run(inputs{}, spend, func(b *pipelines.Build) error {
		short := false
		err := b.Batches(ctx, c.Stage, c.Member, func(ctx context.Context, x pipelines.MemberBatches) error {
			all, err := do(ctx, x)
			for _, o := range all {
				b.Log("%s", describeBatch(o))
			}
			if errors.Is(err, panel.ErrBudget) {
				short, err = true, nil // the other members have shares of their own
			}
			return err
		})
		if err == nil && short {
			return fmt.Errorf("%w: requests were left out of the batches", panel.ErrBudget)
		}
		return err
	})
}

// describeBatch is a batch in a line.
func describeBatch(o panel.Batch) string {
	line := fmt.Sprintf("batch %d of %s: %d requests", o.Number, o.Member, len(o.Requests))
	switch {
	case o.Done != nil:
		return fmt.Sprintf("%s, %s: %d answers, %d dead letters, %d left to send again", line, o.Done.State,
			o.Done.Answers, o.Done.Rejected, o.Done.Left)
	case o.Status != nil:
		return fmt.Sprintf("%s, %s (%s)", line, o.Status.State, o.ID)
	case o.ID == "":
		return line + ", not known whether it was sent: run decoy batch submit"
	}
	return line + ", sent as " + o.ID
}

type batchSubmitCmd struct {
	batchFlags
	spending
}

// Run submits.
func (c *batchSubmitCmd) Run(ctx context.Context) error {
	return c.each(ctx, c.spending, func(ctx context.Context,
		x pipelines.MemberBatches) ([]panel.Batch, error) {
		return x.Submit(ctx)
	})
}

type batchStatusCmd struct{ batchFlags }

// Run asks for the status.
func (c *batchStatusCmd) Run(ctx context.Context) error {
	return c.each(ctx, spending{}, func(ctx context.Context,
		x pipelines.MemberBatches) ([]panel.Batch, error) {
		return x.Status(ctx)
	})
}

type batchCollectCmd struct{ batchFlags }

// Run collects.
func (c *batchCollectCmd) Run(ctx context.Context) error {
	return c.each(ctx, spending{}, func(ctx context.Context,
		x pipelines.MemberBatches) ([]panel.Batch, error) {
		return x.Collect(ctx)
	})
}
