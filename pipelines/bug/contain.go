package bug

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/panel"
)

// Folder is where bundles lie below OUT.
const Folder = "bugs"

// MaxBundles of one place are written: those with the lowest names, whichever came first.
// All failures are counted.
const MaxBundles = 20

// Reporter takes what functions over one record fail with: a reject to the stage's rejects,
// a bundle below OUT.
type Reporter struct {
	Out, Stage string
	Reject     func(schemas.Reject)
}

// InternalAt begins the name of the count of one place.
const InternalAt = string(schemas.ReasonInternal) + " at "

// CountInternal counts a reject by the place that its detail begins with.
func CountInternal(counts map[string]int64, r schemas.Reject) {
	if r.Reason == schemas.ReasonInternal {
		place, _, _ := strings.Cut(r.Detail, ": ")
		counts[InternalAt+place]++
	}
}

// Record names the record that a function is over.
type Record struct {
	ID        string
	Language  schemas.Language
	Type      schemas.Type
	Generator string
}

// OfContext names a context.
func OfContext(c *schemas.Context) Record { return Record{ID: c.ID, Language: c.Language} }

// OfNegative names a negative of a context.
func OfNegative(c *schemas.Context, n *schemas.Negative) Record {
	return Record{n.ID, c.Language, n.Type, n.Generator}
}

// Site is a function that stages call over one record. again calls it anew for a
// bundle's input, with tools of its own; out is the folder of the build, for input that
// is too large for a bundle.
type Site[In any] struct {
	Name  string
	Again func(in In, out string) error
}

// Sites are all sites by name.
var Sites = map[string]func(b *Bundle, out string) error{}

// NewSite is a site of that name, by which a bundle finds it again; it is called once, for a
// package variable.
func NewSite[In any](name string, again func(In, string) error) *Site[In] {
	s := &Site[In]{name, again}
	Sites[name] = func(b *Bundle, out string) error {
		var in In
		if err := json.Unmarshal(b.Input, &in); err != nil {
			return fmt.Errorf("input of the bundle: %w", err)
		}
		return s.run(b.ID, func() error { return s.Again(in, out) })
	}
	return s
}

// run runs a function of the site.
func (s *Site[In]) run(id string, f func() error) error {
	return contain.Do(func() error {
		contain.At(s.Name, id)
		return f()
	})
}

// Contain runs f, a pure function over the record r. If it fails, the record is
// rejected, ok is false, and the tools that f used are not to be used again. inputs are
// what reproduces it, in ascending size; the first that does is taken. The error is one
// of the environment.
func Contain[In, Out any](ctx context.Context, b *Reporter, s *Site[In], r Record, inputs func() []In,
	f func() (Out, error)) (out Out, ok bool, err error) {
	err = s.run(r.ID, func() (err error) {
		out, err = f()
		return err
	})
	if err == nil {
		return out, true, nil
	}
	var none Out
	if environmental(err) {
		return none, false, err
	}
	p := (*contain.Panic)(nil)
	if !errors.As(err, &p) {
		p = &contain.Panic{Place: contain.Here(), Value: oneLine(err.Error())}
	}
	return none, false, bundled(ctx, b, s, r, p, inputs)
}

// environmental tells the errors that are none of a record's: what a stage must end by.
func environmental(err error) bool {
	var path *fs.PathError
	var call syscall.Errno
	var network net.Error
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, panel.ErrBudget) || errors.Is(err, panel.ErrOthersGoOn) ||
		errors.As(err, &path) || errors.As(err, &call) || errors.As(err, &network)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// bundled makes the reject and the bundle of a failure.
func bundled[In any](ctx context.Context, b *Reporter, s *Site[In], r Record, p *contain.Panic,
	inputs func() []In) error {
	b.Reject(schemas.Reject{
		Stage: b.Stage, ID: r.ID, Reason: schemas.ReasonInternal, Detail: p.Error(),
		Language: r.Language, Type: r.Type, Generator: r.Generator,
	})
	bundle := Bundle{
		Notice: Notice, CodeVersion: schemas.CodeVersion, Stage: b.Stage, Site: s.Name, ID: r.ID,
		Language: r.Language, Type: r.Type, Generator: r.Generator, Place: p.Place, Panic: p.Value,
		Stack: strings.Split(p.Stack, "\n"),
	}
	var in In
	err := contain.Do(func() error { // what gathers the input may fail over it too
		all := inputs()
		for i := range all {
			if in = all[i]; i < len(all)-1 && s.run(r.ID, func() error { return s.Again(in, b.Out) }) != nil {
				break
			}
		}
		return nil
	})
	if err != nil {
		bundle.LeftOut = append(bundle.LeftOut, "the input could not be gathered: "+err.Error())
	}
	if err := bundle.fill(&in); err != nil {
		return err
	}
	return bundle.write(ctx, b.Out)
}

// Reported writes the bundle of a failure whose reject a reader has made.
func Reported[In any](ctx context.Context, b *Reporter, s *Site[In], r schemas.Reject, inputs func() []In) error {
	place, value, _ := strings.Cut(r.Detail, ": ")
	return bundled(ctx, b, s, Record{r.ID, r.Language, r.Type, r.Generator}, &contain.Panic{Place: place, Value: value},
		inputs)
}

// bundling is held while a bundle is written.
var bundling sync.Mutex

// write writes the bundle below OUT, unless there are enough of its place with lower
// names. A record has one name, so that another run writes no second file.
func (b *Bundle) write(ctx context.Context, out string) error {
	ctx, end := shard.Lasting(ctx) // a fault is reported, cancelled or not
	defer end()
	bundling.Lock()
	defer bundling.Unlock()
	dir := shard.Join(out, Folder)
	prefix := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, b.Place) + "-"
	name := fmt.Sprintf("%s%016x.json", prefix, schemas.Key64("bug", b.Site, b.Stage, b.ID, string(b.Type),
		b.Generator))
	paths, err := shard.List(ctx, dir, prefix+"????????????????.json")
	if err != nil {
		return err
	}
	mine := shard.Join(dir, name)
	paths = append(slices.DeleteFunc(paths, func(p string) bool { return p == mine }), mine)
	slices.Sort(paths)
	over := paths[min(len(paths), MaxBundles):]
	for _, path := range over {
		var other Bundle
		if path != mine && shard.ReadJSON(ctx, path, &other) == nil && other.Site == b.Site {
			if err := shard.Remove(ctx, path); err != nil {
				return err
			}
		}
	}
	if slices.Contains(over, mine) {
		return nil
	}
	raw, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	_, err = shard.WriteFile(ctx, mine, append(raw, '\n'))
	return err
}

// InternalErrors counts what failed at one place of a stage.
type InternalErrors struct {
	Stage string `json:"stage"`
	Place string `json:"place"`
	N     int64  `json:"n"`
}

// InternalErrorsOf are those of a stage's counts, the most frequent first.
func InternalErrorsOf(stage string, counts map[string]int64) []InternalErrors {
	var out []InternalErrors
	for name, n := range counts {
		if place, ok := strings.CutPrefix(name, InternalAt); ok {
			out = append(out, InternalErrors{stage, place, n})
		}
	}
	slices.SortFunc(out, func(a, b InternalErrors) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Place, b.Place))
	})
	return out
}

// Plural is a number of things in words.
func Plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Discard frees a tool that failed, as far as that goes.
func Discard(free func()) {
	_ = contain.Do(func() error { free(); return nil }) // it may be in any state
}
