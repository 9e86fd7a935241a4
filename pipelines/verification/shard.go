package verification

import (
	"context"
	"slices"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/verify"
)

// Work certifies the negatives of a shard.
//
//	Refs of extract and generate → Ref: certificates, rejects
type Work struct {
	Out string `json:"out"`
}

func init() { flow.Register[Work]() }

// Do certifies the negatives of one shard.
func (v Work) Do(ctx context.Context, ft flow.Task) (schemas.Done, error) {
	t := work.For(v.Out, ft)
	d := schemas.Done{Counts: map[string]int64{}, Rejects: map[schemas.Reason]int64{}}
	var internal work.Rejects
	bugs := t.Bugs(internal.Add)
	repos, err := join.ReadRepositories(ctx, t.Path(schemas.StageExtract, "symbols"), bugs, siteVerifyRepo,
		func(s []schemas.Symbol) *verify.Repo {
			return verify.NewRepo(slices.Values(s))
		})
	if err != nil {
		return d, err
	}
	w, err := shard.Create[schemas.Certificate](ctx, t.Path(t.Stage, "certificates"))
	if err != nil {
		return d, err
	}
	defer w.Abort()
	runs := work.Runs(join.WithNegatives(ctx, t), func(g *join.ContextNegatives) string { return g.Left.ID })
	err = work.Ordered(ctx, runs,
		func() (**verify.Checker, func(), error) {
			c := verify.New()
			return &c, func() { c.Close() }, nil
		},
		func(c **verify.Checker, run []join.ContextNegatives) ([]schemas.Certificate, error) {
			var out []schemas.Certificate
			for i := range run {
				certs, err := certify(ctx, c, repos, bugs, &run[i])
				if err != nil {
					return nil, err
				}
				out = append(out, certs...)
			}
			return out, nil
		},
		func(certs []schemas.Certificate) error {
			for _, c := range certs {
				d.Counts["certificates"]++
				d.Counts[string(c.Status)]++
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
	return d, internal.Write(ctx, t.Path(t.Stage, "rejects"), &d)
}

// certify certifies the negatives of a context. A checker that fails over one is replaced.
func certify(ctx context.Context, c **verify.Checker, repos *join.Repositories[*verify.Repo], bugs *bug.Reporter,
	g *join.ContextNegatives) ([]schemas.Certificate, error) {
	repo, ok, err := repos.Of(ctx, g.Left.Repo)
	if err != nil || !ok {
		return nil, err
	}
	var out []schemas.Certificate
	for i := range g.Right {
		cert, ok, err := bug.Contain(ctx, bugs, siteCertify, bug.OfNegative(&g.Left, &g.Right[i]),
			func() (all []certifyInput) {
				for _, symbols := range join.SymbolsOf(repos.Symbols[g.Left.Repo], g.Left.Path) {
					all = append(all, certifyInput{g.Left, g.Right[i], symbols})
				}
				return all
			}, func() (schemas.Certificate, error) { return (*c).Certify(repo, &g.Left, &g.Right[i]) })
		if err != nil {
			return nil, err
		}
		if !ok {
			bug.Discard((*c).Close)
			*c = verify.New()
			continue
		}
		out = append(out, cert)
	}
	return out, nil
}
