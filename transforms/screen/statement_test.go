package screen

import (
	"strings"
	"testing"

	"decoy/schemas/spdx"
)

func TestStatement(t *testing.T) {
	for in, want := range map[string]string{ // the permissive part; "-" forbids, "?" says nothing
		"MIT": "MIT", " mit\n": "MIT", "(MIT)": "MIT", "MIT OR Apache-2.0": "MIT OR Apache-2.0", "MIT/Apache-2.0": "MIT OR Apache-2.0",
		"(MIT OR GPL-3.0)": "MIT", "MIT AND ISC": "MIT AND ISC", "Apache-2.0 WITH LLVM-exception": "Apache-2.0 WITH LLVM-exception",
		"Unlicense/MIT": "Unlicense OR MIT", "MIT / Apache-2.0": "MIT OR Apache-2.0", "MIT/X11": "MIT OR X11", "Apache-2.0+": "Apache-2.0",
		"GPL-3.0": "-", "GPL-2.0+": "-", "LGPL-2.1-or-later": "-", "MIT AND GPL-2.0-only": "-", "CC0-1.0": "CC0-1.0", "MPL-2.0": "-", "MIT-0": "MIT-0",
		"Apache-1.1": "-", "LicenseRef-Acme": "-", "GPL-2.0-only WITH Classpath-exception-2.0": "-", "MIT WITH Commons-Clause": "-",

		"MIT License": "MIT", "The MIT License": "MIT", "The MIT License (MIT)": "MIT", "Expat": "MIT",
		"Apache 2.0": "Apache-2.0", "Apache 2": "Apache-2.0", "Apache License 2.0": "Apache-2.0", "Apache License, Version 2.0": "Apache-2.0",
		"The Apache Software License, Version 2.0": "Apache-2.0", "Apache License V2.0": "Apache-2.0", "Apache-2": "Apache-2.0",
		"Apache License 2.0 (Apache-2.0)": "Apache-2.0", "apache2": "Apache-2.0", "ASL 2.0": "Apache-2.0",
		"BSD 3-Clause License": "BSD-3-Clause", "The BSD 3-Clause License (BSD3)": "BSD-3-Clause", "New BSD License": "BSD-3-Clause",
		"BSD 3-Clause \"New\" or \"Revised\" License (BSD-3-Clause)": "?", "3-Clause BSD License": "BSD-3-Clause",
		"BSD 3-clause \"New\" or \"Revised\" License": "BSD-3-Clause", "Eclipse Distribution License - v 1.0": "BSD-3-Clause",
		"BSD-2-Clause License": "BSD-2-Clause", "Simplified BSD": "BSD-2-Clause", "ISC License (ISCL)": "ISC", "zlib/libpng License": "Zlib",
		"The Unlicense (Unlicense)": "Unlicense", "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0", "Zero-Clause BSD (0BSD)": "0BSD",
		"MIT or Apache License, Version 2.0": "MIT OR Apache-2.0", "Apache License, Version 2.0 or MIT": "Apache-2.0 OR MIT",
		"MIT License and Apache License, Version 2.0": "MIT AND Apache-2.0", "Apache License, version 2.0, MIT License": "Apache-2.0 AND MIT",
		"MIT License or GNU General Public License v3": "MIT", "MIT License & GPL v3": "-", "GPL v2 or MIT License": "MIT",

		"GPL": "-", "GPLv3": "-", "GPL v2 or later": "-", "GPL (>= 2)": "-", "LGPL": "-", "AGPL-3": "-", "GNU GPL": "-",
		"GNU General Public License v3 or later (GPLv3+)": "-", "GNU Lesser General Public License": "-",
		"GNU Library or Lesser General Public License (LGPL)": "-", "GNU Lesser General Public License v2 or later (LGPLv2+)": "-",
		"GNU General Public License, version 2 (GPL2), with the classpath exception": "-", "CDDL + GPLv2 with classpath exception": "-",
		"GNU Affero General Public License v3": "-", "Mozilla Public License 2.0 (MPL 2.0)": "-", "MPL 1.1": "-",
		"Eclipse Public License - v 1.0": "-", "EPL 2.0": "-", "Eclipse Public License v2.0": "-", "LGPL/MPL": "-",
		"Common Development and Distribution License": "-", "European Union Public Licence 1.2 (EUPL 1.2)": "-", "CC BY-NC 4.0": "-",
		"Creative Commons Attribution-NonCommercial": "-", "BUSL-1.1": "-", "Elastic License 2.0": "-",
		"UNLICENSED": "-", "Proprietary": "-", "Other/Proprietary License": "-", "All rights reserved": "-", "Commercial": "-",

		"": "?", "BSD": "?", "BSD License": "?", "Apache": "?", "Apache Software License": "?", "Public Domain": "?", "Custom": "?",
		"SEE LICENSE IN LICENSE.md": "?", "SEE LICENSE IN licenses/MIT": "?", "See file MIT": "?", "file: MIT": "?",
		"MIT but ask me first": "?", "MIT (non-commercial use)": "-", "MIT, not for commercial use": "-", "Apache 2.0 with Commons Clause": "-", "GPL-compatible": "?", "MIT AND Custom": "?", "GPL OR Custom": "?",
		"BSD/GPL": "?", "MIT OR": "?", "$(PackageLicense)": "?", "commercial grade MIT": "-", "Acme Commercial EULA": "-", "See the terms at https://example.com/eula": "-", "Acme Software Agreement": "-", "See terms of use": "-",
		"MIT OR Custom": "MIT", "GPL-3.0 AND Custom": "-", "MIT, GPL": "-",
		strings.Repeat("(", 99) + "MIT" + strings.Repeat(")", 99): "?", "MIT" + strings.Repeat(" OR MIT", spdx.MaxTokens): "?",
		strings.Repeat("a long text ", 40) + "or MIT": "?", "MIT OR ISC" + strings.Repeat(" OR GPL-3.0", 30): "MIT OR ISC",

		"https://opensource.org/licenses/MIT": "MIT", "http://www.apache.org/licenses/LICENSE-2.0.txt": "Apache-2.0",
		"https://www.gnu.org/licenses/gpl-3.0.html": "-", "https://example.com/blob/master/LICENSE/MIT": "?", "https://example.com or MIT": "?",
		"http://www.opensource.org/licenses/mit-license.php": "MIT", "https://spdx.org/licenses/BSD-3-Clause.html": "BSD-3-Clause",
		"http://www.apache.org/licenses/": "?", "http://www.apache.org/licenses/LICENSE-1.1": "-", "https://www.gnu.org/licenses/lgpl.html": "-",
	} {
		if got := written(statement(in)); got != want {
			t.Errorf("%.80q: got %q, want %q", in, got, want)
		}
	}
}

