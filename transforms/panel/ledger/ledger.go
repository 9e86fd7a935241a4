// Package ledger keeps every paid answer, so that no answer is paid twice.
//
// # Format
//
// A shard's ledger is a folder of immutable segments, one a group commit:
//
//	00007/000003-000012.zst      shard 7, attempt 3, twelfth segment of it
//
// A segment is zstd over JSON lines, readable by zstdcat | jq: a head that says
// what it is and how many records follow, then the records. zstd's checksum
// covers the content. Segments are only ever created, never changed, through
// Store.Put, which is atomic and fails on a name that exists; so there is no
// partly written one, and a reader needs no lock.
//
// An attempt is one opening of the shard that wrote something; its number is one
// above the highest present. Two processes that work on one shard at once
// collide at the first name they share, and the later one moves to a new
// attempt: nothing is overwritten.
//
// # Reading
//
// Readers take the union. Of several records with one key an answer stands above
// a dead letter, that above an unfinished request, and else the first by (attempt, sequence, place) wins, so later
// segments never change what was read before. Dead letters are failures that
// trying again would not mend; they stay in the ledger with their reason, their
// last response and what they may have cost.
//
// A segment that cannot be read is an error that names it: to leave it out
// silently would be to pay for its answers again.
//
// # Compaction
//
// A large shard has thousands of small segments. Compact copies their bytes, heads
// included, one after another into a file of many segments:
//
//	00007/compacted-5f0c9a….zst  {"decoy_ledger":1,"shard":7,"segments":2210}, then the segments
//
// It is named by the hash of its content, and the single segments go only after it
// is durable and has been read back. Whoever reads takes the union of segments, by
// the hash of a segment's bytes, wherever they lie: one that is there twice, since
// Compact was killed half-way or ran twice at once, counts once, also as money. A
// reader whose listing is overtaken lists again until a listing brings nothing new.
// Nothing is left out: the records that lost to others were paid.
//
// # Sums
//
// What a shard's files add up to lies beside them, so that a budget over thousands of shards
// reads a small file of each:
//
//	00007/sums-93b1….json  {"decoy_ledger_sums":1,"files":["00007/000001-000000.zst",…],"members":{…}}
//
// Files are never changed, so sums hold for just the set of files that they list, whose hash
// is their name. Sums of another set, none, or such as cannot be read, are made again from
// the records: the budget is right whatever becomes of these files. Programs that do not
// know them pass over names that do not end in .zst.
//
// # Advances
//
// What a call may cost is written before it is sent: not call by call, which would be a
// write for each, but as an advance to the writer (CommitAdvanced), like money that is
// taken from the till against a receipt. The head of a segment says how many calls and
// dollars its writer may spend, or has spent, beside all records that are durable with
// this segment:
//
//	{"decoy_ledger":2,…,"records":12,"writer":"6KW…","advanced":[{"member":"a","calls":16,"usd":0.031}]}
//
// The records of later segments are the receipts: each segment replaces what the head
// before it said, and the last one of a writer that ended well advances nothing. What
// the last head of a writer that was killed advances may have been spent. It counts
// against the budget from then on, and for ever: if the same requests are asked again,
// both may have been billed. Nobody can know whether they were, so the statistics show
// it apart, as what may have cost.
//
// Segments without an advance have format 1, those with one have format 2. Readers take
// both, wherever they lie; a program that knows format 1 alone refuses format 2, since
// it would overdraw.
//
// # What a crash loses
//
// Answers that were received and not yet committed: at most as many as were in
// flight, that is at most the concurrency of the members together. They are paid
// and asked again, and the advance counts them. Nothing that Commit returned for is lost, by a kill at any
// moment; by a power failure neither, as far as the disk keeps what it said was
// synced. The tests kill the writer and Compact at many moments and count: 15 kills of
// a run with 8 calls in flight lost 94 answers, 6 a kill.
//
// # Limits
//
// The records of one shard are held in memory while it is worked on (some 2 KB
// each). Two processes that pay for one key at the same time both pay; the first
// segment wins for every later reader. Neither sees what is advanced to the other
// after it was opened.
package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"time"

	"decoy/schemas"
)

// Store is where segments lie: a folder or a bucket. Put is atomic and durable
// when it returns, and fails with an error that is fs.ErrExist if name exists.
// List returns the full names that begin with prefix. The methods may be called
// from several goroutines.
type Store interface {
	Put(ctx context.Context, name string, data []byte) error
	Get(ctx context.Context, name string) ([]byte, error)
	List(ctx context.Context, prefix string) ([]string, error)
}

