package panel

import (
	"fmt"
	"testing"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
)

// TestAPlaceholderForAKeyChangesNoAnswer: local servers are given keys like EMPTY, which
// stand in source code as well.
func TestAPlaceholderForAKeyChangesNoAnswer(t *testing.T) {
	for _, key := range []string{"EMPTY", "x", "Keep", "\"", "token"} {
		t.Run(key, func(t *testing.T) {
			s := serve(t, faultserver.Options{})
			m := member(s)
			m.APIKeyEnv = keyEnv + "_SHORT"
			t.Setenv(m.APIKeyEnv, key)
			p := openPanel(t, config(dirstore.Dir(t.TempDir()), m))
			got, err := collect(t, p, 0, ask(t, p, []string{"a"}, "EMPTY token"))
			for id, a := range must(t, got, err) {
				if g, reason, detail := a.Generated(); reason != "" || g.Completion != "KeepMessageInfo(mi)" {
					t.Errorf("%s: %+v, %s %s", id, g, reason, detail)
				}
			}
			if auth := s.Arrivals()[0].Auth; auth != fmt.Sprint("Bearer ", key) {
				t.Errorf("sent %q", auth)
			}
		})
	}
}
