package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"
)

func TestJSONConsole(t *testing.T) {
	var out bytes.Buffer
	c := &jsonConsole{w: &out, start: time.Now()}
	c.Log("%d archives", 3)
	for _, done := range []int{0, 0, 1, 1, 2} {
		c.Progress("extract", done, 2)
	}
	c.Progress("generate", 2, 2)
	c.Close()
	var got []string
	for line := range strings.Lines(out.String()) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		delete(e, "seconds")
		raw, _ := json.Marshal(e)
		got = append(got, string(raw))
	}
	want := []string{
		`{"message":"3 archives"}`,
		`{"done":0,"stage":"extract","total":2}`, `{"done":1,"stage":"extract","total":2}`, `{"done":2,"stage":"extract","total":2}`,
		`{"done":2,"stage":"generate","total":2}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestBarConsole: a stage that stops before its end must not keep Close waiting.
func TestBarConsole(t *testing.T) {
	var out bytes.Buffer
	c := &barConsole{start: time.Now(), pool: mpb.New(mpb.WithOutput(&out), mpb.WithAutoRefresh())}
	c.Log("begin")
	c.Progress("extract", 0, 2)
	c.Progress("extract", 2, 2)
	c.Progress("generate", 1, 2)
	c.Close()
	for _, want := range []string{"begin", "extract", "2 of 2", "generate", "1 of 2"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %q", want, out.String())
		}
	}
}
