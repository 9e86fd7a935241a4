package pipelines

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/scorefiles"
)

// ImportedScores counts what became of a folder's requests. Held are those that the ledger
// answered before, of them Differ with other numbers, which stand. Reasons are texts that
// could not be scored. Missing are the requests of files without scores.
type ImportedScores struct {
	Files, Imported, Held, Differ, Reasons, Missing int64
}

// ImportScores reads the scores of a folder into judge's ledger: of each file all or nothing.
// What is wrong with files is one error; the others are read. It can be run again.
func (b *Build) ImportScores(ctx context.Context, folder string) (sum ImportedScores, err error) {
	if _, err := b.scorers(); err != nil {
		return sum, err
	}
	ctx, s, release, err := b.openScores(ctx)
	if err != nil {
		return sum, err
	}
	defer release(&err)
	m, err := b.readScoreManifest(ctx, folder)
	if err != nil {
		return sum, err
	}
	store := ask.Store(b.Out, s.name)
	var led *ledger.Shard // of the shard at
	at := -1
	var bad []error
	for _, f := range m.Files {
		member, _ := m.Member(f.Member)
		records, missing, err := readScores(ctx, folder, f, member)
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		if err != nil {
			bad = append(bad, err)
			continue
		}
		if missing {
			sum.Missing += f.Requests
			continue
		}
		if led == nil || at != f.Shard {
			if led, err = ledger.Open(ctx, store, f.Shard); err != nil {
				return sum, err
			}
			at = f.Shard
		}
		if err := sum.commit(ctx, led, records); err != nil {
			return sum, err
		}
	}
	return sum, errors.Join(bad...)
}

// commit puts the records of a file that the ledger does not answer into one segment.
func (sum *ImportedScores) commit(ctx context.Context, led *ledger.Shard, records []ledger.Record) error {
	var fresh []ledger.Record
	for _, r := range records {
		old, ok := led.Get(r.Key)
		switch {
		case !ok || !old.Final() || old.Reject != "" && r.Reject == "":
			fresh = append(fresh, r)
			if r.Reject != "" {
				sum.Reasons++
			}
		default:
			sum.Held++
			if string(old.Raw) != string(r.Raw) || old.Reject != r.Reject {
				sum.Differ++
			}
		}
	}
	if err := led.Commit(ctx, fresh); err != nil {
		return err
	}
	sum.Files++
	sum.Imported += int64(len(fresh))
	return nil
}

// readScores reads the scores of a file as records of the ledger; missing where there are none
// yet.
func readScores(ctx context.Context, folder string, f scorefiles.File,
	m scorefiles.Member) (records []ledger.Record, missing bool, err error) {
	path := shard.Join(folder, f.Scores)
	if there, err := shard.Has(ctx, path); err != nil || !there {
		return nil, err == nil, err
	}
	requests, err := readScoreRequests(ctx, shard.Join(folder, f.Name), f)
	if err != nil {
		return nil, false, err
	}
	asked := map[string]bool{}
	for key := range requests {
		asked[key] = true
	}
	src, err := shard.Open(ctx, path)
	if err != nil {
		return nil, false, err
	}
	defer src.Close()
	scores, err := scorefiles.Read(src, m, asked)
	if err != nil {
		return nil, false, fmt.Errorf("%q: %w; nothing of this file was imported: remove it and run score.py again, "+
			"which scores what has no scores", path, err)
	}
	now, free, none := time.Now().UTC(), 0.0, int64(0)
	for _, s := range scores {
		in, q := s.InputTokens, requests[s.Key]
		r := ledger.Record{
			Key: s.Key, Member: s.Member, ContextID: q.ContextID, Model: s.Model, RequestSHA256: q.SHA256,
			InputTokens: &in, OutputTokens: &none, CostUSD: &free, Time: now,
		}
		if r.Reject = s.Reject(); r.Reject != "" {
			r.Detail = s.Detail
		} else if r.Raw, err = s.Answer(); err != nil {
			return nil, false, fmt.Errorf("%q: key %s: %w", path, s.Key, err)
		}
		records = append(records, r)
	}
	return records, false, nil
}

// readScoreRequests reads a file of requests as it was exported, by key.
func readScoreRequests(ctx context.Context, path string, f scorefiles.File) (map[string]scorefiles.Request, error) {
	again := "; it is not as it was exported: bring the folder as it was, or export again into another"
	src, err := shard.Open(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w%s", err, again)
	}
	if err != nil {
		return nil, err
	}
	defer src.Close()
	sum := sha256.New()
	zip, err := gzip.NewReader(io.TeeReader(src, sum))
	if err != nil {
		return nil, fmt.Errorf("%q: %w%s", path, err, again)
	}
	lines := json.NewDecoder(zip)
	requests := map[string]scorefiles.Request{}
	for {
		var q scorefiles.Request
		err := lines.Decode(&q)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w%s", path, err, again)
		}
		q.Prompt, q.Text = "", "" // they are not needed here
		requests[q.Key] = q
	}
	if _, err := io.Copy(sum, src); err != nil { // what the reader has not asked for
		return nil, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 || int64(len(requests)) != f.Requests {
		return nil, fmt.Errorf("%q: its hash or its %d requests are not those of the manifest%s", path, len(requests),
			again)
	}
	return requests, nil
}

// judgeMember is the member of judge's panel that a folder names, if it is the same still.
func (b *Build) judgeMember(m scorefiles.Member) error {
	at := slices.IndexFunc(b.Recipe.Judge.Panel, func(x panel.Member) bool {
		return x.Name == m.Name && x.Provider == panel.ProviderFIM
	})
	if at < 0 {
		return fmt.Errorf("member %s is not in judge.panel with provider %s: name the recipe that was exported, or "+
			"export again", m.Name, panel.ProviderFIM)
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
		return m, fmt.Errorf("%q: the build had %d shards at the export and has %d in the recipe: set shards: %d, or "+
			"export again", path, m.Shards, b.Recipe.Shards, m.Shards)
	}
	for _, x := range m.Members {
		if err := b.judgeMember(x); err != nil {
			return m, fmt.Errorf("%q: %w", path, err)
		}
	}
	return m, nil
}