func written(v verdict) string {
	switch {
	case !v.found:
		return "?"
	case v.reason != "":
		return "-"
	}
	return v.expr.String()
}

func TestStated(t *testing.T) {
	for in, want := range map[string]string{
		"": noLicense, " ": noLicense, "MIT": "MIT", "mit": "MIT", "BSD-3-Clause AND ISC AND MIT": "BSD-3-Clause AND ISC AND MIT",
		"Apache-2.0 OR GPL-2.0-only": "Apache-2.0", "MIT AND GPL-2.0-only": notPermissive, "MPL-2.0": notPermissive,
		"other": unclear, "MIT AND other": unclear,
	} {
		l := Stated(in)
		spdx, reason, detail := l.For("a/b.go", []byte("package b\n"))
		if spdx+string(reason) != want || (reason == "") != (detail == "") {
			t.Errorf("%q: got %q %q (%s), want %q", in, spdx, reason, detail, want)
		}
		if got, reason, _ := l.For("a/b.go", []byte("// SPDX-License-Identifier: ISC\n")); got+string(reason) != "ISC" {
			t.Errorf("%q: a permissive head gives %q %q", in, got, reason)
		}
		if _, reason, _ := l.For("a/b.go", []byte("// SPDX-License-Identifier: GPL-2.0-only\n")); reason != LicenseNotPermissive {
			t.Errorf("%q: a head that forbids gives %q", in, reason)
		}
	}
}

func FuzzStatement(f *testing.F) {
	f.Add("Apache License, Version 2.0 or MIT")
	f.Add("CDDL + GPLv2 with classpath exception")
	f.Add("https://opensource.org/licenses/MIT")
	f.Fuzz(func(t *testing.T, in string) {
		v := statement(in)
		if !v.found || v.reason != "" {
			if v.found != (v.reason != "") || v.found != (v.detail != "") {
				t.Errorf("%q: %+v", in, v)
			}
			return
		}
		if again := written(statement(v.expr.String())); again != v.expr.String() {
			t.Errorf("%q is written %q and read back as %q", in, v.expr, again)
		}
		if _, ok := permissive(v.expr); !ok {
			t.Errorf("%q: %q is not permissive", in, v.expr)
		}
	})
}
