package flowtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/schemas"
)

// row is the record of all files.
type row struct {
	ID    string `json:"id"`
	Of    string `json:"of"` // the id that it is about
	Value int64  `json:"value"`
}

// digest is a number and an id that depend on nothing but the words.
func digest(words ...any) (id string, value int64) {
	sum := sha256.Sum256([]byte(fmt.Sprint(words...)))
	return hex.EncodeToString(sum[:16]), int64(sum[16])<<8 | int64(sum[17])
}

// each writes one file with what a function makes of each record of another.
func each(ctx context.Context, t flow.Task, what string, from flow.Ref, read string,
	f func(row) []row) (schemas.Done, error) {
	w, err := flow.Create[row](ctx, t, what)
	if err != nil {
		return schemas.Done{}, err
	}
	defer w.Abort()
	var n int64
	for r, err := range flow.Read[row](ctx, from, read) {
		if err != nil {
			return schemas.Done{}, err
		}
		for _, out := range f(r) {
			n++
			if err := w.Write(out); err != nil {
				return schemas.Done{}, err
			}
		}
	}
	file, err := w.Commit()
	return schemas.Done{Files: []schemas.File{file}, Counts: map[string]int64{what: n}}, err
}

type beforeWork struct {
	Rows    int
	Trouble Trouble
}

// Do writes what the shard is made of.
func (w beforeWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	if err := w.Trouble.meet("before", t.Shard); err != nil {
		return schemas.Done{}, err
	}
	out, err := flow.Create[row](ctx, t, "parts/before")
	if err != nil {
		return schemas.Done{}, err
	}
	defer out.Abort()
	for i := range w.Rows {
		id, value := digest("context", t.Shard, i)
		if err := out.Write(row{ID: id, Value: value}); err != nil {
			return schemas.Done{}, err
		}
	}
	f, err := out.Commit()
	f.Name = "parts/" + f.Name
	return schemas.Done{Files: []schemas.File{f}}, err
}

type extractWork struct{ Trouble Trouble }

// Do reads the parts.
func (w extractWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	if err := w.Trouble.meet("extract", t.Shard); err != nil {
		return schemas.Done{}, err
	}
	return each(ctx, t, "contexts", t.From[0], "parts/before", func(r row) []row { return []row{r} })
}

// tally is what is known of a step as a whole.
type tally struct {
	Round int   `json:"round"`
	Last  bool  `json:"last"`
	Rows  int   `json:"rows"`
	Sum   int64 `json:"sum"`
}

func (y *tally) add(ctx context.Context, r flow.Ref, what string) error {
	for x, err := range flow.Read[row](ctx, r, what) {
		if err != nil {
			return err
		}
		y.Rows++
		y.Sum += x.Value
	}
	return nil
}

func readTally(ctx context.Context, r flow.Ref, name string) (y tally, err error) {
	path, err := r.Path(name)
	if err == nil {
		err = shard.ReadJSON(ctx, path, &y)
	}
	return y, err
}

type namesWork struct{ Trouble Trouble }

// Do adds up the contexts of all shards.
func (w namesWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	if err := w.Trouble.meet("names", t.Shard); err != nil {
		return schemas.Done{}, err
	}
	var sum tally
	for _, r := range t.All[0] {
		if err := sum.add(ctx, r, "contexts"); err != nil {
			return schemas.Done{}, err
		}
	}
	return writeJSON(ctx, t.Stage, "names.json", sum)
}

type generateWork struct{ Trouble Trouble }

// Do makes two negatives of each context, which depend on the names of all shards.
func (w generateWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	if err := w.Trouble.meet("generate", t.Shard); err != nil {
		return schemas.Done{}, err
	}
	known, err := readTally(ctx, t.All[0][0], "names.json")
	if err != nil {
		return schemas.Done{}, err
	}
	return each(ctx, t, "negatives", t.From[0], "contexts", func(c row) (out []row) {
		for sample := range 2 {
			id, value := digest("negative", c.ID, sample, known.Sum)
			out = append(out, row{ID: id, Of: c.ID, Value: value})
		}
		return out
	})
}

