package pipelines

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
	"decoy/transforms/report"
)

// bugsFolder is where bundles lie below OUT.
const bugsFolder = "bugs"

// maxBundles of one place are written: those with the lowest names, whichever came first.
// All failures are counted.
const maxBundles = 20

// bugs takes what functions over one record fail with: a reject to the stage's rejects,
// a bundle below OUT.
type bugs struct {
	out, stage string
	reject     func(schemas.Reject)
}

func (t shardTask) bugs(reject func(schemas.Reject)) *bugs { return &bugs{t.Out, t.Stage, reject} }

// silent writes bundles and makes no rejects: the stage itself makes them.
func silent(t shardTask) *bugs { return t.bugs(func(schemas.Reject) {}) }

// rejectList collects rejects of several goroutines.
type rejectList struct {
	mu   sync.Mutex
	list []schemas.Reject
}

func (l *rejectList) add(r schemas.Reject) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, r)
}

// write writes the rejects of a stage that has none but of internal errors. Without any
// there is no file.
func (l *rejectList) write(path string, d *schemas.Done) error {
	if len(l.list) == 0 {
		return nil
	}
	sortRejects(l.list)
	if d.Counts == nil {
		d.Counts = map[string]int64{}
	}
	if d.Rejects == nil {
		d.Rejects = map[string]int64{}
	}
	tally{d.Counts, d.Rejects}.rejects(l.list)
	f, err := writeAll(path, l.list)
	d.Files = append(d.Files, f)
	return err
}

// internalAt begins the name of the count of one place.
const internalAt = schemas.ReasonInternal + " at "

// countInternal counts a reject by the place that its detail begins with.
func countInternal(counts map[string]int64, r schemas.Reject) {
	if r.Reason == schemas.ReasonInternal {
		place, _, _ := strings.Cut(r.Detail, ": ")
		counts[internalAt+place]++
	}
}

// record names the record that a function is over.
type record struct{ id, language, typ, generator string }

func ofContext(c *schemas.Context) record { return record{id: c.ID, language: c.Language} }

func ofNegative(c *schemas.Context, n *schemas.Negative) record {
	return record{n.ID, c.Language, n.Type, n.Generator}
}

// bugSite is a function that stages call over one record. again calls it anew for a
// bundle's input, with tools of its own; out is the folder of the build, for input that
// is too large for a bundle.
type bugSite[In any] struct {
	name  string
	again func(in In, out string) error
}

// bugSites are all sites by name.
var bugSites = map[string]func(b *bugBundle, out string) error{}

func newBugSite[In any](name string, again func(In, string) error) *bugSite[In] {
	s := &bugSite[In]{name, again}
	bugSites[name] = func(b *bugBundle, out string) error {
		var in In
		if err := json.Unmarshal(b.Input, &in); err != nil {
			return fmt.Errorf("input of the bundle: %w", err)
		}
		return s.run(b.ID, func() error { return s.again(in, out) })
	}
	return s
}

// run runs a function of the site.
func (s *bugSite[In]) run(id string, f func() error) error {
	return contain.Do(func() error {
		contain.At(s.name, id)
		return f()
	})
}

