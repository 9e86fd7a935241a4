package screen

import (
	"strings"
	"testing"
)

// BenchmarkLicensesFor is the answer for files with the heads that most files have.
func BenchmarkLicensesFor(b *testing.B) {
	apache := text(b, "Apache-2.0")
	commented := func(s string) string { return "// " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n// ") + "\n" }
	body := strings.Repeat("\n// next is the place of the next one, which may not be used without the lock.\n"+
		"func f() int { return 1 }\n", 200)
	for name, head := range map[string]string{
		"bare":   "",
		"tag":    "// SPDX-License-Identifier: MIT\n",
		"apache": commented(apache[strings.LastIndex(apache, "Licensed under the Apache"):]),
		"mit":    commented(text(b, "MIT")),
		"prose": commented(strings.Repeat("Package a has what the software needs to read the terms "+
			"of a work, as the use of it "+
			"is free for any purpose and not to be confused with the program, source or file it stands for.\n", 20)),
	} {
		b.Run(name, func(b *testing.B) {
			l := NewLicenses()
			l.Add("LICENSE", []byte(apache))
			file := []byte(head + "package a\n" + body)
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				l.For("a.go", file)
			}
		})
	}
}