type verifyWork struct{ Trouble Trouble }

// Do certifies the negatives with an even value.
func (w verifyWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	if err := w.Trouble.meet("verify", t.Shard); err != nil {
		return schemas.Done{}, err
	}
	return each(ctx, t, "certificates", t.From[0], "negatives", func(n row) []row {
		return []row{{ID: n.ID, Of: n.Of, Value: 1 - n.Value%2}}
	})
}

type judgeWork struct {
	Round   int
	Trouble Trouble
}

// Do judges a third of the negatives by what is known, unless the last round was.
func (w judgeWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	var known tally
	if w.Round > 0 {
		before := t.All[0][0]
		if before.Skipped {
			return schemas.Done{}, flow.ErrSkip
		}
		var err error
		if known, err = readTally(ctx, before, roundName(w.Round-1)); err != nil {
			return schemas.Done{}, err
		}
		if known.Last {
			return schemas.Done{}, flow.ErrSkip
		}
	}
	if err := w.Trouble.meet(fmt.Sprintf("judge-%d", w.Round+1), t.Shard); err != nil {
		return schemas.Done{}, err
	}
	return each(ctx, t, verdictsName(w.Round), t.From[0], "negatives", func(n row) []row {
		if n.Value%Rounds != int64(w.Round) {
			return nil
		}
		_, value := digest("verdict", n.ID, known.Sum)
		return []row{{ID: n.ID, Of: n.Of, Value: value}}
	})
}

func verdictsName(round int) string { return fmt.Sprintf("verdicts-r%d", round+1) }

type closeWork struct {
	Round, Last int
	Trouble     Trouble
}

// Do adds a round to what is known.
func (w closeWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	var known tally
	if w.Round > 0 {
		if t.All[0][0].Skipped {
			return schemas.Done{}, flow.ErrSkip
		}
		var err error
		if known, err = readTally(ctx, t.All[1][0], roundName(w.Round-1)); err != nil {
			return schemas.Done{}, err
		}
	}
	if err := w.Trouble.meet(fmt.Sprintf("close-%d", w.Round+1), t.Shard); err != nil {
		return schemas.Done{}, err
	}
	for _, r := range t.All[0] {
		if err := known.add(ctx, r, verdictsName(w.Round)); err != nil {
			return schemas.Done{}, err
		}
	}
	known.Round, known.Last = w.Round+1, w.Round+1 == w.Last
	return writeJSON(ctx, t.Stage, roundName(w.Round), known)
}

type exportWork struct{ Trouble Trouble }

// Do writes the negatives that are selected.
func (w exportWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	if err := w.Trouble.meet("export", t.Shard); err != nil {
		return schemas.Done{}, err
	}
	selected := map[string]bool{}
	for r, err := range flow.Read[row](ctx, t.From[1], "selection") {
		if err != nil {
			return schemas.Done{}, err
		}
		selected[r.ID] = true
	}
	return each(ctx, t, "train", t.From[0], "negatives", func(n row) []row {
		if !selected[n.ID] {
			return nil
		}
		return []row{n}
	})
}

type cardWork struct{ Trouble Trouble }

// Do sums up the manifests.
func (w cardWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	if err := w.Trouble.meet("card", t.Shard); err != nil {
		return schemas.Done{}, err
	}
	sums := map[string]map[string]int64{}
	for _, refs := range t.All {
		m, err := shard.ReadManifest(ctx, refs[0].Dir)
		if err != nil {
			return schemas.Done{}, err
		}
		sums[m.Stage] = m.Counts
	}
	return writeJSON(ctx, t.Stage, "card.json", sums)
}

func init() {
	flow.Register[beforeWork]()
	flow.Register[extractWork]()
	flow.Register[namesWork]()
	flow.Register[generateWork]()
	flow.Register[verifyWork]()
	flow.Register[judgeWork]()
	flow.Register[closeWork]()
	flow.Register[exportWork]()
	flow.Register[cardWork]()
	flow.RegisterWriter[selectionWriter]()
}
