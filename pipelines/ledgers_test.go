package pipelines

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/money"
	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// paidFor writes ledgers as two runs of a build leave them: an answer, one that was
// paid twice, a dead letter, one that was answered since, a response that is no text.
func paidFor(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	cost, in, tokens := 0.25, int64(10), int64(2)
	answer := func(key, member, text string) ledger.Record {
		return ledger.Record{Key: key, Member: member, Model: "m", ContextID: "c" + key, Type: schemas.TypeMethod,
			Status: 200, Attempts: 1,
			InputTokens: &in, OutputTokens: &tokens, CostUSD: &cost, Time: time.Unix(1e9, 0).UTC(), Raw: []byte(text)}
	}
	dead := func(key, text string) ledger.Record {
		return ledger.Record{Key: key, Member: "gen", Model: "m", ContextID: "c" + key, Type: schemas.TypeImport,
			Status: 500, Attempts: 4,
			Reject: "http_error", Detail: "status 500", AssumedUSD: 0.5, Time: time.Unix(1e9, 0).UTC(),
			Raw: []byte(text)}
	}
	for _, x := range []struct {
		stage   string
		shard   int
		records []ledger.Record
	}{
		{schemas.StageGenerate, 0, []ledger.Record{answer("1", "gen", "{}"), dead("2", strings.Repeat("é", 400)),
			dead("3", "")}},
		{schemas.StageGenerate, 0, []ledger.Record{answer("1", "gen", "{\"late\": true}"),
			answer("3", "gen", "\xff\xfe")}},
		{schemas.StageJudge, 4, []ledger.Record{answer("4", "jud", "x")}},
	} {
		l, err := ledger.Open(t.Context(), ask.Store(out, x.stage), x.shard)
		if err == nil {
			err = l.Commit(t.Context(), x.records)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestLedgersOfABuild(t *testing.T) {
	out := paidFor(t)
	before, err := money.LedgerStats(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if len(before) != 2 || before[0].Member != "gen" || before[1].Stage != schemas.StageJudge {
		t.Fatalf("%+v", before)
	}
	if g := before[0]; g.Records != 5 || g.Answers != 3 || g.Duplicates != 1 || g.DuplicateUSD != 0.25 ||
		g.DeadLetters != 2 || g.Replaced != 1 || g.CostUSD != 0.75 || g.AssumedUSD != 1 || g.Calls != 11 {
		t.Errorf("%+v", g)
	}
	compacted, err := CompactLedgers(t.Context(), out, nil)
	if err != nil || len(compacted) != 2 || compacted[0].FilesBefore != 2 || compacted[0].FilesAfter != 1 ||
		compacted[1].FilesAfter != 1 {
		t.Errorf("%+v, %v", compacted, err)
	}
	after, err := money.LedgerStats(t.Context(), out)
	if d := cmp.Diff(before, after); d != "" || err != nil {
		t.Errorf("compacting changes the counts: %s, %v", d, err)
	}
	audits, err := money.VerifyLedgers(t.Context(), out)
	if err != nil || len(audits) != 2 || audits[0].SpentUSD != 1.75 ||
		len(audits[0].Damaged)+len(audits[1].Damaged) != 0 {
		t.Errorf("%+v, %v", audits, err)
	}
	held, err := shard.Lock(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release(t.Context())
	if _, err := CompactLedgers(t.Context(), out, nil); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error %v, want that OUT is in use", err)
	}
	if _, err := money.LedgerStats(t.Context(), filepath.Join(out, "nowhere")); err == nil {
		t.Error("a folder that is not there has no error")
	}
}

func TestExportLedgers(t *testing.T) {
	out := paidFor(t)
	dir := t.TempDir()
	read := map[string]func(path string) ([]money.PaidRecord, error){
		".jsonl": func(path string) (list []money.PaidRecord, err error) {
			raw, err := os.ReadFile(path)
			for d := json.NewDecoder(bytes.NewReader(raw)); err == nil && d.More(); {
				var r money.PaidRecord
				err = d.Decode(&r)
				list = append(list, r)
			}
			return list, err
		},
		".jsonl.zst": func(path string) ([]money.PaidRecord, error) {
			return shard.ReadAll[money.PaidRecord](t.Context(), path)
		},
		".parquet": func(path string) (list []money.PaidRecord, err error) {
			for r, err := range columnar.Read[money.PaidRecord](t.Context(), path) {
				if err != nil {
					return nil, err
				}
				list = append(list, r)
			}
			return list, nil
		},
	}
	var first []money.PaidRecord
	for _, ext := range []string{".jsonl", ".jsonl.zst", ".parquet"} {
		path := filepath.Join(dir, "paid"+ext)
		if n, err := money.ExportLedgers(t.Context(), out, path, true); err != nil || n != 6 {
			t.Fatalf("%s: %d records, %v", ext, n, err)
		}
		got, err := read[ext](path)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if d := cmp.Diff(first, got); d != "" {
			t.Errorf("%s and .jsonl differ: %s", ext, d)
		}
	}
	stands := ""
	for _, r := range first {
		stands += map[bool]string{true: "+", false: "-"}[r.Stands]
	}
	if stands != "++--++" || first[0].ContextID != "c1" || *first[0].Response != "{}" || !first[4].ResponseBase64 ||
		*first[4].Response != "//4=" || first[5].Stage != schemas.StageJudge || first[5].Shard != 4 {
		t.Errorf("%s %+v", stands, first)
	}
	if _, err := money.ExportLedgers(t.Context(), out, filepath.Join(dir, "paid.jsonl"), false); err != nil {
		t.Fatal(err)
	}
	if got, err := read[".jsonl"](filepath.Join(dir, "paid.jsonl")); err != nil || got[0].Response != nil ||
		got[4].ResponseBase64 {
		t.Errorf("a response is in an export without: %+v, %v", got, err)
	}
	if _, err := money.ExportLedgers(t.Context(), out, filepath.Join(dir, "paid.csv"), false); err == nil ||
		!strings.Contains(err.Error(), ".jsonl.zst or .parquet") {
		t.Errorf("error %v, want the formats", err)
	}
}

func TestDeadLetters(t *testing.T) {
	got, err := money.DeadLetters(t.Context(), paidFor(t))
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v; want one, the other was answered since", got, err)
	}
	d := got[0]
	if d.Key != "2" || d.ContextID != "c2" || d.Type != schemas.TypeImport || d.Reason != "http_error" ||
		d.Detail != "status 500" || d.Member != "gen" || d.AssumedUSD != 0.5 || d.Attempts != 4 {
		t.Errorf("%+v", d)
	}
	if want := strings.Repeat("é", money.ResponseBytes/2) + "…"; d.Response != want {
		t.Errorf("response %q", d.Response)
	}
}

// TestWhatKilledRunsMayHaveCost: every view shows it, the budget counts it, and Compact
// keeps it.
func TestWhatKilledRunsMayHaveCost(t *testing.T) {
	out := paidFor(t)
	b := &Build{Out: out}
	before, _, err := b.spent(t.Context(), schemas.StageGenerate)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), ask.Store(out, schemas.StageGenerate), 0)
	if err == nil {
		err = l.CommitAdvanced(t.Context(), nil, []ledger.Advance{{Member: "gen", Calls: 3, USD: 0.5}})
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		stats, err := money.LedgerStats(t.Context(), out)
		if err != nil || stats[0].MayCostUSD != 0.5 || stats[0].MayCostCalls != 3 || stats[0].Records != 5 {
			t.Errorf("%+v, %v", stats, err)
		}
		audits, err := money.VerifyLedgers(t.Context(), out)
		if err != nil || audits[0].MayCost != 0.5 || audits[0].SpentUSD != 2.25 || len(audits[0].Damaged) > 0 {
			t.Errorf("%+v, %v", audits, err)
		}
		if sum, own, err := b.spent(t.Context(), schemas.StageGenerate); err != nil || sum != before+0.5 ||
			own[0] != 2.25 {
			t.Errorf("the budget counts %v and %v, %v; before %v", sum, own, err, before)
		}
		var info RunInfo
		if err := info.spent(t.Context(), out); err != nil || info.Spending.MayCostUSD != 0.5 ||
			info.Spending.BilledUSD != 1 || info.Spending.AssumedUSD != 1 {
			t.Errorf("run.json: %+v, %v", info.Spending, err)
		}
		path := filepath.Join(t.TempDir(), "paid.jsonl.zst")
		if _, err := money.ExportLedgers(t.Context(), out, path, false); err != nil {
			t.Fatal(err)
		}
		lines, err := shard.ReadAll[money.PaidRecord](t.Context(), path)
		usd := 0.0
		for _, r := range lines {
			usd += r.AssumedUSD
			if r.CostUSD != nil {
				usd += *r.CostUSD
			}
		}
		if err != nil || usd != before+0.5 || lines[5].Reject != "may_have_cost" || lines[5].Attempts != 3 {
			t.Errorf("exported %v: %+v, %v", usd, lines, err)
		}
		if _, err := CompactLedgers(t.Context(), out, nil); err != nil {
			t.Fatal(err)
		}
	}
}
