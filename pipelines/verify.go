package pipelines

import (
	"context"
	"slices"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/verify"
)

func init() { shardWorks[schemas.StageVerify] = verifyShard }

// runVerify certifies every negative.
//
//	contexts, negatives, symbols → certificates (by shard)
func runVerify(ctx context.Context, b *Build) error {
	s, err := b.open(schemas.StageVerify, struct{}{}, nil, schemas.StageExtract, schemas.StageGenerate)
	if err != nil {
		return err
	}
	return s.runShards(ctx, func(int) any { return struct{}{} })
}

// contextNegatives is a context with its negatives.
type contextNegatives = shard.Group[schemas.Context, schemas.Negative]

// joinNegatives joins the contexts of a task's shard with their negatives.
func joinNegatives(t shardTask) func(func(contextNegatives, error) bool) {
	return shard.Merge(
		shard.Read[schemas.Context](t.path(schemas.StageExtract, "contexts")),
		shard.Read[schemas.Negative](t.path(schemas.StageGenerate, "negatives")),
		func(c schemas.Context) string { return c.ID },
		func(n schemas.Negative) string { return n.ContextID },
	)
}

// withNegatives leaves out contexts that have none.
func withNegatives(t shardTask) func(func(contextNegatives, error) bool) {
	return func(yield func(contextNegatives, error) bool) {
		for g, err := range joinNegatives(t) {
			if err == nil && len(g.Right) == 0 {
				continue
			}
			if !yield(g, err) {
				return
			}
		}
	}
}

func verifyShard(ctx context.Context, t shardTask) (schemas.Done, error) {
	d := schemas.Done{Counts: map[string]int64{}, Rejects: map[string]int64{}}
	var internal rejectList
	bugs := t.bugs(internal.add)
	repos, err := readRepositories(t.path(schemas.StageExtract, "symbols"), bugs, siteVerifyRepo,
		func(s []schemas.Symbol) *verify.Repo {
			return verify.NewRepo(slices.Values(s))
		})
	if err != nil {
		return d, err
	}
	w, err := shard.Create[schemas.Certificate](t.path(t.Stage, "certificates"))
	if err != nil {
		return d, err
	}
	defer w.Abort()
	err = ordered(ctx, withNegatives(t),
		func() (**verify.Checker, func(), error) {
			c := verify.New()
			return &c, func() { c.Close() }, nil
		},
		func(c **verify.Checker, g contextNegatives) ([]schemas.Certificate, error) {
			repo, ok, err := repos.of(g.Left.Repo)
			if err != nil || !ok {
				return nil, err
			}
			var out []schemas.Certificate
			for i := range g.Right {
				cert, ok, err := contained(bugs, siteCertify, ofNegative(&g.Left, &g.Right[i]),
					func() (all []certifyInput) {
						for _, symbols := range symbolsOf(repos.symbols[g.Left.Repo], g.Left.Path) {
							all = append(all, certifyInput{g.Left, g.Right[i], symbols})
						}
						return all
					}, func() (schemas.Certificate, error) { return (*c).Certify(repo, &g.Left, &g.Right[i]) })
				if err != nil {
					return nil, err
				}
				if !ok {
					discard((*c).Close)
					*c = verify.New()
					continue
				}
				out = append(out, cert)
			}
			return out, nil
		},
		func(certs []schemas.Certificate) error {
			for _, c := range certs {
				d.Counts["certificates"]++
				d.Counts[c.Status]++
				if err := w.Write(c); err != nil {
					return err
				}
			}
			return nil
		})
	if err != nil {
		return d, err
	}
	f, err := w.Commit()
	d.Files = append(d.Files, f)
	if err != nil {
		return d, err
	}
	return d, internal.write(t.path(t.Stage, "rejects"), &d)
}
