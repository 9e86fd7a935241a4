package pipelines

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/judging"
	"decoy/pipelines/work"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/scorefiles"
	"decoy/transforms/secrets"
	"decoy/transforms/trainers"
)

// What members with FIM tokens would score goes to a folder and comes back as records of
// judge's ledger, where the stage finds them when it is run (package scorefiles). Both are
// done by the launcher, as batches are: nothing is sent and nothing costs. The requests are
// those of the round that comes next.

// scoreFileRequests is how many requests a file holds: what a process is given at a time,
// and what it does again if it is killed.
const scoreFileRequests = 2000

// Unscored counts the requests of a member: all of the round, those that the ledger answers,
// and those whose text holds a secret, which leave for nowhere. The rest is missing.
type Unscored struct {
	Member                      string
	Requests, Recorded, Secrets int64
}

// Missing is how many have no answer.
func (u Unscored) Missing() int64 { return u.Requests - u.Recorded - u.Secrets }

// unscored visits the requests of members that the ledger does not answer, by member and
// shard.
func (s *stage) unscored(ctx context.Context, members []panel.Member,
	visit func(m panel.Member, i int, r panel.Request) error) ([]Unscored, error) {
	d, err := panel.OpenDrafts(members)
	if err != nil {
		return nil, err
	}
	scanner, err := secrets.New()
	if err != nil {
		return nil, err
	}
	d.Check(ask.CheckSecrets(scanner))
	o, more, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	var all []Unscored
	for _, m := range members {
		u := Unscored{Member: m.Name}
		for i := 0; more && i < s.b.Recipe.Shards; i++ {
			if err := s.unscoredOf(ctx, d, o, m, i, &u, visit); err != nil {
				return nil, err
			}
		}
		all = append(all, u)
	}
	return all, nil
}

