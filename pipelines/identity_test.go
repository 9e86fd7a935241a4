package pipelines

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
)

// TestPaidByAnotherCode goes on with a build for which another version of the code has paid:
// that is refused before a request is sent, and with --replace it says what may be paid again.
func TestPaidByAnotherCode(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Judging() {
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	})
	c := ordinary(t, 2)
	r := asked(t, s)
	b := c.open(t, t.TempDir(), "direct", r)
	if err := b.RunStages(t.Context(), schemas.StageExtract, schemas.StageGenerate); err != nil {
		t.Fatal(err)
	}
	older := func(path string) {
		t.Helper()
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		if m["code_version"] == nil {
			t.Fatalf("%s has no code_version", path)
		}
		m["code_version"] = schemas.CodeVersion - 1
		if m["fingerprint"] != nil { // which is of the code's version too
			m["fingerprint"] = "00000000000000000000000000000000"
		}
		if raw, err = json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	sent := len(s.Arrivals())
	refused := func(what string) {
		t.Helper()
		err := c.open(t, b.Out, "direct", r).RunStages(t.Context(), schemas.Stages...)
		var refusal *shard.Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "--replace") ||
			!strings.Contains(err.Error(), "dollars would be paid again") {
			t.Errorf("%s: %v", what, err)
		}
		if n := len(s.Arrivals()) - sent; n != 0 {
			t.Fatalf("%s: %d requests", what, n)
		}
	}
	older(filepath.Join(b.Out, identityName))
	refused("noted by the command")

	// A version that did not note it is told by its manifests.
	raw, err := os.ReadFile(filepath.Join(b.Out, identityName))
	if err != nil {
		t.Fatal(err)
	}
	var id identity
	if err := json.Unmarshal(raw, &id); err != nil {
		t.Fatal(err)
	}
	id.CodeVersion = 0
	if err := b.note(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{schemas.StageExtract, schemas.StageGenerate} {
		older(filepath.Join(b.Out, stage, "manifest.json"))
	}
	refused("told by a manifest")

	// A command that pays nothing makes the manifest anew, and does not hide who paid.
	if err := c.open(t, b.Out, "direct", r).RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Fatal(err)
	}
	refused("told by what was there before extract was done again")

	again := c.open(t, b.Out, "direct", r)
	again.Replace = true
	var said []string
	again.Log = func(format string, args ...any) { said = append(said, format) }
	if err := again.RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(said, "\n"), "--replace: %s") {
		t.Errorf("it said %q", said)
	}
	if n := len(s.Arrivals()) - sent; n == 0 {
		t.Error("nobody judged")
	}
	if err := c.open(t, b.Out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Errorf("once it went on: %v", err)
	}
}
