package faultserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func ask(t *testing.T, s *Server, user string) (status int, header http.Header, body string, err error) {
	t.Helper()
	req, err := json.Marshal(map[string]any{
		"model": "m", "max_tokens": 10,
		"messages": []any{map[string]string{"role": "system", "content": "be good"}, map[string]string{"role": "user", "content": user}},
	})
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 200 * time.Millisecond}
	res, err := client.Post(s.URL()+"/chat/completions", "application/json", strings.NewReader(string(req)))
	if err != nil {
		return 0, nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(b), err
}

func TestStepsByTryAndByArrival(t *testing.T) {
	s := New(Options{Plan: Each(Status(500, "x"), Text("hello"))})
	defer s.Close()
	for i, want := range []int{500, 200, 200} {
		if status, _, _, err := ask(t, s, "a"); err != nil || status != want {
			t.Errorf("try %d: %d, %v, want %d", i, status, err, want)
		}
	}
	if status, _, _, _ := ask(t, s, "b"); status != 500 {
		t.Errorf("first try of another request: %d, want 500", status)
	}
	o := New(Options{Plan: InOrder(Status(500, "x"), Text("hello"))})
	defer o.Close()
	for i, want := range []int{500, 200, 200} {
		if status, _, _, _ := ask(t, o, fmt.Sprint(i)); status != want {
			t.Errorf("arrival %d: %d, want %d", i, status, want)
		}
	}
	a := s.Arrivals()
	if len(a) != 4 || a[1].Try != 1 || a[1].Status != 200 || a[1].System != "be good" || a[1].User != "a" || a[1].MaxTokens != 10 || s.Count(500) != 2 {
		t.Errorf("log: %+v", a)
	}
}

func TestTheWindowIsEnforced(t *testing.T) {
	s := New(Options{Window: time.Minute, Limit: 5, Burst: 1, RetryAfter: "7"})
	defer s.Close()
	for i := range 10 {
		status, header, _, err := ask(t, s, fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		if want := i >= 6; want != (status == 429) || want != (header.Get("Retry-After") == "7") {
			t.Errorf("request %d: status %d, Retry-After %q", i, status, header.Get("Retry-After"))
		}
	}
	k := New(Options{Window: time.Minute, Tokens: 50})
	defer k.Close()
	for i := range 5 {
		// 10 tokens of answer, 2 and 1 of prompt
		if status, _, _, _ := ask(t, k, "aaa"); (i >= 3) != (status == 429) {
			t.Errorf("request %d: status %d", i, status)
		}
	}
}

func TestBrokenConnections(t *testing.T) {
	s := New(Options{Plan: InOrder(Cut(), Hang(), Text("x"))})
	defer s.Close()
	if status, _, body, err := ask(t, s, "a"); !errors.Is(err, io.ErrUnexpectedEOF) || status != 200 || body == "" {
		t.Errorf("cut: %d, %q, %v, want half a body", status, body, err)
	}
	if _, _, _, err := ask(t, s, "b"); !os.IsTimeout(err) {
		t.Errorf("hang: %v, want the client's timeout", err)
	}
	if status, _, _, err := ask(t, s, "c"); err != nil || status != 200 {
		t.Errorf("after: %d, %v", status, err)
	}
	if a := s.Arrivals(); a[0].Status != 0 {
		t.Errorf("a cut answer is logged as %d", a[0].Status)
	}
}
