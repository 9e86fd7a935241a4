package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"decoy/io/shard"
	"decoy/pipelines/money"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel"
)

// Asked is one request as it would be sent. System and User are empty where a FIM
// endpoint is asked. Key finds the answer in the ledger.
type Asked struct {
	Stage   string
	Member  string
	Key     string
	System  string
	User    string
	Wire    []byte
	Tokens  int64    // as the account's limit counts them
	MostUSD *float64 // what it reserves, null if the price is unknown
}

// Question names one request of a build. Member may be empty for the panel's first
// paid one, Type for the context's first. Judge asks about the negative with id
// Negative or, if that is empty, about the context's first one of Type; with Golden,
// as a control does.
type Question struct {
	Context  string
	Type     schemas.Type
	Member   string
	Sample   int64
	Judge    bool
	Negative string
	Golden   bool
}

// Prompt renders one request of a build. Nothing is sent, and no API key is needed.
func (b *Build) Prompt(ctx context.Context, q Question) (Asked, error) {
	stage, members := schemas.StageGenerate, b.Recipe.Generate.Panel
	if q.Judge {
		stage, members = schemas.StageJudge, b.Recipe.Judge.Panel
	}
	m, err := paidMember(stage, members, q.Member)
	if err != nil {
		return Asked{}, err
	}
	d, err := panel.OpenDrafts([]panel.Member{m})
	if err != nil {
		return Asked{}, err
	}
	c, task, err := b.findContext(ctx, q.Context)
	if err != nil {
		return Asked{}, err
	}
	r, err := q.draft(ctx, d, m, c, task)
	if err != nil {
		return Asked{}, err
	}
	a := Asked{Stage: stage, Member: m.Name, Key: r.Key}
	a.System, a.User = r.Prompt()
	a.Tokens, a.MostUSD = d.Reservation(r)
	a.Wire, err = r.Wire()
	return a, err
}

func (q Question) draft(ctx context.Context, d *panel.Drafts, m panel.Member, c schemas.Context,
	t work.Task) (panel.Request, error) {
	if !q.Judge {
		if m.Provider == panel.ProviderFIM {
			return d.SampleRequest(m.Name, c, q.Sample)
		}
		typ := q.Type
		if typ == "" && len(c.Types) > 0 {
			typ = c.Types[0]
		}
		if !slices.Contains(c.Types, typ) {
			return panel.Request{}, fmt.Errorf("context %s can carry %s, not %q", c.ID,
				cmp.Or(schemas.Join(c.Types, ", "), "no type of negative"), typ)
		}
		return d.GenerateRequest(m.Name, c, typ, q.Sample)
	}
	if q.Golden {
		return money.DraftJudge(d, m, c, c.Golden)
	}
	var have []string
	for n, err := range shard.Read[schemas.Negative](ctx, t.Path(schemas.StageGenerate, "negatives")) {
		if errors.Is(err, fs.ErrNotExist) {
			return panel.Request{}, fmt.Errorf("%s has no negatives yet: run decoy generate first, "+
				"or ask for the golden", t.Out)
		}
		if err != nil {
			return panel.Request{}, err
		}
		if n.ContextID != c.ID {
			continue
		}
		if (q.Negative == "" || n.ID == q.Negative) && (q.Type == "" || n.Type == q.Type) {
			return money.DraftJudge(d, m, c, n.Text)
		}
		have = append(have, fmt.Sprintf("%s (%s by %s)", n.ID, n.Type, n.Generator))
	}
	return panel.Request{}, fmt.Errorf("context %s has no such negative; it has %s", c.ID,
		cmp.Or(strings.Join(have, ", "), "none"))
}

// paidMember is the named member of a panel, or its first paid one.
func paidMember(stage string, members []panel.Member, name string) (panel.Member, error) {
	var paid []string
	for _, m := range members {
		if m.Paid() && (name == "" || m.Name == name) {
			return m, nil
		}
		if m.Paid() {
			paid = append(paid, m.Name)
		}
	}
	if len(paid) == 0 {
		return panel.Member{}, fmt.Errorf("the panel of %s has built-in members alone, which are sent nothing; add "+
			"one that is paid to the recipe", stage)
	}
	return panel.Member{}, fmt.Errorf("the panel of %s has no paid member %q, it has %s", stage,
		name, strings.Join(paid, ", "))
}

// findContext looks for a context in all shards side by side; their files are sorted
// by id, so that each is read up to the place where it would be.
func (b *Build) findContext(ctx context.Context, id string) (schemas.Context, work.Task, error) {
	paths, err := shard.List(ctx, b.dir(schemas.StageExtract), "contexts-?????-of-?????.jsonl.zst")
	if err != nil {
		return schemas.Context{}, work.Task{}, err
	}
	if len(paths) == 0 {
		return schemas.Context{}, work.Task{}, fmt.Errorf("%s has no contexts; run decoy extract first", b.Out)
	}
	type place struct {
		context schemas.Context
		task    work.Task
	}
	found := make([]*place, len(paths))
	errs := make([]error, len(paths))
	slots := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for i, path := range paths {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for c, err := range shard.Read[schemas.Context](ctx, path) {
				if err != nil || ctx.Err() != nil {
					errs[i] = cmp.Or(err, ctx.Err())
					return
				}
				if c.ID < id {
					continue
				}
				if c.ID == id {
					t := work.Task{Out: b.Out}
					_, errs[i] = fmt.Sscanf(filepath.Base(path), "contexts-%d-of-%d.", &t.Shard, &t.Of)
					found[i] = &place{c, t}
				}
				return
			}
		})
	}
	wg.Wait()
	for _, p := range found {
		if p != nil {
			return p.context, p.task, nil
		}
	}
	if err := errors.Join(errs...); err != nil {
		return schemas.Context{}, work.Task{}, err
	}
	return schemas.Context{}, work.Task{}, fmt.Errorf("%s has no context %q; ids are in extract/contexts-*.jsonl.zst",
		b.Out, id)
}
