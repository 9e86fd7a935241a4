package valid

import (
	"strings"
	"testing"

	"decoy/schemas"
)

// TestCheckFree: a sample may differ from the golden in anything, but it is code that parses
// at its place, and not the golden.
func TestCheckFree(t *testing.T) {
	ctx := &schemas.Context{ID: "c", Path: "a.go", Language: schemas.Go,
		Prefix: "package a\n\nfunc f(key string) {\n\t", Golden: "get(key)", Suffix: "\n}\n"}
	c := New()
	defer c.Close()
	for _, x := range []struct {
		text   string
		reason schemas.Reason
	}{
		{"for i := range 3 {\n\t\tput(key, i, other.Thing{})\n\t}", ""},
		{"x", ""},
		{"get( key )", RejectSame},
		{"get(key", RejectSyntax},
		{"get(key)\n}\n\nfunc g() {", ""},
		{"get(key)\n}", RejectSyntax},
		{"```\nget(key)\n```", RejectFence},
		{"Here is the completion: get(key)", RejectProse},
		{" \n", RejectEmpty},
		{"get(key)<|endoftext|>", RejectToken},
		{"get(" + strings.Repeat("k", MaxChars) + ")", RejectLength},
	} {
		r, reason, detail := c.CheckFree(ctx, x.text)
		if reason != x.reason || reason == "" && r.Text != x.text {
			t.Errorf("%.60q is %q (%s), text %q; want %q", x.text, reason, detail, r.Text, x.reason)
		}
	}
	windows := *ctx
	windows.ID, windows.Prefix = "w", strings.ReplaceAll(ctx.Prefix, "\n", "\r\n")
	if r, reason, _ := c.CheckFree(&windows, "get(key)\nput(key)"); reason != "" || r.Text != "get(key)\r\nput(key)" {
		t.Errorf("line ends are not the window's: %q, %s", r.Text, reason)
	}
	for reason, want := range map[schemas.Reason]bool{RejectCollateral: true, RejectSimilarity: true, RejectWrongType: true,
		RejectSyntax: true, RejectSame: false, RejectFence: false, RejectLength: false, RejectEmpty: false} {
		if Differs(reason) != want {
			t.Errorf("Differs(%s) is %v", reason, !want)
		}
	}
}

// TestCheckFreeOfWholeLines: where the golden is whole lines a sample begins with their indentation
// and ends in a line end, or what follows would run into it.
func TestCheckFreeOfWholeLines(t *testing.T) {
	ctx := &schemas.Context{ID: "c", Path: "a.py", Language: schemas.Python, Prefix: "import os\n\nif True:\n",
		Golden: "    from a import b\n", Suffix: "from c import (\n    d,\n)\n"}
	c := New()
	defer c.Close()
	for text, want := range map[string]schemas.Reason{
		"    os.close(1)\n": "", "    os.close(1)": RejectSyntax, "os.close(1)\n": RejectSyntax,
		"        os.close(1)\n": RejectSyntax,
	} {
		if _, reason, detail := c.CheckFree(ctx, text); reason != want {
			t.Errorf("%q is %q (%s), want %q", text, reason, detail, want)
		}
	}
}
