package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/money"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// A build is that of a recipe's name and a list of inputs. A command of another name or
// other inputs would replace all of it, so it has to say --replace. A changed recipe of
// the same name over the same inputs goes on from the first stage that it touches. So does
// another version of the code, unless there are paid answers: it may ask for other things,
// and only --replace lets it pay again.

// identityName is the file below OUT that says whose build it holds.
const identityName = ".build.json"

// identity is its content. Inputs are null where no command has resolved them yet.
type identity struct {
	Name   string          `json:"name"`
	Shards int             `json:"shards"`
	Inputs []schemas.Input `json:"inputs"`
	Report bool            `json:"report"` // report.html is decoy's
	// CodeVersion is that of the last command which could ask for paid answers, or of an earlier
	// version that may have; else 0.
	CodeVersion int `json:"code_version,omitempty"`
}

// readIdentity says whose build OUT holds. That of an earlier version says it in its
// manifests; ok is false where nothing does.
func readIdentity(ctx context.Context, out string) (id identity, ok bool, err error) {
	err = shard.ReadJSON(ctx, shard.Join(out, identityName), &id)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return id, err == nil, err
	}
	extract, err := shard.ReadManifest(ctx, shard.Join(out, schemas.StageExtract))
	switch {
	case err == nil:
		id.Inputs, ok = extract.Inputs, true
	case !errors.Is(err, fs.ErrNotExist):
		return id, false, err
	}
	export, err := shard.ReadManifest(ctx, shard.Join(out, schemas.StageExport))
	switch {
	case err == nil:
		var options struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(export.Options, &options) == nil && options.Name != "" {
			id.Name, ok = options.Name, true
		}
	case !errors.Is(err, fs.ErrNotExist):
		return id, false, err
	}
	// A report of an earlier version stands beside its run.json.
	if _, ours, err := readRunInfo(ctx, out); err == nil && ours {
		id.Report, err = shard.Has(ctx, shard.Join(out, reportName))
		return id, ok, err
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return id, ok, err
	}
	return id, ok, nil
}

// inputs are the resolved inputs by name.
func (b *Build) inputs() []schemas.Input {
	out := []schemas.Input{}
	for _, s := range b.Sources {
		out = append(out, s.Input())
	}
	for _, r := range b.Rows {
		out = append(out, r.Input())
	}
	slices.SortFunc(out, compareInputs)
	return out
}

func compareInputs(x, y schemas.Input) int {
	return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.SHA256, y.SHA256))
}

// identify compares the build in OUT with this one, which runs stages. Another one is a
// *shard.Refusal unless the command says --replace. It writes nothing.
func (b *Build) identify(ctx context.Context, stages []string) error {
	was, ok, err := readIdentity(ctx, b.Out)
	if err != nil {
		return err
	}
	now := was
	now.Name, now.Shards = b.Recipe.Name, b.Recipe.Shards
	resolved := slices.Contains(stages, schemas.StageExtract)
	if resolved {
		now.Inputs = b.inputs()
	}
	if slices.Contains(stages, schemas.StageExport) {
		if err := b.checkReport(ctx, was); err != nil {
			return err
		}
	}
	var changes []string
	if ok && was.Name != "" && was.Name != now.Name {
		changes = append(changes, fmt.Sprintf("is of the recipe %q", now.Name))
	}
	if ok && resolved && was.Inputs != nil {
		if d := differences(was.Inputs, now.Inputs); d != "" {
			changes = append(changes, fmt.Sprintf("is over %s: %s", many(len(now.Inputs), "input"), d))
		}
	}
	holds, lost := "", false
	if len(changes) > 0 {
		if holds, lost, err = b.holds(ctx, was); err != nil {
			return err
		}
	}
	if lost {
		text := fmt.Sprintf("%s; this command %s", holds, strings.Join(changes, " and "))
		if !b.Replace {
			return shard.Refuse("%s. Nothing was changed. Name another --out; or say --replace to make the new build "+
				"in its place: all that the old one made would be lost. "+
				"Only what was paid for would stay, in the ledger: the same requests in the same number of shards "+
				"are never paid again", text)
		}
		b.Log("--replace: %s; the new build takes its place stage by stage, and what was paid for stays in the ledger",
			text)
	}
	if ok && was.Shards != 0 && was.Shards != now.Shards {
		if usd, records, err := billed(ctx, b.Out, ask.PaidStages...); err != nil {
			return err
		} else if records > 0 {
			b.Log("shards was %d and is %d: answers are kept by shard, and of those in the ledger (%.4f dollars) the "+
				"ones whose repository comes into another shard are asked for again", was.Shards, now.Shards, usd)
		}
	}
	version, err := b.codeVersion(ctx, was)
	if err != nil {
		return err
	}
	if b.Recipe.Pays(stages...) {
		if err := b.checkCode(ctx, version); err != nil {
			return err
		}
		now.CodeVersion = schemas.CodeVersion
	} else if version != schemas.CodeVersion {
		now.CodeVersion = version // the manifests that tell it may be replaced now
	}
	b.now = now
	return nil
}

