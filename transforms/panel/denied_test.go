package panel

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
)

// TestA403IsTheRequestsUnlessAllGetIt: some requests that are refused among others that
// are answered are dead letters; where all that is asked is refused, nothing is recorded.
func TestA403IsTheRequestsUnlessAllGetIt(t *testing.T) {
	const n, alive = 90, 40
	for name, c := range map[string]struct {
		refuses   func(a faultserver.Arrival) bool
		rejected  int // recorded
		answered  int // with up to the concurrency more
		lookAhead int
		stopped   bool
	}{
		"each third":        {func(a faultserver.Arrival) bool { return strings.ContainsAny(caseOf(a)[4:], "036") }, 27, 63, 0, false},
		"the last one":      {func(a faultserver.Arrival) bool { return caseOf(a) == "n0089" }, 1, 89, 0, false},
		"one look-ahead":    {func(a faultserver.Arrival) bool { return caseOf(a) == "n0050" }, 1, 89, 1, false},
		"all":               {func(faultserver.Arrival) bool { return true }, 0, 0, 0, true},
		"all after a while": {func(a faultserver.Arrival) bool { return a.N >= alive }, 0, alive, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			var mended atomic.Bool
			s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
				if c.refuses(a) && !mended.Load() {
					return faultserver.Reply(403, `<html>Access denied</html>`)
				}
				return faultserver.OK(negative)
			}})
			store := dirstore.Dir(t.TempDir())
			cfg := config(store, member(s))
			cfg.LookAhead = c.lookAhead
			p := openPanel(t, cfg)
			reqs := ask(t, p, []string{"a"}, numbered(n)...)
			got, err := collect(t, p, 0, reqs)
			if errors.Is(err, ErrStopped) != c.stopped || err != nil && (!strings.Contains(err.Error(), "Access denied") || !strings.Contains(err.Error(), keyEnv)) {
				t.Fatalf("error %v, want one %v, with what was said and the key's name", err, c.stopped)
			}
			if k := rejected(t, store); k != c.rejected {
				t.Errorf("%d dead letters, want %d", k, c.rejected)
			}
			answered := 0
			for _, a := range got {
				if a.Reject == "" {
					answered++
				} else if !strings.Contains(a.Detail, "Access denied") {
					t.Errorf("%s: %s", a.Request.ContextID, a.Detail)
				}
			}
			if answered != c.answered || len(got) != n {
				t.Errorf("%d answers of %d, want %d", answered, len(got), c.answered)
			}
			if k := s.Count(403); c.stopped && k > 10+2*member(s).Concurrency {
				t.Errorf("asked %d times after it was refused", k)
			}
			if !c.stopped {
				return
			}
			mended.Store(true)
			got, err = collect(t, openPanel(t, cfg), 0, reqs)
			if must(t, got, err); len(got) != n || s.Count(200) != n {
				t.Errorf("%d answers, %d paid, after it was mended", len(got), s.Count(200))
			}
		})
	}
}

// TestWhatAFilterRefusesIsTheRequestsOwn whatever status it has, and costs one request;
// what names the member stops it.
func TestWhatAFilterRefusesIsTheRequestsOwn(t *testing.T) {
	for body, c := range map[string]struct {
		status int
		stops  bool
	}{
		`{"error":{"code":403,"message":"input was flagged by moderation","metadata":{"reasons":["violence"],"flagged_input":"billing"}}}`:                                 {403, false},
		`{"error":{"message":"The response was filtered","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`:                                   {400, false},
		`{"error":{"code":"data_inspection_failed","message":"Input data may contain inappropriate content."}}`:                                                            {400, false},
		`{"error":{"message":"Your request was rejected as a result of our safety system."}}`:                                                                              {400, false},
		`{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"code\":\"content_filter\"}}"}}}`:                                        {400, false},
		`{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}`:                                                {403, true},
		`{"error":{"message":"Key limit exceeded (monthly limit)","code":403}}`:                                                                                            {403, true},
		`{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`:          {400, true},
		`{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}`:                                           {400, true},
		`{"object":"error","message":"Invalid model: m9","type":"invalid_model","code":"1500"}`:                                                                            {400, true},
		`{"error":{"message":"The model ` + "`x`" + ` has been decommissioned and is no longer supported.","type":"invalid_request_error","code":"model_decommissioned"}}`: {400, true},
	} {
		s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
			if caseOf(a) == "n0001" || c.stops {
				return faultserver.Reply(c.status, body)
			}
			return faultserver.OK(negative)
		}})
		store := dirstore.Dir(t.TempDir())
		m := member(s)
		m.Concurrency = 1
		p := openPanel(t, config(store, m))
		got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(5)...))
		if errors.Is(err, ErrStopped) != c.stops {
			t.Errorf("%s: error %v", body, err)
		}
		if c.stops {
			if rejected(t, store) != 0 || s.Served() != 1 {
				t.Errorf("%s: %d dead letters, %d requests", body, rejected(t, store), s.Served())
			}
			continue
		}
		for id, a := range got {
			if own := id == "a n0001 "; own != (a.Reject == AnswerRefused) {
				t.Errorf("%s: %s: %q", body, id, a.Reject)
			}
		}
		if s.Served() != 5 || len(got) != 5 {
			t.Errorf("%s: %d requests", body, s.Served())
		}
	}
}
