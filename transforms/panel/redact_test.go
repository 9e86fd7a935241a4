package panel

import (
	"encoding/binary"
	"fmt"
	"strings"
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

// TestAPackedKeyIsTakenOut: what a server echoes is redacted however it is written.
func TestAPackedKeyIsTakenOut(t *testing.T) {
	const key = "sk-a-long-key-of-a-test"
	t.Setenv(keyEnv+"_ECHO", key)
	for name, body := range map[string]string{
		"packed": packed(key + saying(good)), "UTF-16": "\xff\xfe" + inUTF16(binary.LittleEndian, key+saying(good)),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, faultserver.Options{Plan: always(400, body)})
			m := member(s)
			m.APIKeyEnv = keyEnv + "_ECHO"
			p := openPanel(t, config(dirstore.Dir(t.TempDir()), m))
			got, err := collect(t, p, 0, ask(t, p, []string{"a"}, "x"))
			for id, a := range must(t, got, err) {
				if raw := string(plain(a.Raw)); strings.Contains(raw, key) || !strings.Contains(raw, "[redacted]") ||
					strings.Contains(a.Detail, key) {
					t.Errorf("%s: %q %s", id, raw, a.Detail)
				}
			}
		})
	}
}
