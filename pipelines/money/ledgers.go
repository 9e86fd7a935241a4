package money

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// EachLedger visits the ledger of every shard of a build, those of shards that its
// recipe no longer has included: they were paid.
func EachLedger(ctx context.Context, out string, visit func(stage string,
	shard int, store ledger.CompactStore) error) error {
	if err := ask.IsThere(ctx, out); err != nil {
		return err
	}
	for _, stage := range ask.PaidStages {
		store := ask.Store(out, stage)
		shards, err := ledger.Shards(ctx, store)
		if err != nil {
			return fmt.Errorf("%s: %w", stage, err)
		}
		for _, i := range shards {
			if err := visit(stage, i, store); err != nil {
				return fmt.Errorf("%s: %w", stage, err)
			}
		}
	}
	return nil
}

// EachPaid opens the ledger of every shard of a build.
func EachPaid(ctx context.Context, out string, visit func(stage string, shard int, l *ledger.Shard) error) error {
	return EachLedger(ctx, out, func(stage string, i int, store ledger.CompactStore) error {
		l, err := ledger.Open(ctx, store, i)
		if err != nil {
			return err
		}
		return visit(stage, i, l)
	})
}

// EachSum visits what the ledger of every shard of a build adds up to, by member. With save,
// for whoever holds OUT, what had to be added up is written down.
func EachSum(ctx context.Context, out string, save bool, visit func(stage string, shard int,
	sums map[string]ledger.Sum) error) error {
	return EachLedger(ctx, out, func(stage string, i int, store ledger.CompactStore) error {
		sums, err := ledger.ReadSums(ctx, store, i, save)
		if err != nil {
			return err
		}
		return visit(stage, i, sums)
	})
}

// MemberStats are the counts of one member in one stage's ledger.
type MemberStats struct {
	Stage  string `json:"stage"`
	Member string `json:"member"`
	ledger.Stats
}