// checkCode refuses to pay where another version of the code has paid, unless the command says
// --replace: spans, prompts and ids may be others, so that answers would be paid for twice.
func (b *Build) checkCode(ctx context.Context, version int) error {
	if version == 0 || version == schemas.CodeVersion {
		return nil
	}
	usd, records, err := billed(ctx, b.Out, ask.PaidStages...)
	if err != nil || records == 0 {
		return err
	}
	text := fmt.Sprintf("the ledger of %q has %s for %.4f dollars, asked for by code of version %d; this decoy's is "+
		"%d and asks for other things where its spans or prompts are others, so up to %.4f dollars would be paid again",
		b.Out, many(int(records), "answer"), usd, version, schemas.CodeVersion, usd)
	if !b.Replace {
		return shard.Refuse("%s. Nothing was changed. End this build with the decoy that began it; or name another "+
			"--out; or say --replace to go on and pay for what is missing", text)
	}
	b.Log("--replace: %s", text)
	return nil
}

// codeVersion is that of the code which could pay last: as it noted, else that of the first
// stage that is whole, else 0.
func (b *Build) codeVersion(ctx context.Context, was identity) (int, error) {
	if was.CodeVersion != 0 {
		return was.CodeVersion, nil
	}
	for _, stage := range schemas.Stages {
		m, err := shard.ReadManifest(ctx, b.dir(stage))
		if err == nil {
			return m.CodeVersion, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
	}
	return 0, nil
}

// note writes whose OUT is from now on.
func (b *Build) note(ctx context.Context, id identity) error {
	raw, err := json.Marshal(id)
	if err != nil {
		return err
	}
	path := shard.Join(b.Out, identityName)
	if old, err := shard.ReadFile(ctx, path); err == nil && string(old) == string(raw)+"\n" {
		b.now = id
		return nil
	}
	_, err = shard.WriteFile(ctx, path, append(raw, '\n'))
	b.now = id
	return err
}

// checkReport is an error where a report is there that decoy did not write.
func (b *Build) checkReport(ctx context.Context, id identity) error {
	path := shard.Join(b.Out, reportName)
	if there, err := shard.Has(ctx, path); err != nil || id.Report || !there {
		return err
	}
	return shard.InTheWay(path)
}

// noteReport notes, before it is first written, that the report is decoy's.
func (b *Build) noteReport(ctx context.Context) error {
	if b.now.Report {
		return nil
	}
	if err := b.checkReport(ctx, b.now); err != nil {
		return err
	}
	id := b.now
	id.Report = true
	return b.note(ctx, id)
}

// differences names the inputs that are new, gone or of another content.
func differences(was, now []schemas.Input) string {
	count := func(list []schemas.Input) map[string][]string {
		m := map[string][]string{}
		for _, in := range list {
			m[in.Name] = append(m[in.Name], in.SHA256)
		}
		for _, sums := range m {
			slices.Sort(sums)
		}
		return m
	}
	a, b := count(was), count(now)
	var added, gone, other []string
	for name, sums := range b {
		switch old := a[name]; {
		case old == nil:
			added = append(added, name)
		case !slices.Equal(old, sums):
			other = append(other, name)
		}
	}
	for name := range a {
		if b[name] == nil {
			gone = append(gone, name)
		}
	}
	var parts []string
	for _, p := range []struct {
		what  string
		names []string
	}{{"added", added}, {"gone", gone}, {"changed", other}} {
		if len(p.names) > 0 {
			slices.Sort(p.names)
			parts = append(parts, fmt.Sprintf("%d %s (%s)", len(p.names), p.what, few(p.names)))
		}
	}
	return strings.Join(parts, ", ")
}

// few names the first of a list.
func few(names []string) string {
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// holds says what lies in OUT: the recipe's name, how many inputs and rows, since when,
// what it made and what it had cost. lost tells whether that is anything.
func (b *Build) holds(ctx context.Context, was identity) (text string, lost bool, err error) {
	text = fmt.Sprintf("%q holds a build", b.Out)
	if was.Name != "" {
		text += fmt.Sprintf(" of the recipe %q", was.Name)
	}
	if was.Inputs != nil {
		text += " over " + many(len(was.Inputs), "input")
	}
	var made []string
	for _, stage := range schemas.Stages {
		m, err := shard.ReadManifest(ctx, b.dir(stage))
		if errors.Is(err, fs.ErrNotExist) {
			done, err := shard.DoneRecords(ctx, b.dir(stage))
			if err != nil {
				return "", false, err
			}
			if len(done) > 0 {
				made = append(made, fmt.Sprintf("%s of %s", many(len(done), "finished part"), stage))
			}
			continue
		}
		if err != nil {
			return "", false, err
		}
		n := m.Counts[mainCount[stage]]
		if stage == schemas.StageExport {
			n = exported(m)
		}
		made = append(made, many(int(n), mainNoun[stage]))
	}
	lost = len(made) > 0
	if len(made) == 0 {
		made = []string{"no part of it is finished"}
	}
	text += ": " + strings.Join(made, ", ")
	if r, ok, err := readRunInfo(ctx, b.Out); err == nil && ok && r.Started != "" {
		text += ", last run " + r.Started
	}
	usd, records, err := billed(ctx, b.Out, ask.PaidStages...)
	if err != nil {
		return "", false, err
	}
	lost = lost || records > 0
	text += fmt.Sprintf(", %.4f dollars paid for %s", usd, many(int(records), "answer"))
	return text, lost, nil
}

// mainCount and mainNoun say how the manifest of a stage counts what it made.
var (
	mainCount = map[string]string{
		schemas.StageExtract: "contexts", schemas.StageGenerate: "negatives",
		schemas.StageVerify: "certificates", schemas.StageJudge: "verdicts", schemas.StageCurate: "pairs",
	}
	mainNoun = map[string]string{
		schemas.StageExtract: "context", schemas.StageGenerate: "negative",
		schemas.StageVerify: "certificate", schemas.StageJudge: "verdict",
		schemas.StageCurate: "selected pair", schemas.StageExport: "row",
	}
)

// exported are the rows of an export.
func exported(m schemas.Manifest) (n int64) {
	for _, split := range schemas.Splits {
		n += m.Counts[work.CountRows(split)]
	}
	return n
}

// billed sums what the ledgers of stages say was billed, or is assumed to have been, and
// counts their records; what killed runs may have spent is not in it.
func billed(ctx context.Context, out string, stages ...string) (usd float64, records int64, err error) {
	stats, err := money.LedgerStats(ctx, out)
	for _, m := range stats {
		if slices.Contains(stages, m.Stage) {
			usd += m.CostUSD + m.AssumedUSD
			records += m.Records
		}
	}
	return usd, records, err
}