// Record is one paid request with its outcome: an answer, or with Reject a dead
// letter. ContextID and Type say what was asked about, for a person and for the
// costs of a cell; Type is empty for judges. Tokens and CostUSD are null where the
// provider or the recipe does not say. AssumedUSD is what attempts without a
// readable bill may have cost at most; it counts against the budget.
type Record struct {
	Key           string         `json:"key"`
	Member        string         `json:"member"`
	ContextID     string         `json:"context_id,omitempty"`
	Type          schemas.Type   `json:"type,omitempty"`
	Model         string         `json:"model"`
	RequestSHA256 string         `json:"request_sha256"`
	Sample        int64          `json:"sample"`
	Status        int            `json:"status"`
	Reject        schemas.Reason `json:"reject,omitempty"`
	Detail        string         `json:"detail,omitempty"`
	Attempts      int            `json:"attempts"`
	InputTokens   *int64         `json:"input_tokens"`
	OutputTokens  *int64         `json:"output_tokens"`
	CostUSD       *float64       `json:"cost_usd"`
	AssumedUSD    float64        `json:"assumed_usd,omitempty"`
	AssumedInput  int64          `json:"assumed_input_tokens,omitempty"`
	AssumedOutput int64          `json:"assumed_output_tokens,omitempty"`
	Time          time.Time      `json:"time"`
	Raw           []byte         `json:"-"` // the response's bytes, see segment.go
}

// Unfinished is the reject of a record that only says what attempts at a request may
// have cost before the budget ended them. Whoever has a budget asks again.
const Unfinished schemas.Reason = "budget"

// Attempted is the reject of a record of attempts that may have cost, at a request that
// was put aside or given up before it had an outcome: its member was down or stopped,
// or the run was ended. Whoever wants an answer asks again, and these attempts count
// beside whatever that costs.
const Attempted schemas.Reason = "attempted"

// Final reports whether a record answers its request: with an answer, or as a dead
// letter.
func (r Record) Final() bool { return r.Reject != Unfinished && r.Reject != Attempted }

// rank says which of several records of a key stands: an answer above a dead letter,
// and that above what is not finished.
func (r Record) rank() int {
	switch {
	case r.Reject == "":
		return 2
	case !r.Final():
		return 0
	}
	return 1
}

// Shard is the ledger of one shard, opened for reading and appending.
type Shard struct {
	store Store
	shard int

	writer string          // names this opening in what is advanced to it
	files  map[string]bool // that were read and written

	mu      sync.Mutex
	records []Record
	byKey   map[string]int // index of the record that stands for the key
	open    openAdvances
	attempt int
	seq     int
}

// Open reads all segments of a shard.
func Open(ctx context.Context, store Store, shard int) (*Shard, error) {
	pieces, files, err := load(ctx, store, shard)
	if err != nil {
		return nil, err
	}
	s := &Shard{store: store, shard: shard, byKey: map[string]int{}, writer: rand.Text(), files: files}
	for _, p := range pieces {
		s.add(p.records)
		s.open.take(p.advanced)
		s.attempt = max(s.attempt, p.attempt)
	}
	s.attempt++
	return s, nil
}

// Get is the record that stands for key.
func (s *Shard) Get(key string) (Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.byKey[key]
	if !ok {
		return Record{}, false
	}
	return s.records[i], true
}

// Has reports whether a request needs no further call: it is answered, or a dead letter.
func (s *Shard) Has(key string) bool {
	r, ok := s.Get(key)
	return ok && r.Final()
}

// All yields every record in order, those that lost to another one included:
// they were paid.
func (s *Shard) All() iter.Seq[Record] {
	s.mu.Lock()
	records := s.records[:len(s.records):len(s.records)]
	s.mu.Unlock()
	return slices.Values(records)
}

// Commit writes records as one segment. When it returns nil they are durable.
// Commits of one Shard must not overlap.
func (s *Shard) Commit(ctx context.Context, records []Record) error {
	if len(records) == 0 {
		return nil
	}
	return s.put(ctx, records, advanced{})
}

// put writes a segment.
func (s *Shard) put(ctx context.Context, records []Record, adv advanced) error {
	if len(s.files) == 0 { // somebody may have moved the files away, and names begin again
		s.forgetSums(ctx, "")
	}
	const collisions = 100 // other writers come and go; a hundred of them do not
	for range collisions {
		seg := segment{shard: s.shard, attempt: s.attempt, seq: s.seq}
		data, err := encode(seg, records, adv)
		if err != nil {
			return fmt.Errorf("ledger segment %s: %w", seg, err)
		}
		err = s.store.Put(ctx, seg.String(), data)
		if err == nil {
			s.seq++
			s.mu.Lock()
			defer s.mu.Unlock()
			s.add(records)
			s.open.take(adv)
			s.files[seg.String()] = true
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("write ledger segment %s (%d answers that are paid): %w", seg, len(records), err)
		}
		files, err := list(ctx, s.store, s.shard)
		if err != nil {
			return err
		}
		for _, f := range files {
			s.attempt = max(s.attempt, f.attempt+1)
		}
		s.seq = 0
	}
	return fmt.Errorf("write ledger of shard %05d: name taken %d times over; is another process at work on it?",
		s.shard, collisions)
}

// add appends records to the index. s.mu is held, or s not shared yet.
func (s *Shard) add(records []Record) {
	for _, r := range records {
		s.records = append(s.records, r)
		i, ok := s.byKey[r.Key]
		if !ok || r.rank() > s.records[i].rank() {
			s.byKey[r.Key] = len(s.records) - 1
		}
	}
}