// LedgerStats counts what a build has paid for, by stage and member.
func LedgerStats(ctx context.Context, out string) ([]MemberStats, error) {
	list := []MemberStats{}
	err := EachSum(ctx, out, false, func(stage string, _ int, sums map[string]ledger.Sum) error {
		for _, member := range slices.Sorted(maps.Keys(sums)) {
			at := slices.IndexFunc(list, func(m MemberStats) bool { return m.Stage == stage && m.Member == member })
			if at < 0 {
				at = len(list)
				list = append(list, MemberStats{Stage: stage, Member: member})
			}
			list[at].Add(sums[member].Stats)
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b MemberStats) int {
		if a.Stage != b.Stage {
			return slices.Index(ask.PaidStages, a.Stage) - slices.Index(ask.PaidStages, b.Stage)
		}
		return strings.Compare(a.Member, b.Member)
	})
	return list, err
}

// StageAudit is what Verify found in one shard of a stage's ledger.
type StageAudit struct {
	Stage string `json:"stage"`
	ledger.Audit
}

// VerifyLedgers reads every file of a build's ledgers. The names of damaged files
// are relative to the ledger's folder, OUT/STAGE/ledger.
func VerifyLedgers(ctx context.Context, out string) ([]StageAudit, error) {
	list := []StageAudit{}
	err := EachLedger(ctx, out, func(stage string, i int, store ledger.CompactStore) error {
		a, err := ledger.Verify(ctx, store, i)
		list = append(list, StageAudit{stage, a})
		return err
	})
	return list, err
}

// StageCompacted says what was done to one shard of a stage's ledger.
type StageCompacted struct {
	Stage string `json:"stage"`
	Shard int    `json:"shard"`
	ledger.Compacted
}

// PaidRecord is one record of a ledger as it is exported. Stands says that it is the
// one that answers its key; the others were paid too. Response is null where it is
// left out or there was none; one that is not UTF-8 is written in base64 and says so.
type PaidRecord struct {
	Stage          string         `json:"stage"`
	Shard          int64          `json:"shard"`
	Key            string         `json:"key"`
	Member         string         `json:"member"`
	Model          string         `json:"model"`
	ContextID      string         `json:"context_id"`
	Type           schemas.Type   `json:"type"`
	Sample         int64          `json:"sample"`
	Stands         bool           `json:"stands"`
	Status         int64          `json:"status"`
	Reject         schemas.Reason `json:"reject"`
	Detail         string         `json:"detail"`
	Attempts       int64          `json:"attempts"`
	InputTokens    *int64         `json:"input_tokens"`
	OutputTokens   *int64         `json:"output_tokens"`
	CostUSD        *float64       `json:"cost_usd"`
	AssumedUSD     float64        `json:"assumed_usd"`
	Time           string         `json:"time"`
	RequestSHA256  string         `json:"request_sha256"`
	Response       *string        `json:"response"`
	ResponseBase64 bool           `json:"response_base64"`
}

func paidRecord(stage string, shard int, r ledger.Record, stands, response bool) PaidRecord {
	p := PaidRecord{
		Stage: stage, Shard: int64(shard), Key: r.Key, Member: r.Member, Model: r.Model, ContextID: r.ContextID,
		Type: r.Type, Sample: r.Sample,
		Stands: stands, Status: int64(r.Status), Reject: r.Reject, Detail: r.Detail, Attempts: int64(r.Attempts),
		InputTokens: r.InputTokens, OutputTokens: r.OutputTokens, CostUSD: r.CostUSD, AssumedUSD: r.AssumedUSD,
		Time: r.Time.UTC().Format(time.RFC3339Nano), RequestSHA256: r.RequestSHA256,
	}
	if response && r.Raw != nil {
		text := string(r.Raw)
		if p.ResponseBase64 = !utf8.ValidString(text); p.ResponseBase64 {
			text = base64.StdEncoding.EncodeToString(r.Raw)
		}
		p.Response = &text
	}
	return p
}

// mayHaveCost is what a run that was killed may have spent on a member, as a record that
// has no key: nobody knows which of its requests were sent.
func mayHaveCost(stage string, shard int, a ledger.Advance) PaidRecord {
	return PaidRecord{
		Stage: stage, Shard: int64(shard), Member: a.Member, Reject: "may_have_cost", Attempts: a.Calls,
		AssumedUSD: a.USD,
		Detail:     "a run was killed with at most so many calls under way",
	}
}

// ExportLedgers writes the records of a build's ledgers to a file, .jsonl, .jsonl.zst
// or .parquet, by stage, shard and order of payment, and what killed runs may have cost
// behind those of its shard: cost_usd and assumed_usd of all lines are what a budget
// counts. It returns the number of lines.
func ExportLedgers(ctx context.Context, out, path string, responses bool) (int64, error) {
	if err := cmp.Or(ask.IsThere(ctx, out), shard.Parent(path)); err != nil {
		return 0, err
	}
	w, err := newPaidWriter(ctx, path)
	if err != nil {
		return 0, err
	}
	defer w.abort()
	n := int64(0)
	err = EachPaid(ctx, out, func(stage string, i int, l *ledger.Shard) error {
		for r, stands := range l.Ranked() {
			if err := w.write(paidRecord(stage, i, r, stands, responses)); err != nil {
				return err
			}
			n++
		}
		for _, a := range l.Advances() {
			if err := w.write(mayHaveCost(stage, i, a)); err != nil {
				return err
			}
			n++
		}
		return ctx.Err()
	})
	if err != nil {
		return n, err
	}
	return n, w.commit(n)
}

// paidWriter writes PaidRecords in the format that a file's name says.
type paidWriter struct {
	write  func(PaidRecord) error
	commit func(records int64) error
	abort  func()
}

func newPaidWriter(ctx context.Context, path string) (paidWriter, error) {
	if strings.HasSuffix(path, ".jsonl.zst") {
		w, err := shard.Create[PaidRecord](ctx, path)
		if err != nil {
			return paidWriter{}, err
		}
		return paidWriter{w.Write, func(int64) error { _, err := w.Commit(); return err }, w.Abort}, nil
	}
	var write func(PaidRecord) error
	var end func() error
	open := func(w io.Writer) (err error) {
		buf := bufio.NewWriter(w)
		enc := json.NewEncoder(buf)
		enc.SetEscapeHTML(false)
		write, end = func(r PaidRecord) error { return enc.Encode(r) }, buf.Flush
		return nil
	}
	switch filepath.Ext(path) {
	case ".jsonl":
	case ".parquet":
		open = func(w io.Writer) error {
			p, err := columnar.NewWriter[PaidRecord](w)
			if err != nil {
				return err
			}
			write, end = p.Write, p.Close
			return nil
		}
	default:
		return paidWriter{}, fmt.Errorf("%q: the name must end in .jsonl, .jsonl.zst or .parquet", path)
	}
	raw, err := shard.CreateRaw(ctx, path)
	if err != nil {
		return paidWriter{}, err
	}
	if err := open(raw); err != nil {
		raw.Abort()
		return paidWriter{}, err
	}
	return paidWriter{write, func(n int64) error {
		if err := end(); err != nil {
			return err
		}
		_, err := raw.Commit(n)
		return err
	}, raw.Abort}, nil
}

// DeadLetter is a request that failed for good, as a person sees it.
type DeadLetter struct {
	Stage     string         `json:"stage"`
	Shard     int            `json:"shard"`
	Member    string         `json:"member"`
	Model     string         `json:"model"`
	ContextID string         `json:"context_id"`
	Type      schemas.Type   `json:"type"`
	Key       string         `json:"key"`
	Reason    schemas.Reason `json:"reason"`
	Detail    string         `json:"detail"`
	Status    int            `json:"status"`
	Attempts  int            `json:"attempts"`
	CostUSD   *float64       `json:"cost_usd"`
	// AssumedUSD is what it may have cost at most.
	AssumedUSD float64   `json:"assumed_usd"`
	Time       time.Time `json:"time"`
	Response   string    `json:"response"` // the beginning of the last response
}

// ResponseBytes is how much of a dead letter's last response is shown.
const ResponseBytes = 400

// DeadLetters lists the requests of a build that failed for good and that no later
// answer stands for.
func DeadLetters(ctx context.Context, out string) ([]DeadLetter, error) {
	list := []DeadLetter{}
	err := EachPaid(ctx, out, func(stage string, i int, l *ledger.Shard) error {
		for r, stands := range l.Ranked() {
			if r.Reject == "" || !r.Final() || !stands {
				continue
			}
			response := r.Raw
			if len(response) > ResponseBytes {
				response = append(slices.Clip(response[:ResponseBytes]), "…"...)
			}
			list = append(list, DeadLetter{
				Stage: stage, Shard: i, Member: r.Member, Model: r.Model, ContextID: r.ContextID, Type: r.Type,
				Key: r.Key, Reason: r.Reject, Detail: r.Detail,
				Status: r.Status, Attempts: r.Attempts, CostUSD: r.CostUSD, AssumedUSD: r.AssumedUSD, Time: r.Time,
				Response: strings.ToValidUTF8(string(response), "�"),
			})
		}
		return nil
	})
	return list, err
}
