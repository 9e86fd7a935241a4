package curate_test

import (
	"testing"

	"decoy/transforms/curate"
)

func TestCalleeIsTheCalledNameOrThatOfTheEnclosingCall(t *testing.T) {
	for _, tt := range []struct{ prefix, golden, want string }{
		{"x := ", "load(path, 3)", "load"},
		{"x = ", "a.b.load(path)", "load"},
		{"", "if (ready) { start(); }", "start"}, // a keyword is no callee
		{"save(path, ", "mode", "save"},
		{"save(path, open(name), [1, 2], ", "mode", "save"},
		{"save(path);\nx = ", "mode", ""},
		{"x = [", "mode", ""},
		{"if (", "ready", ""},
		{"import ", "os", ""},
		{"", "", ""},
	} {
		if got := curate.Callee(tt.prefix, tt.golden); got != tt.want {
			t.Errorf("Callee(%q, %q) is %q, want %q", tt.prefix, tt.golden, got, tt.want)
		}
	}
}
