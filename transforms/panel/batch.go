package panel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"decoy/transforms/panel/ledger"
)

// A provider's batch takes a file of requests and answers within a day, at a lower
// price and outside of the limits of an account. Batches keeps what was handed over
// so that no request is paid twice: below batches/ of the ledger's Store,
//
//	000003-MEMBER.intent   the requests' keys and a name, before anything is sent
//	000003-MEMBER.sent     the provider's id, once it is known
//	000003-MEMBER.done     what came of it, once its answers are in the ledger
//
// are files that are created and never changed. A submission that broke off between
// the first and the second is looked up at the provider by its name; one that is not
// there is given up, and its requests are free again. Until a batch is done, its
// requests are neither submitted again nor, by whoever asks Open first, sent singly.

// Limits of one batch: OpenAI's are 50,000 requests and 200 MB.
const (
	batchRequests = 50_000
	batchBytes    = 100 << 20
)

// batcher is a protocol whose provider takes batches.
type batcher interface {
	protocol
	// line is a request as a line of the file, with id.
	line(id string, r Request) ([]byte, error)
	// submit hands lines over under a name.
	submit(ctx context.Context, name string, lines []byte) (id string, err error)
	// find looks for a batch of that name, "" for none.
	find(ctx context.Context, name string) (id string, err error)
	status(ctx context.Context, id string) (BatchStatus, error)
	// results are the lines of the answer, those of requests that failed included.
	results(ctx context.Context, id string) ([]byte, error)
	// result reads such a line: the response of the request id. Status 0 is none.
	result(line []byte) (id string, status int, body []byte, err error)
}

// BatchStatus is how far a batch is. An ended one has its results, which may lack
// some: of those that failed and, where it expired or was cancelled, those that were
// not reached.
type BatchStatus struct {
	State string `json:"state"` // the provider's word
	Ended bool   `json:"ended"`
}

// Batch is one batch of one member.
type Batch struct {
	Number   int          `json:"number"`
	Member   string       `json:"member"`
	Name     string       `json:"name"` // at the provider
	Requests []BatchEntry `json:"requests"`
	ID       string       `json:"-"` // the provider's, "" before it is sent
	Done     *BatchResult `json:"-"` // nil before it is done
	Status   *BatchStatus `json:"-"`
}

// BatchEntry is a request of a batch.
type BatchEntry struct {
	Key           string  `json:"key"`
	Shard         int     `json:"shard"`
	RequestSHA256 string  `json:"request_sha256"`
	Sample        int64   `json:"sample"`
	USD           float64 `json:"usd"` // reserved
}

// BatchResult is what came of a batch: answers and dead letters in the ledger, and
// requests that can be submitted again.
type BatchResult struct {
	State    string `json:"state"`
	Answers  int    `json:"answers"`
	Rejected int    `json:"rejected"`
	Left     int    `json:"left"`
}

// Reserved are the requests that are with the provider, or may be.
func (o Batch) Reserved() []BatchEntry {
	if o.Done != nil {
		return nil
	}
	return o.Requests
}

// ErrOpenBatches says that requests are with a provider's batch.
var ErrOpenBatches = errors.New("batches are open")

// batchFile is one of the files of a batch.
func batchFile(number int, member, what string) string {
	return fmt.Sprintf("batches/%06d-%s.%s", number, member, what)
}

// ReadBatches lists all batches of a Store by number.
func ReadBatches(ctx context.Context, store ledger.Store) ([]Batch, error) {
	names, err := store.List(ctx, "batches/")
	if err != nil {
		return nil, fmt.Errorf("list batches: %w", err)
	}
	slices.Sort(names)
	read := func(name string, v any) error {
		raw, err := store.Get(ctx, name)
		if err == nil {
			err = json.Unmarshal(raw, v)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		return nil
	}
	var out []Batch
	for _, name := range names {
		base, ok := strings.CutSuffix(name, ".intent")
		if !ok {
			continue
		}
		var b Batch
		if err := read(name, &b); err != nil {
			return nil, err
		}
		if slices.Contains(names, base+".sent") {
			if err := read(base+".sent", &b.ID); err != nil {
				return nil, err
			}
		}
		if slices.Contains(names, base+".done") {
			if err := read(base+".done", &b.Done); err != nil {
				return nil, err
			}
		}
		out = append(out, b)
	}
	return out, nil
}

// CheckNoOpenBatches is an error that is ErrOpenBatches if a member's requests are
// with its provider.
func CheckNoOpenBatches(ctx context.Context, store ledger.Store, member string) error {
	all, err := ReadBatches(ctx, store)
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.Member == member && b.Done == nil {
			return fmt.Errorf("%w: batch %d of panel member %s has %d requests; run decoy batch collect before they "+
				"are asked for again", ErrOpenBatches, b.Number, member, len(b.Requests))
		}
	}
	return nil
}

// Batches submits and collects the batches of one member.
type Batches struct {
	panel  *Panel
	client *client
	batcher
}

// Batches returns the batches of a member, or an error if its provider takes none.
func (p *Panel) Batches(member string) (*Batches, error) {
	c := p.clients[member]
	if c == nil {
		return nil, fmt.Errorf("panel has no paid member %q", member)
	}
	m := c.member
	over := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 5 * time.Minute,
	}, CheckRedirect: c.http.CheckRedirect}
	made, err := newProtocol(m, c.key, over)
	if err != nil {
		return nil, err
	}
	b, ok := made.(batcher)
	if !ok {
		return nil, fmt.Errorf("panel member %s: provider %s takes no batches", member, m.Provider)
	}
	return &Batches{p, c, b}, nil
}

func (b *Batches) put(ctx context.Context, name string, v any) error {
	raw, err := json.Marshal(v)
	if err == nil {
		err = b.panel.config.Store.Put(ctx, name, raw)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write %s: it exists: is another process at work on these batches?", name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (b *Batches) failed(what string, err error) error {
	return fmt.Errorf("panel member %s: %s: %s; run the command again: nothing is paid twice", b.client.member.Name,
		what, b.client.redact([]byte(err.Error())))
}