// contained runs f, a pure function over the record r. If it fails, the record is
// rejected, ok is false, and the tools that f used are not to be used again. inputs are
// what reproduces it, in ascending size; the first that does is taken. The error is one
// of the environment.
func contained[In, Out any](b *bugs, s *bugSite[In], r record, inputs func() []In,
	f func() (Out, error)) (out Out, ok bool, err error) {
	err = s.run(r.id, func() (err error) {
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
	return none, false, bundled(b, s, r, p, inputs)
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
func bundled[In any](b *bugs, s *bugSite[In], r record, p *contain.Panic, inputs func() []In) error {
	b.reject(schemas.Reject{
		Stage: b.stage, ID: r.id, Reason: schemas.ReasonInternal, Detail: p.Error(),
		Language: r.language, Type: r.typ, Generator: r.generator,
	})
	bundle := bugBundle{
		Notice: bundleNotice, CodeVersion: schemas.CodeVersion, Stage: b.stage, Site: s.name, ID: r.id,
		Language: r.language, Type: r.typ, Generator: r.generator, Place: p.Place, Panic: p.Value,
		Stack: strings.Split(p.Stack, "\n"),
	}
	var in In
	err := contain.Do(func() error { // what gathers the input may fail over it too
		all := inputs()
		for i := range all {
			if in = all[i]; i < len(all)-1 && s.run(r.id, func() error { return s.again(in, b.out) }) != nil {
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
	return bundle.write(b.out)
}

// reported writes the bundle of a failure whose reject a reader has made.
func reported[In any](b *bugs, s *bugSite[In], r schemas.Reject, inputs func() []In) error {
	place, value, _ := strings.Cut(r.Detail, ": ")
	return bundled(b, s, record{r.ID, r.Language, r.Type, r.Generator}, &contain.Panic{Place: place, Value: value},
		inputs)
}

// bundling is held while a bundle is written.
var bundling sync.Mutex

// write writes the bundle below OUT, unless there are enough of its place with lower
// names. A record has one name, so that another run writes no second file.
func (b *bugBundle) write(out string) error {
	bundling.Lock()
	defer bundling.Unlock()
	dir := shard.Join(out, bugsFolder)
	prefix := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, b.Place) + "-"
	name := fmt.Sprintf("%s%016x.json", prefix, schemas.Key64("bug", b.Site, b.Stage, b.ID, b.Type, b.Generator))
	paths, err := shard.List(dir, prefix+"????????????????.json")
	if err != nil {
		return err
	}
	mine := shard.Join(dir, name)
	paths = append(slices.DeleteFunc(paths, func(p string) bool { return p == mine }), mine)
	slices.Sort(paths)
	over := paths[min(len(paths), maxBundles):]
	for _, path := range over {
		var other bugBundle
		if path != mine && readJSON(path, &other) == nil && other.Site == b.Site {
			if err := shard.Remove(path); err != nil {
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
	_, err = shard.WriteFile(mine, append(raw, '\n'))
	return err
}

// InternalErrors counts what failed at one place of a stage.
type InternalErrors struct {
	Stage string `json:"stage"`
	Place string `json:"place"`
	N     int64  `json:"n"`
}

// internalErrors are those of a stage's counts, the most frequent first.
func internalErrors(stage string, counts map[string]int64) []InternalErrors {
	var out []InternalErrors
	for name, n := range counts {
		if place, ok := strings.CutPrefix(name, internalAt); ok {
			out = append(out, InternalErrors{stage, place, n})
		}
	}
	slices.SortFunc(out, func(a, b InternalErrors) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Place, b.Place))
	})
	return out
}

// ErrInternal is the end of a build with Strict in which a record failed.
var ErrInternal = errors.New("decoy itself failed over records, and --strict makes that an error")

// reportInternal gathers the internal errors of all stages that have a manifest, and
// shows them.
func (b *Build) reportInternal() error {
	all, err := b.internalErrors()
	if err != nil {
		return err
	}
	b.RunInfo.InternalErrors = all
	if len(all) == 0 {
		return nil
	}
	total := int64(0)
	for _, e := range all {
		b.Warn(LevelError, "%s: internal error over %s at %s", e.Stage, plural(e.N, "record"), e.Place)
		total += e.N
	}
	b.Warn(LevelError, "%s left out because decoy failed over them; show one with: decoy bug %s/FILE",
		plural(total, "record"), shard.Join(b.Out, bugsFolder))
	if b.Strict {
		return fmt.Errorf("%w: %s, in %s", ErrInternal, plural(total, "record"), shard.Join(b.Out, bugsFolder))
	}
	return nil
}

func (b *Build) internalErrors() ([]InternalErrors, error) {
	var all []InternalErrors
	for _, stage := range schemas.Stages {
		m, err := shard.ReadManifest(b.dir(stage))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, internalErrors(stage, m.Counts)...)
	}
	return append(all, b.unshown...), nil
}

// internalWarnings are the internal errors as the report's first lines show them.
func (b *Build) internalWarnings() ([]report.Warning, error) {
	all, err := b.internalErrors()
	var out []report.Warning
	for _, e := range all {
		text := fmt.Sprintf("%s left out: decoy itself failed over them in %s at %s. decoy bug FILE reproduces one; "+
			"FILE is below %s.", plural(e.N, "record"), e.Stage, e.Place, bugsFolder)
		out = append(out, report.Warning{Level: LevelError, Text: text})
	}
	return out, err
}

// renderable leaves out the pairs that the report cannot show.
func (sum *summary) renderable() error {
	var failed error
	b := &bugs{sum.b.Out, schemas.StageExport, func(r schemas.Reject) {
		place, _, _ := strings.Cut(r.Detail, ": ")
		sum.b.unshown = append(sum.b.unshown, InternalErrors{"report", place, 1})
	}}
	sum.samples = slices.DeleteFunc(sum.samples, func(s sample) bool {
		_, ok, err := contained(b, siteReportPair, ofNegative(&s.Context, &s.Negative),
			func() []sample { return []sample{s} },
			func() (struct{}, error) { return struct{}{}, renderPair(s) })
		failed = cmp.Or(failed, err)
		return !ok
	})
	return failed
}

func renderPair(s sample) error {
	_, err := report.Render(report.Data{Pairs: []report.Pair{pairOf(s)}})
	return err
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
