package join

import (
	"context"

	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// Judged is a negative with what was found out about it.
type Judged struct {
	schemas.Negative
	Status   schemas.Status
	Rule     string
	Evidence string
	Verdicts []schemas.Verdict
}

// Shard merges a shard's contexts with their negatives, certificates and
// verdicts, in the order of context ids. The pointers are valid during the call.
func Shard(ctx context.Context, t work.Task, visit func(c *schemas.Context, negatives []Judged) error) error {
	certs := shard.NewCursor(shard.Read[schemas.Certificate](ctx, t.Path(schemas.StageVerify, "certificates")),
		func(c schemas.Certificate) string { return c.ContextID })
	defer certs.Stop()
	verdicts := shard.NewCursor(Verdicts(ctx, t), func(v schemas.Verdict) string { return v.ContextID })
	defer verdicts.Stop()
	for g, err := range joinNegatives(ctx, t) {
		if err != nil {
			return err
		}
		cs, err := certs.Of(g.Left.ID)
		if err != nil {
			return err
		}
		vs, err := verdicts.Of(g.Left.ID)
		if err != nil {
			return err
		}
		byID := make(map[string]*Judged, len(g.Right))
		negatives := make([]Judged, len(g.Right))
		for i, n := range g.Right {
			negatives[i].Negative = n
			byID[n.ID] = &negatives[i]
		}
		for _, c := range cs {
			if n := byID[c.NegativeID]; n != nil {
				n.Status, n.Rule, n.Evidence = c.Status, c.Rule, c.Evidence
			}
		}
		for _, v := range vs {
			if v.NegativeID == nil {
				continue
			}
			if n := byID[*v.NegativeID]; n != nil {
				n.Verdicts = append(n.Verdicts, v)
			}
		}
		if err := visit(&g.Left, negatives); err != nil {
			return err
		}
	}
	return nil
}

// ContextNegatives is a context with its negatives.
type ContextNegatives = shard.Group[schemas.Context, schemas.Negative]

// joinNegatives joins the contexts of a task's shard with their negatives.
func joinNegatives(ctx context.Context, t work.Task) func(func(ContextNegatives, error) bool) {
	return shard.Merge(
		shard.Read[schemas.Context](ctx, t.Path(schemas.StageExtract, "contexts")),
		shard.Read[schemas.Negative](ctx, t.Path(schemas.StageGenerate, "negatives")),
		func(c schemas.Context) string { return c.ID },
		func(n schemas.Negative) string { return n.ContextID },
	)
}

// WithNegatives leaves out contexts that have none.
func WithNegatives(ctx context.Context, t work.Task) func(func(ContextNegatives, error) bool) {
	return func(yield func(ContextNegatives, error) bool) {
		for g, err := range joinNegatives(ctx, t) {
			if err == nil && len(g.Right) == 0 {
				continue
			}
			if !yield(g, err) {
				return
			}
		}
	}
}
