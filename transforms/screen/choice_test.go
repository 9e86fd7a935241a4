package screen

import "testing"

// The names of the files alone do not tell whether the GPL may be left for MIT, or holds
// for a part.
func TestChoiceBesideACopyleftLicenceMustBeStated(t *testing.T) {
	mit, gpl := text(t, "MIT"), text(t, "GPL-2.0")
	for name, c := range map[string]struct {
		beside map[string]string
		want   string
	}{
		"nothing else":    {nil, notPermissive},
		"manifest of one": {map[string]string{"package.json": `{"license": "MIT"}`}, notPermissive},
		"manifest of all": {map[string]string{"package.json": `{"license": "MIT AND GPL-2.0"}`},
			notPermissive},
		"manifest": {map[string]string{"package.json": `{"license": "(MIT OR GPL-2.0)"}`}, "MIT"},
		"list of a manifest": {map[string]string{"package.json": `{"licenses": [{"type": "GPL-2.0"}, {"type": ` +
			`"MIT"}]}`}, "MIT"},
		"names": {map[string]string{"setup.cfg": "[metadata]\nlicense = MIT or GPLv2\n"}, "MIT"},
		"workspace": {map[string]string{"Cargo.toml": "[package]\nlicense.workspace = true\n" +
			"[workspace.package]\nlicense = \"MIT OR GPL-2.0\"\n"}, "MIT"},
		"README": {map[string]string{"README.md": "# X\n\n## License\n\n" +
			"Dual licensed under the MIT and GPL licenses.\n"}, "MIT"},
		"README of one": {map[string]string{"README.md": "# X\n\n## License\n\n" +
			"The code is under MIT, the tools are not.\n"},
			notPermissive},
		"manifest in another folder": {map[string]string{"x/package.json": `{"license": "MIT OR GPL-2.0"}`},
			notPermissive},
		"one that refuses": {map[string]string{"package.json": `{"license": "MIT OR GPL-2.0"}`,
			"setup.cfg": "[metadata]\nlicense = GPLv2\n"}, notPermissive},
	} {
		evidence := map[string]string{"LICENSE.MIT": mit, "LICENSE.GPL": gpl}
		for p, data := range c.beside {
			evidence[p] = data
		}
		if got, detail := answered(t, evidence, "a.js", "x = 1\n"); got != c.want {
			t.Errorf("%s: got %q (%s), want %q", name, got, detail, c.want)
		}
	}
	for name, want := range map[string]string{"LICENSE-BSL": unclear, "LICENSE-MPL": unclear,
		"LICENSE-Apache": "MIT"} {
		evidence := map[string]string{"LICENSE-MIT": mit, name: "Our own terms, which nobody knows. " +
			text(t, "MIT")[:200]}
		if got, detail := answered(t, evidence, "a.js", "x = 1\n"); got != want {
			t.Errorf("%s: got %q (%s), want %q", name, got, detail, want)
		}
	}
}

func TestWholeLinesThatRefuse(t *testing.T) {
	for _, line := range []string{
		"SPDX: GPL-2.0", "SPDX: GPL-2.0-only", "SPDX ID: LGPL-3.0", "SPDX-ID: MPL-2.0", "spdx gpl-3.0-or-later",
		"SPDX: (GPL-2.0 OR LGPL-2.1)", "SPDX: AGPL-3.0+", "SPDX License: GPL-2.0", "SPDX license id: GPL-2.0",
		"SPDX: CC-BY-NC-4.0", "SPDX: GPL-2.0 WITH Classpath-exception-2.0",
		"Not to be used without permission.", "Not to be copied without permission", "Not to be shared or sold.",
		"Not to be redistributed.", "Do not use without permission.", "No use without permission.",
		"Use only with permission.",
		"Not to be used without the written consent of Acme.", "May not be used without permission.",
		"Used by permission only.", "Please do not use without asking.", "No copying without permission.",
	} {
		for _, sign := range []string{"# ", "\"\"\"Tools.\n\n", "#!/bin/sh\n# Copyright 2020 Acme\n# "} {
			head := sign + line + "\n"
			if sign[0] == '"' {
				head += "\"\"\"\n"
			}
			if got, _ := answered(t, map[string]string{"LICENSE": text(t, "MIT")}, "a.py",
				head+"x = 1\n"); IsPermissive(got) {
				t.Errorf("%q: kept as %s", head, got)
			}
		}
	}
	for _, line := range []string{
		"SPDX: MIT", "SPDX: the list of licences", "SPDX: MIT OR GPL-2.0", "SPDX parser",
		"Not to be used with Python 2.",
		"Not to be used directly.", "SPDX: the list of GPL licences", "SPDX headers",
		"Do not use without a transaction.",
		"Used by permission checks.", "Not to be confused with permission.",
		"Not to be called without permission checks.",
	} {
		if got, detail := answered(t, map[string]string{"LICENSE": text(t, "MIT")},
			"a.py", "# "+line+"\nx = 1\n"); got != "MIT" {
			t.Errorf("%q: lost as %s (%s)", line, got, detail)
		}
	}
}
