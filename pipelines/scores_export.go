package pipelines

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"decoy/io/shard"
	"decoy/transforms/panel"
	"decoy/transforms/panel/scorefiles"
	"decoy/transforms/trainers"
)

// ExportScores writes the requests that have no answer yet into a new or empty folder, with
// the program that scores them. Where nothing is missing it writes nothing.
func (b *Build) ExportScores(ctx context.Context, folder string, program fs.FS) (all []Unscored, err error) {
	members, err := b.scorers()
	if err != nil {
		return nil, err
	}
	if err := shard.Parent(folder); err != nil {
		return nil, err
	}
	there, err := shard.List(ctx, folder, "*")
	if err == nil && len(there) > 0 {
		err = shard.Refuse("%q holds files, for example %s: import what is scored there, then name a new or empty "+
			"folder", folder, there[0])
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
	defer func() {
		if err != nil {
			err = errors.Join(err, w.abort(context.WithoutCancel(ctx)))
		}
	}()
	all, err = s.unscored(ctx, members, func(m panel.Member, i int, r panel.Request) error {
		return w.add(ctx, m, i, r)
	})
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
	beside   []string // files beside those of requests
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

// abort takes away what was written: a folder without its manifest is of no use.
func (w *scoreWriter) abort(ctx context.Context) error {
	if w.file != nil {
		w.raw.Abort()
	}
	var written []string
	for _, f := range w.manifest.Files {
		written = append(written, shard.Join(w.folder, f.Name))
	}
	return shard.Remove(ctx, append(written, w.beside...)...)
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
			w.beside = append(w.beside, shard.Join(w.folder, name))
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
