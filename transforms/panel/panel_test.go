package panel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/limit"
)

const (
	keyEnv = "DECOY_TEST_PANEL_KEY"
	apiKey = "sk-test/4711&secret"
)

func ptr[T any](v T) *T { return &v }

// quick makes waits short; what is waited for is tested in package limit.
var quick = limit.Retry{Attempts: 3, Throttled: 50, Base: time.Millisecond, Max: 5 * time.Millisecond}

func place(name string) schemas.Context {
	return schemas.Context{
		ID: name, Language: schemas.Go, Types: schemas.Types,
		Prefix: "package a\n\n// case: " + name + ".\nfunc f() {\n\tms.", Golden: "StoreMessageInfo(mi)", Suffix: "\n}\n",
	}
}

// caseOf is the name that place wrote.
func caseOf(a faultserver.Arrival) string {
	_, rest, _ := strings.Cut(a.User, "// case: ")
	name, _, _ := strings.Cut(rest, ".\n")
	return name
}

// negative answers with another method, made from the golden that it was shown.
func negative(a faultserver.Arrival) string {
	b, err := json.Marshal(map[string]any{
		"completion": strings.Replace(a.Section("DEVELOPER"), "Store", "Keep", 1),
		"introduced": []string{"KeepMessageInfo"}, "why_wrong": "ms has no such method",
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func serve(t *testing.T, o faultserver.Options) *faultserver.Server {
	t.Helper()
	if o.Plan == nil {
		o.Plan = faultserver.Each(faultserver.OK(negative))
	}
	s := faultserver.New(o)
	t.Cleanup(s.Close)
	return s
}

func member(s *faultserver.Server) Member {
	return Member{
		Name: "a", Provider: ProviderOpenAI, BaseURL: s.URL(), Model: "m1", APIKeyEnv: keyEnv,
		Concurrency: 8, Temperature: ptr(0.8), MaxTokens: 100, Timeout: 5 * time.Second,
		USDPerMTok: &Price{In: ptr(1.0), Out: ptr(2.0)},
	}
}

func memberOf(s *faultserver.Server, provider string) Member {
	m := member(s)
	m.Provider = provider
	switch provider {
	case ProviderGemini:
		m.BaseURL = s.GeminiURL()
	case ProviderFIM:
		m.FIMModel = "qwen2.5-coder"
	}
	return m
}

func config(store ledger.Store, members ...Member) Config {
	return Config{
		Members: members, Store: store, Check: func(string) error { return nil },
		Retry: quick, Breaker: limit.BreakerConfig{Wait: 5 * time.Millisecond, Patience: 2 * time.Second}, CommitEvery: 5 * time.Millisecond, Accounts: &limit.Accounts{}, Meter: &Meter{},
	}
}

func openPanel(t *testing.T, c Config) *Panel {
	t.Helper()
	t.Setenv(keyEnv, apiKey)
	p, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// ask is one request a name to each member.
func ask(t *testing.T, p *Panel, members []string, names ...string) []Request {
	t.Helper()
	var reqs []Request
	for _, name := range names {
		for _, m := range members {
			r, err := p.GenerateRequest(m, place(name), schemas.TypeMethod, 0)
			if err != nil {
				t.Fatal(err)
			}
			reqs = append(reqs, r)
		}
	}
	return reqs
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("n%04d", i)
	}
	return names
}

// collect runs Do and returns the answers by member and context.
func collect(t *testing.T, p *Panel, shard int, reqs []Request) (map[string]Answer, error) {
	t.Helper()
	got := map[string]Answer{}
	err := p.Do(t.Context(), shard, slices.Values(reqs), func(a Answer) error {
		id := a.Request.Member + " " + a.Request.ContextID + " " + a.Request.Tag
		if _, ok := got[id]; ok {
			t.Errorf("%s is answered twice", id)
		}
		got[id] = a
		return nil
	})
	return got, err
}

func must(t *testing.T, got map[string]Answer, err error) map[string]Answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDeadLettersAreSentAgainOnReplayOnly(t *testing.T) {
	broken := true
	s := serve(t, faultserver.Options{Plan: func(faultserver.Arrival) faultserver.Step {
		if broken {
			return faultserver.Status(413, "too long")
		}
		return faultserver.OK(negative)
	}})
	store := dirstore.Dir(t.TempDir())
	c := config(store, member(s))
	p := openPanel(t, c)
	reqs := ask(t, p, []string{"a"}, numbered(20)...)
	got, err := collect(t, p, 0, reqs)
	for id, a := range must(t, got, err) {
		if a.Reject != HTTPError {
			t.Errorf("%s: reject %q", id, a.Reject)
		}
	}
	c.Replay = true
	sent := len(s.Arrivals())
	// Twice in one stream: sent again once.
	got, err = collect(t, openPanel(t, c), 0, append(slices.Clone(reqs), tagged(reqs, "twice")...))
	must(t, got, err)
	if n := len(s.Arrivals()) - sent; n != 20 {
		t.Errorf("a replay that fails sent %d, want 20", n)
	}
	broken = false
	got, err = collect(t, openPanel(t, c), 0, reqs)
	for id, a := range must(t, got, err) {
		if a.Reject != "" || a.FromLedger {
			t.Errorf("%s: after the replay: reject %q, from ledger %v", id, a.Reject, a.FromLedger)
		}
	}
	c.Replay, sent = false, len(s.Arrivals())
	got, err = collect(t, openPanel(t, c), 0, reqs)
	for id, a := range must(t, got, err) {
		if a.Reject != "" {
			t.Errorf("%s: the dead letter stands above the answer", id)
		}
	}
	if n := len(s.Arrivals()) - sent; n != 0 {
		t.Errorf("after the replay %d were sent", n)
	}
}

func tagged(reqs []Request, tag string) []Request {
	out := slices.Clone(reqs)
	for i := range out {
		out[i].Tag = tag
	}
	return out
}

func TestOneKeyIsPaidOnce(t *testing.T) {
	s := serve(t, faultserver.Options{Latency: 5 * time.Millisecond})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), member(s)))
	one := ask(t, p, []string{"a"}, numbered(30)...)
	var reqs []Request
	for i := range 4 {
		reqs = append(reqs, tagged(one, fmt.Sprint(i))...)
	}
	got, err := collect(t, p, 0, reqs)
	must(t, got, err)
	if len(got) != 120 || len(s.Arrivals()) != 30 {
		t.Errorf("%d answers from %d calls, want 120 from 30", len(got), len(s.Arrivals()))
	}
}

