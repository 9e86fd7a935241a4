package pipelines

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"decoy/io/bucket/buckettest"
	"decoy/io/shard"
	"decoy/pipelines/money"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/scorefiles"
)

// nats is the log-probability of each byte of what the server and the scorer are shown, and of
// the stop.
func nats(prompt string) float64 { return -0.125 * float64(1+hashed(prompt)%7) }

// scoring is a recipe whose only judge scores.
func scoring(t *testing.T, member string) recipe.Recipe {
	t.Helper()
	return parsed(t, "extract: {kinds: {import: 1, call: 2, general: 1}, prefix_bytes: 1024, suffix_bytes: 1024}\n"+
		"judge: {goldens: 0.5, protocol: logprob, rounds: [0.5, 1.0], interval_width: 0, panel: [{name: student, "+
		"provider: fim, fim_model: qwen2.5-coder, model: m-student, "+member+"}]}\n")
}

const offlineMember = "offline: true, revision: abc"

// scorer stands for the script that is written beside the requests.
var scorer = fstest.MapFS{"score.py": {Data: []byte("print()\n")}}

// scoreFolder is the smallest program that scores a folder: each byte of a text is a token.
// Files that have scores are passed over.
func scoreFolder(t *testing.T, folder string, change func(scorefiles.Request, *scorefiles.Score)) (files int) {
	t.Helper()
	var m scorefiles.Manifest
	if err := shard.ReadJSON(t.Context(), filepath.Join(folder, scorefiles.ManifestName), &m); err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, f := range m.Files {
		member, ok := m.Member(f.Member)
		if !ok {
			t.Fatalf("file %+v is of no member", f)
		}
		raw, err := os.ReadFile(filepath.Join(folder, f.Name))
		if err != nil || int64(len(raw)) != f.Bytes {
			t.Fatalf("%s: %d bytes, %d in the manifest, %v", f.Name, len(raw), f.Bytes, err)
		}
		zip, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		n := int64(0)
		for lines := json.NewDecoder(zip); lines.More(); n++ {
			var q scorefiles.Request
			if err := lines.Decode(&q); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(q.Prompt, member.Prefix) || !strings.HasSuffix(q.Prompt, member.Middle) || q.Key == "" {
				t.Fatalf("request %+v of %+v", q, member)
			}
			p := nats(q.Prompt + q.Text + member.Stop)
			sum, tokens := p*float64(len(q.Text)), int64(len(q.Text))
			s := scorefiles.Score{Key: q.Key, Member: member.Name, Model: member.Model, LogProb: &sum, Tokens: &tokens,
				Stop: &p, TokenLogProbs: []float64{}, InputTokens: tokens + 4}
			for range tokens {
				s.TokenLogProbs = append(s.TokenLogProbs, p)
			}
			if change != nil {
				change(q, &s)
			}
			if err := json.NewEncoder(&out).Encode(s); err != nil {
				t.Fatal(err)
			}
		}
		if total += n; n != f.Requests {
			t.Fatalf("%s has %d requests, %d in the manifest", f.Name, n, f.Requests)
		}
		path := filepath.Join(folder, f.Scores)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		files++
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if total != m.Requests {
		t.Fatalf("%d requests, %d in the manifest", total, m.Requests)
	}
	return files
}

// verdictsBut are the verdicts as JSON, by what they are about, without what was billed.
func verdictsBut(w world) map[string]string {
	all := map[string]string{}
	for _, v := range w.verdicts {
		v.InputTokens, v.OutputTokens, v.CostUSD = 0, 0, nil
		all[v.ContextID+" "+schemas.OrEmpty(v.NegativeID)] = jsonOf(v)
	}
	return all
}

// TestAFolderGivesTheVerdictsOfAServer: the same numbers are the same verdicts, round by round,
// and until they are all there the stage says what to run.
func TestAFolderGivesTheVerdictsOfAServer(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step { return faultserver.Text(fmt.Sprint(nats(a.User))) })
	c := ordinary(t, 2)
	served := worldOf(t, c.build(t, "direct", scoring(t, "base_url: "+s.URL())))
	scored := 0
	for _, v := range served.verdicts {
		if v.Margin == nil || v.LogProb == nil || v.Stop == nil || v.GoldenLogProb == nil || v.GoldenStop == nil {
			t.Fatalf("verdict %+v", v)
		}
		x := served.contexts[v.ContextID]
		if v.NegativeID != nil {
			if n := served.negatives[*v.NegativeID]; *v.Tokens != int64(len(n.Text)) || *v.GoldenTokens != int64(len(x.Golden)) {
				t.Errorf("%+v of %q and %q", v, n.Text, x.Golden)
			}
			scored++
		} else if *v.Tokens != int64(len(x.Golden)) {
			t.Errorf("control %+v of %q", v, x.Golden)
		}
		if d := *v.LogProb + *v.Stop - *v.GoldenLogProb - *v.GoldenStop - *v.Margin; d > 1e-6 || d < -1e-6 {
			t.Errorf("%+v does not add up", v)
		}
	}
	if scored == 0 || scored == len(served.verdicts) {
		t.Fatalf("%d of %d verdicts are on negatives", scored, len(served.verdicts))
	}

	r := scoring(t, offlineMember)
	out := filepath.Join(t.TempDir(), "out")
	run := func() error { return c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...) }
	arrivals := s.Served()
	rounds := 0
	for err := run(); err != nil; err = run() {
		if rounds++; rounds > 2 || !strings.Contains(err.Error(), "decoy judge --export") {
			t.Fatal(err)
		}
		b := c.open(t, out, "direct", r)
		folder := filepath.Join(t.TempDir(), "scores")
		all, err := b.ExportScores(t.Context(), folder, scorer)
		if err != nil || len(all) != 1 || all[0].Missing() == 0 || rounds == 2 && all[0].Recorded == 0 {
			t.Fatalf("%+v, %v", all, err)
		}
		if _, err := b.ExportScores(t.Context(), folder, scorer); err == nil {
			t.Fatal("an export was written over")
		}
		if sum, err := b.ImportScores(t.Context(), folder); err != nil || sum != (ImportedScores{Missing: all[0].Missing()}) {
			t.Fatalf("imported without scores: %+v, %v", sum, err)
		}
		if err := run(); err == nil || !strings.Contains(err.Error(), fmt.Sprint(all[0].Missing(), " of the ", all[0].Requests)) {
			t.Fatalf("run without scores: %v", err)
		}
		scoreFolder(t, folder, nil)
		sum, err := b.ImportScores(t.Context(), folder)
		if err != nil || sum.Imported != all[0].Missing() || sum.Held+sum.Missing+sum.Reasons != 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		sum, err = b.ImportScores(t.Context(), folder) // once more
		if err != nil || sum.Imported != 0 || sum.Held != all[0].Missing() || sum.Differ != 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		if all, err = b.ExportScores(t.Context(), filepath.Join(t.TempDir(), "none"), scorer); err != nil || all[0].Missing() != 0 {
			t.Fatalf("%+v is missing after the import, %v", all, err)
		}
		if _, err := os.Stat(filepath.Join(folder, "score.py")); err != nil {
			t.Error(err)
		}
	}
	if rounds != 2 || s.Served() != arrivals {
		t.Errorf("%d rounds, %d calls", rounds, s.Served()-arrivals)
	}
	got, want := verdictsBut(worldOf(t, out)), verdictsBut(served)
	for about, v := range want {
		if got[about] != v {
			t.Fatalf("a server gives\n%s\na folder\n%s", v, got[about])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d verdicts, want %d", len(got), len(want))
	}
	for _, v := range worldOf(t, out).verdicts {
		if v.CostUSD == nil || *v.CostUSD != 0 {
			t.Fatalf("verdict %+v is not free", v)
		}
	}
}

