package spdx

import (
	"strings"
	"testing"

	"github.com/github/go-spdx/v2/spdxexp"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{ // "!" is an error
		"MIT": "MIT", "mit": "MIT", " MIT\n": "MIT", "(MIT)": "MIT", "apache-2.0": "Apache-2.0", "Apache-2.0+": "Apache-2.0+",
		"MIT OR Apache-2.0": "MIT OR Apache-2.0", "MIT/Apache-2.0": "MIT OR Apache-2.0", "MIT / Apache-2.0": "MIT OR Apache-2.0",
		"MIT and ISC": "MIT AND ISC", "MIT OR GPL-2.0 AND ISC": "MIT OR GPL-2.0 AND ISC", "(MIT OR GPL-2.0) AND ISC": "(MIT OR GPL-2.0) AND ISC",
		"GPL-2.0-or-later WITH classpath-exception-2.0": "GPL-2.0-or-later WITH Classpath-exception-2.0",
		"GPL-2.0": "GPL-2.0", "GPL-2.0+": "GPL-2.0+", "BSD-2-Clause-FreeBSD": "BSD-2-Clause-FreeBSD", // deprecated
		"LicenseRef-Own": "LicenseRef-Own", "DocumentRef-a.b:LicenseRef-c": "DocumentRef-a.b:LicenseRef-c", "(MIT OR (MIT OR (ISC)))": "MIT OR ISC",
		"": "!", "MIT & GPL-3.0-only": "!", "MIT + GPL-3.0-only": "!", "MIT, GPL-2.0": "!", "MIT; ISC": "!", "MIT GPL-2.0": "!", "MIT | ISC": "!",
		"MIT WITH Commons-Clause": "!", "MIT WITH": "!", "OR MIT": "!", "MIT OR": "!", "(MIT": "!", "MIT)": "!", "GPL": "!", "Custom": "!", "LicenseRef-": "!",
		"MIT WITH GPL-2.0": "!", "Classpath-exception-2.0": "!", "MIT License": "!", "NOT MIT": "!", strings.Repeat("(", 99) + "MIT" + strings.Repeat(")", 99): "!",
		"MIT" + strings.Repeat(" OR ISC", MaxTokens): "!",
	} {
		e, err := Parse(in)
		got := e.String()
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%.60q: got %q (%v), want %q", in, got, err, want)
		}
	}
}

// What is written can be read back, and the library agrees that it is an expression.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"MIT AND (BSD-3-Clause OR GPL-2.0+)", "Apache-2.0 WITH LLVM-exception", "MIT/ISC", "LicenseRef-a AND DocumentRef-b:LicenseRef-c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		e, err := Parse(in)
		if err != nil {
			return
		}
		if again, err := Parse(e.String()); err != nil || again.String() != e.String() {
			t.Errorf("%q is written %q and read back as %q (%v)", in, e, again, err)
		}
		if _, err := spdxexp.ExtractLicenses(e.String()); err != nil {
			t.Errorf("%q: the library says %v", e, err)
		}
	})
}