func TestSecretsAreNotSent(t *testing.T) {
	s := serve(t, faultserver.Options{})
	c := config(dirstore.Dir(t.TempDir()), member(s))
	c.Check = func(text string) error {
		if strings.Contains(text, "n0003") {
			return errors.New("rule aws-access-key")
		}
		return nil
	}
	p := openPanel(t, c)
	got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(10)...))
	must(t, got, err)
	for id, a := range got {
		if want := id == "a n0003 "; want != (a.Reject == Secret) || want != (a.Detail == "rule aws-access-key") {
			t.Errorf("%s: reject %q, %q", id, a.Reject, a.Detail)
		}
	}
	for _, a := range s.Arrivals() {
		if strings.Contains(a.User, "n0003") {
			t.Error("the secret was sent")
		}
	}
}

// slowStore blocks commits of records until it is opened; advances pass.
type slowStore struct {
	ledger.Store
	open chan struct{}
}

func (s slowStore) Put(ctx context.Context, name string, data []byte) error {
	z, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer z.Close()
	plain, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	if !bytes.Contains(plain, []byte(`"records":0,`)) {
		<-s.open
	}
	return s.Store.Put(ctx, name, data)
}

// together answers when so many requests have arrived.
func together(s **faultserver.Server, n int) faultserver.Step {
	return faultserver.OK(func(a faultserver.Arrival) string {
		for (*s).Served() < n {
			time.Sleep(time.Millisecond)
		}
		return negative(a)
	})
}

func TestNoMoreThanTheConcurrencyIsSentAndNotCommitted(t *testing.T) {
	var s *faultserver.Server
	// Or answers would wait to be committed before the calls to come have an advance.
	s = serve(t, faultserver.Options{Plan: faultserver.Each(together(&s, 8))})
	store := slowStore{dirstore.Dir(t.TempDir()), make(chan struct{})}
	m := member(s)
	p := openPanel(t, config(store, m))
	reqs := ask(t, p, []string{"a"}, numbered(100)...)
	var once sync.Once
	go func() {
		for len(s.Arrivals()) < m.Concurrency {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(30 * time.Millisecond) // time in which one more could come
		if n := len(s.Arrivals()); n > m.Concurrency {
			t.Errorf("%d calls while nothing is committed, concurrency is %d", n, m.Concurrency)
		}
		once.Do(func() { close(store.open) })
	}()
	got, err := collect(t, p, 0, reqs)
	if len(must(t, got, err)) != 100 {
		t.Errorf("%d answers", len(got))
	}
}

func TestStreamsAreReadAndEmittedByTheCaller(t *testing.T) {
	// The race detector sees it if Do uses another goroutine for either.
	s := serve(t, faultserver.Options{})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), member(s)))
	reqs := ask(t, p, []string{"a"}, numbered(200)...)
	open, most := 0, 0
	var stream iter.Seq[Request] = func(yield func(Request) bool) {
		for _, r := range reqs {
			open++
			most = max(most, open)
			if !yield(r) {
				return
			}
		}
	}
	c := p.config.LookAhead
	if err := p.Do(t.Context(), 0, stream, func(Answer) error { open--; return nil }); err != nil {
		t.Fatal(err)
	}
	if open != 0 || most > c {
		t.Errorf("%d left, %d at once, look-ahead %d", open, most, c)
	}
}