// awaiting is a build that waits for scores, and its folder.
func awaiting(t *testing.T) (b *Build, folder string, u Unscored) {
	t.Helper()
	c := ordinary(t, 1)
	b = c.open(t, filepath.Join(t.TempDir(), "out"), "direct", scoring(t, offlineMember))
	if err := b.RunStages(t.Context(), schemas.Stages[:3]...); err != nil {
		t.Fatal(err)
	}
	e, err := b.Estimate(t.Context(), 0)
	if err != nil || len(e.Members) != 1 || e.USD == nil || e.USD.High != 0 || e.Members[0].Seconds.High != 0 ||
		e.Members[0].LimitedBy != money.LimitedOffline {
		t.Fatalf("estimate %+v, %v", e, err)
	}
	folder = filepath.Join(t.TempDir(), "scores")
	all, err := b.ExportScores(t.Context(), folder, scorer)
	if err != nil || all[0].Missing() < 8 {
		t.Fatalf("%+v, %v", all, err)
	}
	if calls := e.Members[0].Calls; calls.High < float64(all[0].Requests) {
		t.Errorf("at most %v requests were expected, there are %d in the first round", calls.High, all[0].Requests)
	}
	return b, folder, all[0]
}

// keptOf counts what judge's ledger holds.
func keptOf(t *testing.T, b *Build) (answers, letters int) {
	t.Helper()
	for i := range b.Recipe.Shards {
		l, err := ledger.Open(t.Context(), shard.NewDir(filepath.Join(b.Out, schemas.StageJudge, "ledger")), i)
		if err != nil {
			t.Fatal(err)
		}
		for r := range l.All() {
			if r.Reject == "" {
				answers++
			} else {
				letters++
			}
		}
	}
	return answers, letters
}