// unscoredOf does a member and a shard.
func (s *stage) unscoredOf(ctx context.Context, d *panel.Drafts, o judging.Options, m panel.Member, i int, u *Unscored,
	visit func(panel.Member, int, panel.Request) error) error {
	led, err := ledger.Open(ctx, ask.Store(s.b.Out, s.name), i)
	if err != nil {
		return err
	}
	t := work.Task{Stage: s.name, Out: s.b.Out, Shard: i, Of: s.b.Recipe.Shards}
	seen := map[string]bool{} // keys: another context may ask the same
	asking := judging.NewAsking(d.Panel(), o, m, work.Silent(t))
	for r, err := range asking.Requests(ctx, judging.WithRivals(ctx, t, o), o, m) {
		if err != nil {
			return err
		}
		if seen[r.Key] {
			continue
		}
		seen[r.Key] = true
		u.Requests++
		switch {
		case led.Has(r.Key):
			u.Recorded++
		case d.Unsendable(r) != nil:
			u.Secrets++
		default:
			if err := visit(m, i, r); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// offlineScores is an error where scores are missing that no server gives.
func (s *stage) offlineScores(ctx context.Context) error {
	var members []panel.Member
	for _, m := range s.b.Recipe.Judge.Panel {
		if m.Offline {
			members = append(members, m)
		}
	}
	if len(members) == 0 {
		return nil
	}
	all, err := s.unscored(ctx, members, func(panel.Member, int, panel.Request) error { return nil })
	if err != nil {
		return err
	}
	for _, u := range all {
		if n := u.Missing(); n > 0 {
			return fmt.Errorf("panel member %s: %w: %d of the %d that this round needs; with the same --recipe and --out run "+
				"decoy judge --export FOLDER, python3 FOLDER/score.py FOLDER, decoy judge --import FOLDER", u.Member,
				panel.ErrOffline, n, u.Requests)
		}
		s.b.Log("%s: all %d scores of %s are in the ledger", s.name, u.Requests-u.Secrets, u.Member)
	}
	return nil
}

// scorers are the members of judge's panel whose requests a folder can hold.
func (b *Build) scorers() ([]panel.Member, error) {
	var members []panel.Member
	for _, m := range b.Recipe.Judge.Panel {
		if m.Provider == panel.ProviderFIM {
			members = append(members, m)
		}
	}
	if b.Recipe.Judge.Protocol != judge.ProtocolLogProb || len(members) == 0 {
		return nil, fmt.Errorf("judge.panel has nobody who scores: set judge.protocol to %s and add a member like {name: "+
			"scorer, provider: %s, offline: true, model: NAME, fim_model: %s}", judge.ProtocolLogProb, panel.ProviderFIM,
			trainers.Models[0].Name)
	}
	return members, nil
}

// openScores opens judge for the commands about a folder, holding OUT.
func (b *Build) openScores(ctx context.Context) (_ context.Context, _ *stage, release func(*error), err error) {
	if err := checkBuild(ctx, b.Out); err != nil {
		return nil, nil, nil, err
	}
	ctx, release, err = hold(ctx, b.Out, b.EndPrevious)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := openJudge(ctx, b)
	if err != nil {
		release(&err)
		return nil, nil, nil, err
	}
	return ctx, s, release, nil
}

// ExportScores writes the requests that have no answer yet into a new or empty folder, with
// the program that scores them. Where nothing is missing it writes nothing.
func (b *Build) ExportScores(ctx context.Context, folder string, program fs.FS) (all []Unscored, err error) {
	members, err := b.scorers()
	if err != nil {
		return nil, err
	}
	there, err := shard.List(ctx, folder, "*")
	if err == nil && len(there) > 0 {
		err = shard.Refuse("%q holds files, for example %s: import what is scored there, then name a new or empty folder",
			folder, there[0])
	}
	if err != nil {
		return nil, err
	}
	ctx, s, release, err := b.openScores(ctx)
	if err != nil {
		return nil, err
	}
	defer release(&err)
	o, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	w := scoreWriter{folder: folder, manifest: scorefiles.Manifest{
		Format: scorefiles.Format, Round: o.Round + 1, Shards: b.Recipe.Shards,
		Members: []scorefiles.Member{}, Files: []scorefiles.File{},
	}}
	defer w.abort()
	all, err = s.unscored(ctx, members, func(m panel.Member, i int, r panel.Request) error { return w.add(ctx, m, i, r) })
	if err != nil {
		return nil, err
	}
	if err := w.end(); err != nil || len(w.manifest.Files) == 0 {
		return all, err
	}
	return all, w.close(ctx, members, all, program)
}

// scoreWriter writes a folder.
type scoreWriter struct {
	folder   string
	manifest scorefiles.Manifest
	file     *scorefiles.File // that is open
	raw      *shard.Raw
	zip      *gzip.Writer
	json     *json.Encoder
}

func (w *scoreWriter) add(ctx context.Context, m panel.Member, i int, r panel.Request) error {
	if f := w.file; f != nil && (f.Member != m.Name || f.Shard != i || f.Requests == scoreFileRequests) {
		if err := w.end(); err != nil {
			return err
		}
	}
	if w.file == nil {
		f := scorefiles.NewFile(len(w.manifest.Files), m.Name, i)
		raw, err := shard.CreateRaw(ctx, shard.Join(w.folder, f.Name))
		if err != nil {
			return err
		}
		w.file, w.raw, w.zip = &f, raw, gzip.NewWriter(raw)
		w.json = json.NewEncoder(w.zip)
		w.json.SetEscapeHTML(false)
	}
	prompt, text, ok := r.Scored()
	if !ok {
		return fmt.Errorf("request %s of %s scores nothing", r.Key, m.Name)
	}
	w.file.Requests++
	return w.json.Encode(scorefiles.Request{Key: r.Key, ContextID: r.ContextID, SHA256: r.SHA256(), Prompt: prompt,
		Text: text})
}

// end ends the open file.
func (w *scoreWriter) end() error {
	if w.file == nil {
		return nil
	}
	if err := w.zip.Close(); err != nil {
		return err
	}
	f, err := w.raw.Commit(w.file.Requests)
	if err != nil {
		return err
	}
	w.file.Bytes, w.file.SHA256 = f.Bytes, f.SHA256
	w.manifest.Files = append(w.manifest.Files, *w.file)
	w.manifest.Requests += w.file.Requests
	w.file = nil
	return nil
}

func (w *scoreWriter) abort() {
	if w.file != nil {
		w.raw.Abort()
	}
}

// close writes the program and the manifest.
func (w *scoreWriter) close(ctx context.Context, members []panel.Member, all []Unscored, program fs.FS) error {
	for i, m := range members {
		family, err := trainers.ByName(m.FIMModel)
		if err != nil {
			return err
		}
		w.manifest.Secrets += all[i].Secrets
		w.manifest.Members = append(w.manifest.Members, scorefiles.Member{
			Name: m.Name, Model: m.Model, Revision: m.Revision, Family: family.Name, Prefix: family.Prefix,
			Suffix: family.Suffix, Middle: family.Middle, Stop: family.Stop, Requests: all[i].Missing(),
		})
	}
	names, err := fs.Glob(program, "*")
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := fs.ReadFile(program, name)
		if err == nil {
			_, err = shard.WriteFile(ctx, shard.Join(w.folder, name), data)
		}
		if err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(w.manifest, "", "  ")
	if err == nil {
		_, err = shard.WriteFile(ctx, shard.Join(w.folder, scorefiles.ManifestName), append(raw, '\n'))
	}
	return err
}

// judgeMember is the member of judge's panel that a folder names, if it is the same still.
func (b *Build) judgeMember(m scorefiles.Member) error {
	at := slices.IndexFunc(b.Recipe.Judge.Panel, func(x panel.Member) bool {
		return x.Name == m.Name && x.Provider == panel.ProviderFIM
	})
	if at < 0 {
		return fmt.Errorf("member %s is not in judge.panel with provider %s: name the recipe that was exported, or export "+
			"again", m.Name, panel.ProviderFIM)
	}
	x := b.Recipe.Judge.Panel[at]
	for _, f := range []struct{ name, exported, now string }{
		{"model", m.Model, x.Model}, {"revision", m.Revision, x.Revision}, {"fim_model", m.Family, x.FIMModel},
	} {
		if f.exported != f.now {
			return fmt.Errorf("member %s: %s was %q at the export and is %q in the recipe: name the recipe that was "+
				"exported, or export again", m.Name, f.name, f.exported, f.now)
		}
	}
	return nil
}

var errNoManifest = errors.New("there is no " + scorefiles.ManifestName + ", which decoy judge --export writes last: " +
	"name its folder, or export again into another")

// readScoreManifest reads and checks that of a folder.
func (b *Build) readScoreManifest(ctx context.Context, folder string) (m scorefiles.Manifest, err error) {
	path := shard.Join(folder, scorefiles.ManifestName)
	switch err = shard.ReadJSON(ctx, path, &m); {
	case errors.Is(err, fs.ErrNotExist):
		return m, fmt.Errorf("%q: %w", folder, errNoManifest)
	case err != nil:
		return m, err
	}
	if err := m.Check(); err != nil {
		return m, fmt.Errorf("%q: %w", path, err)
	}
	if m.Shards != b.Recipe.Shards {
		return m, fmt.Errorf("%q: the build had %d shards at the export and has %d in the recipe: set shards: %d, or export "+
			"again", path, m.Shards, b.Recipe.Shards, m.Shards)
	}
	for _, x := range m.Members {
		if err := b.judgeMember(x); err != nil {
			return m, fmt.Errorf("%q: %w", path, err)
		}
	}
	return m, nil
}