func TestKeys(t *testing.T) {
	s := serve(t, faultserver.Options{})
	base := member(s)
	key := func(edit func(*Member), c schemas.Context, typ schemas.Type, sample int64) string {
		m := base
		edit(&m)
		p := openPanel(t, config(dirstore.Dir(t.TempDir()), m))
		r, err := p.GenerateRequest(m.Name, c, typ, sample)
		if err != nil {
			t.Fatal(err)
		}
		return r.Key
	}
	same := func(*Member) {}
	first := key(same, place("x"), schemas.TypeMethod, 0)
	for name, k := range map[string]string{
		"again": key(same, place("x"), schemas.TypeMethod, 0),
		"another name, limits, price": key(func(m *Member) {
			m.Name, m.RPM, m.Concurrency, m.Timeout, m.USDPerMTok = "z", 7, 3, time.Second, nil
		}, place("x"), schemas.TypeMethod, 0),
		"slash":       key(func(m *Member) { m.BaseURL += "/" }, place("x"), schemas.TypeMethod, 0),
		"not renamed": key(same, func() schemas.Context { c := place("x"); c.ID, c.Path = "other", "p"; return c }(), schemas.TypeMethod, 0),
	} {
		if k != first {
			t.Errorf("%s: the key changed", name)
		}
	}
	seen := map[string]string{first: "first"}
	for name, k := range map[string]string{
		"sample":      key(same, place("x"), schemas.TypeMethod, 1),
		"type":        key(same, place("x"), schemas.TypeParameter, 0),
		"context":     key(same, place("y"), schemas.TypeMethod, 0),
		"model":       key(func(m *Member) { m.Model = "m2" }, place("x"), schemas.TypeMethod, 0),
		"temperature": key(func(m *Member) { m.Temperature = ptr(0.0) }, place("x"), schemas.TypeMethod, 0),
		"default":     key(func(m *Member) { m.Temperature = nil }, place("x"), schemas.TypeMethod, 0),
		"max_tokens":  key(func(m *Member) { m.MaxTokens++ }, place("x"), schemas.TypeMethod, 0),
		"server":      key(func(m *Member) { m.BaseURL += "/x" }, place("x"), schemas.TypeMethod, 0),
	} {
		if seen[k] != "" {
			t.Errorf("%s has the key of %s", name, seen[k])
		}
		seen[k] = name
	}
}

func TestJudging(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.OK(func(a faultserver.Arrival) string {
		if !a.Judging() {
			return "{}"
		}
		return fmt.Sprintf(`{"correct": %v, "confidence": 0.9}`, strings.Contains(a.User, ">StoreMessageInfo(mi)<"))
	}))})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), member(s)))
	c := place("x")
	control, err := p.JudgeRequest("a", c, c.Golden)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := p.JudgeRequest("a", c, "Nope()")
	if err != nil {
		t.Fatal(err)
	}
	control.Tag, wrong.Tag = "control", "wrong"
	got, err := collect(t, p, 0, []Request{control, wrong})
	must(t, got, err)
	for tag, want := range map[string]bool{"control": true, "wrong": false} {
		j, reason := got["a x "+tag].Judged()
		if reason != "" || j.Correct != want {
			t.Errorf("%s: %+v, reason %q", tag, j, reason)
		}
	}
}

// BenchmarkDo is a whole request at zero latency: ledger and parsing included, and
// the server too, which runs in the same process.
func BenchmarkDo(b *testing.B) {
	s := faultserver.New(faultserver.Options{Plan: faultserver.Each(faultserver.OK(negative))})
	defer s.Close()
	b.Setenv(keyEnv, apiKey)
	m := member(s)
	m.Concurrency = 256
	c := config(dirstore.Dir(b.TempDir()), m)
	c.CommitEvery = 0
	p, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	fill := strings.Repeat("// a line of the file, as files have them\n", 40)
	valid := 0
	b.ResetTimer()
	err = p.Do(b.Context(), 0, func(yield func(Request) bool) {
		for i := range b.N {
			place := place(fmt.Sprint(i))
			place.Prefix = fill + place.Prefix
			r, err := p.GenerateRequest("a", place, schemas.TypeMethod, 0)
			if err != nil || !yield(r) {
				return
			}
		}
	}, func(a Answer) error {
		if _, reason, _ := a.Generated(); reason == "" {
			valid++
		}
		return nil
	})
	if err != nil || valid != b.N {
		b.Fatalf("%d of %d, %v", valid, b.N, err)
	}
}

// TestLimitsChangeBetweenPanels: a process may build again with other limits, but not
// while a panel is open. A panel that could not be opened holds nothing.
func TestLimitsChangeBetweenPanels(t *testing.T) {
	s := serve(t, faultserver.Options{})
	c := config(dirstore.Dir(t.TempDir()), member(s))
	first := openPanel(t, c)
	wide := member(s)
	wide.Concurrency++
	other := c
	other.Members = []Member{wide}
	if _, err := Open(other); err == nil || !strings.Contains(err.Error(), "is in use with other limits") {
		t.Fatalf("err = %v, want one that names the limits in use", err)
	}
	none := c
	none.Store = nil
	if _, err := Open(none); err == nil {
		t.Fatal("opened without a store")
	}
	first.Close()
	second, err := Open(other)
	if err != nil {
		t.Fatalf("when the first was closed: %v", err)
	}
	second.Close()
}