// TestBrokenScores: a file that is broken brings nothing, says what is wrong where and what to
// do, and the others come in; mended, it comes in too.
func TestBrokenScores(t *testing.T) {
	b, folder, u := awaiting(t)
	scoreFolder(t, folder, nil)
	var m scorefiles.Manifest
	if err := shard.ReadJSON(t.Context(), filepath.Join(folder, scorefiles.ManifestName), &m); err != nil {
		t.Fatal(err)
	}
	f := m.Files[0]
	path := filepath.Join(folder, f.Scores)
	good, err := os.ReadFile(path)
	if err != nil || f.Requests < 4 {
		t.Fatal(f, err)
	}
	lines := strings.SplitAfter(string(good), "\n")
	first, rest := lines[0], strings.Join(lines[1:], "")
	swap := func(old, new string) string {
		if !strings.Contains(first, old) {
			t.Fatalf("%s has no %s", first, old)
		}
		return strings.Replace(first, old, new, 1) + rest
	}
	var line scorefiles.Score
	if err := json.Unmarshal([]byte(first), &line); err != nil {
		t.Fatal(err)
	}
	stop := fmt.Sprintf(`"stop":%v`, *line.Stop)
	for name, tt := range map[string]struct{ content, want string }{
		"cut in a line":      {string(good[:len(good)-9]), fmt.Sprintf("line %d: it is cut", f.Requests)},
		"cut between lines":  {strings.Join(lines[:2], ""), fmt.Sprintf("2 of %d requests", f.Requests)},
		"empty":              {"", fmt.Sprintf("0 of %d requests", f.Requests)},
		"NaN":                {swap(stop, `"stop":NaN`), "line 1: it is no JSON"},
		"infinite":           {swap(stop, `"stop":-1e999`), "line 1: it is no JSON"},
		"null":               {swap(stop, `"stop":null`), "line 1: logprob, tokens, stop"},
		"above 0":            {swap(stop, `"stop":0.5`), "line 1: 0.5 is no log-probability"},
		"wrong key":          {swap(line.Key, "0123"), `line 1: key "0123" is none`},
		"wrong member":       {swap(`"student"`, `"teacher"`), `line 1: it is of member "teacher"`},
		"wrong model":        {swap(`"m-student"`, `"m-other"`), `line 1: it is of model "m-other"`},
		"wrong sum":          {swap(`"logprob":-`, `"logprob":-1`), "line 1: logprob is"},
		"wrong count":        {swap(`"tokens":`, `"tokens":1`), "line 1: tokens is"},
		"unknown reason":     {swap(`"stop"`, `"reason":"tired","stop"`), `line 1: reason "tired"`},
		"numbers and reason": {swap(`"stop"`, `"reason":"too_long","stop"`), "line 1: it has numbers beside"},
		"twice otherwise": {string(good) + strings.Replace(first, stop, `"stop":-77.5`, 1),
			fmt.Sprintf("line %d: key %s has come before", f.Requests+1, line.Key)},
	} {
		if err := os.WriteFile(path, []byte(tt.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := b.ImportScores(t.Context(), folder)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) ||
			!strings.Contains(err.Error(), "run score.py again") {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
		if answers, _ := keptOf(t, b); int64(answers) != u.Missing()-f.Requests {
			t.Fatalf("%s: %d answers in the ledger, want those of all other files: %d", name, answers, u.Missing()-f.Requests)
		}
	}
	if err := os.WriteFile(path, append(good, first...), 0o644); err != nil { // the same twice is the same
		t.Fatal(err)
	}
	sum, err := b.ImportScores(t.Context(), folder)
	if err != nil || sum.Imported != f.Requests || sum.Held != u.Missing()-f.Requests {
		t.Fatalf("%+v, %v", sum, err)
	}
	if err := os.WriteFile(path, []byte(swap(stop, `"stop":-77.5`)), 0o644); err != nil {
		t.Fatal(err)
	}
	if sum, err := b.ImportScores(t.Context(), folder); err != nil || sum.Imported != 0 || sum.Differ != 1 {
		t.Errorf("another score of what is in the ledger: %+v, %v", sum, err)
	}
}

// TestFoldersOfAnotherBuild: what does not belong to the build is refused before anything is read.
func TestFoldersOfAnotherBuild(t *testing.T) {
	b, folder, _ := awaiting(t)
	scoreFolder(t, folder, nil)
	path := filepath.Join(folder, scorefiles.ManifestName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*scorefiles.Manifest){
		"its format is 2":         func(m *scorefiles.Manifest) { m.Format = 2 },
		"had 9 shards":            func(m *scorefiles.Manifest) { m.Shards = 9 },
		"model was \"other\"":     func(m *scorefiles.Manifest) { m.Members[0].Model = "other" },
		"revision was":            func(m *scorefiles.Manifest) { m.Members[0].Revision = "" },
		"is not in judge.panel":   func(m *scorefiles.Manifest) { m.Members[0].Name, m.Files = "nobody", nil },
		"is not of this folder":   func(m *scorefiles.Manifest) { m.Files[0].Scores = "../x" },
		"are not those of the ma": func(m *scorefiles.Manifest) { m.Files[0].SHA256 = "00" },
	} {
		var m scorefiles.Manifest
		if err := json.Unmarshal(good, &m); err != nil {
			t.Fatal(err)
		}
		change(&m)
		raw, err := json.Marshal(m)
		if err == nil {
			err = os.WriteFile(path, raw, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.ImportScores(t.Context(), folder); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "export") {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ImportScores(t.Context(), folder); err == nil || !strings.Contains(err.Error(), "no manifest.json") {
		t.Errorf("without a manifest: %v", err)
	}
}

// TestTextsWithoutScores: a text that the model has no room for is a dead letter and an invalid
// verdict, and a score that comes later stands for it.
func TestTextsWithoutScores(t *testing.T) {
	b, folder, u := awaiting(t)
	n := 0
	scoreFolder(t, folder, func(q scorefiles.Request, s *scorefiles.Score) {
		if hashed(q.Key)%4 == 0 {
			n++
			*s = scorefiles.Score{Key: s.Key, Member: s.Member, Model: s.Model, InputTokens: 9000, Reason: "too_long",
				Detail: "9000 tokens, the model takes 4096"}
		}
	})
	sum, err := b.ImportScores(t.Context(), folder)
	if err != nil || sum.Imported != u.Missing() || sum.Reasons != int64(n) || n == 0 {
		t.Fatalf("%+v, %v, want %d without a score", sum, err, n)
	}
	if answers, letters := keptOf(t, b); letters != n || int64(answers+n) != u.Missing() {
		t.Errorf("%d answers and %d dead letters", answers, letters)
	}
	b.Replay = true // what had no score is asked for again
	again, err := b.ExportScores(t.Context(), filepath.Join(t.TempDir(), "again"), scorer)
	if err != nil || again[0].Missing() != int64(n) {
		t.Errorf("%+v, %v, want %d once more", again, err, n)
	}
	scored := filepath.Join(folder, scorefiles.NewFile(0, "", 0).Scores)
	if err := os.Remove(scored); err != nil {
		t.Fatal(err)
	}
	scoreFolder(t, folder, nil) // with more room
	if sum, err := b.ImportScores(t.Context(), folder); err != nil || sum.Imported == 0 || sum.Reasons != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestAFolderInABucket: what is written there is read there, as from a disk.
func TestAFolderInABucket(t *testing.T) {
	b, folder, u := awaiting(t)
	remote := buckettest.New(t).Address("scores/one")
	if _, err := b.ExportScores(t.Context(), remote, scorer); err != nil {
		t.Fatal(err)
	}
	scoreFolder(t, folder, nil)
	files, err := filepath.Glob(filepath.Join(folder, "scores-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err == nil {
			_, err = shard.WriteFile(t.Context(), shard.Join(remote, filepath.Base(path)), raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if sum, err := b.ImportScores(t.Context(), remote); err != nil || sum.Imported != u.Missing() {
		t.Errorf("%+v, %v", sum, err)
	}
	if _, err := b.ExportScores(t.Context(), remote, scorer); err == nil || !strings.Contains(err.Error(), "holds files") {
		t.Errorf("written over: %v", err)
	}
}

// An export that fails leaves no file behind: the same folder can be named again.
func TestAnExportThatFailsLeavesNothing(t *testing.T) {
	b, _, _ := awaiting(t)
	folder := filepath.Join(t.TempDir(), "again")
	if _, err := b.ExportScores(t.Context(), folder, fstest.MapFS{"score.py": {Mode: fs.ModeDir}}); err == nil {
		t.Fatal("a program that cannot be read is exported")
	}
	if there, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(there) > 0 {
		t.Errorf("%v is left, %v", there, err)
	}
	if _, err := b.ExportScores(t.Context(), folder, scorer); err != nil {
		t.Error(err)
	}
}
