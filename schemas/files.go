package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strconv"
)

// SchemaVersion is the version of the records and files.
//
//	1: first.
//	2: contexts of edits have the date and kind of their commit.
//	3: negatives say whether they are samples; unlabelled samples.
//	4: open symbols, the flag global of imports; rejects of verify, judge and export.
//	5: contexts and rows say how their golden was cut, and what of a call it holds.
//	6: verdicts say what a judge scored, with the stop apart.
//	7: negatives and rows say whether they are minimal pairs; repairs of samples that are none.
const SchemaVersion = 7

// CodeVersion is the version of everything that changes bytes without changing a
// recipe: spans, rules, checks, the judge, selection.
//
//	1: first.
//	2: parse budget, spans' declarations, licences of package manifests.
//	3: what licences permit, open worlds, lists of several versions, internal errors as
//	   rejects, counts of what is empty or lopsided.
//	4: choices of licences that nobody states; settings of builds, openings of more kinds.
//	5: ids begin with their file; what is not a file's order goes by a hash of the id.
//	6: cuts and forms of goldens in the recipe's shares.
//	7: more tricks of the rules, a fitted n-gram judge, selection within fifths of the golden's score,
//	   samples that are no minimal pairs.
const CodeVersion = 7

// File is one file of a shard or stage as written.
type File struct {
	Name    string `json:"name"`
	Records int64  `json:"records"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
}

// Done says that one shard of a stage is complete. Counts and Rejects are summed
// into the manifest. Seconds and memory belong to run.json, not here.
type Done struct {
	Stage       string           `json:"stage"`
	Shard       int              `json:"shard"`
	Fingerprint string           `json:"fingerprint"`
	Files       []File           `json:"files"`
	Counts      map[string]int64 `json:"counts"`
	Rejects     map[Reason]int64 `json:"rejects"`
}

// Input is one input of a stage, by content.
type Input struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Manifest describes a finished stage. Options are those that change output.
type Manifest struct {
	Stage         string           `json:"stage"`
	SchemaVersion int              `json:"schema_version"`
	CodeVersion   int              `json:"code_version"`
	Fingerprint   string           `json:"fingerprint"`
	Options       json.RawMessage  `json:"options"`
	Inputs        []Input          `json:"inputs"`
	Counts        map[string]int64 `json:"counts"`
	Rejects       map[Reason]int64 `json:"rejects"`
	Shards        []File           `json:"shards"`
}

// Assemble builds a stage's manifest from its done records, in shard order.
func Assemble(stage, fingerprint string, options any, inputs []Input, done []Done) (Manifest, error) {
	raw, err := json.Marshal(options)
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest of %s: %w", stage, err)
	}
	m := Manifest{
		Stage: stage, SchemaVersion: SchemaVersion, CodeVersion: CodeVersion,
		Fingerprint: fingerprint, Options: raw, Inputs: inputs,
		Counts: map[string]int64{}, Rejects: map[Reason]int64{}, Shards: []File{},
	}
	done = append([]Done(nil), done...)
	sort.Slice(done, func(i, j int) bool { return done[i].Shard < done[j].Shard })
	for _, d := range done {
		m.Shards = append(m.Shards, d.Files...)
		for k, v := range d.Counts {
			m.Counts[k] += v
		}
		for k, v := range d.Rejects {
			m.Rejects[k] += v
		}
	}
	return m, nil
}

// Fingerprint hashes what decides a stage's bytes: its options, the fingerprints
// of the stages it reads (inputs), and the versions.
func Fingerprint(stage string, options any, inputs ...string) (string, error) {
	raw, err := json.Marshal([]any{stage, SchemaVersion, CodeVersion, options, inputs})
	if err != nil {
		return "", fmt.Errorf("fingerprint of %s: %w", stage, err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// ShardName is the name of one shard's file: "contexts-00007-of-00128.jsonl.zst".
func ShardName(what string, shard, of int, ext string) string {
	return fmt.Sprintf("%s-%05d-of-%05d.%s", what, shard, of, ext)
}

var sharded = regexp.MustCompile(`-(\d{5,})-of-(\d{5,})\.`)

// ShardOf reads the number of a shard, and of how many, from the name of its file.
func ShardOf(name string) (shard, of int, ok bool) {
	m := sharded.FindStringSubmatch(name)
	if m == nil {
		return 0, 0, false
	}
	shard, err := strconv.Atoi(m[1])
	of, oferr := strconv.Atoi(m[2])
	return shard, of, err == nil && oferr == nil && shard < of
}
