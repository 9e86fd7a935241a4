package screen

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"decoy/schemas/spdx"

	"github.com/github/go-spdx/v2/spdxexp"
)

// The reasons in tables that want an expression or a reason.
const (
	noLicense     = string(NoLicense)
	notPermissive = string(LicenseNotPermissive)
	unclear       = string(LicenseUnclear)
	restricted    = string(LicenseRestricted)
)

// text reads licence texts of testdata and joins them.
func text(t testing.TB, names ...string) string {
	t.Helper()
	var all []string
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join("testdata", "licenses", n+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return strings.Join(all, "\n----\n\n")
}

func TestIsLicenseFile(t *testing.T) {
	for path, want := range map[string]bool{
		"LICENSE": true, "LICENCE": true, "License.txt": true, "license.md": true, "COPYING": true, "COPYING.LESSER": true,
		"UNLICENSE": true, "LICENSE-MIT": true, "LICENSE-APACHE-2.0": true, "LICENSE.Apache": true, "LICENSE_1_0.txt": true,
		"MIT-LICENSE.txt": true, "a/b/LICENSE": true, "LICENSES/MIT.txt": true, "licenses/Apache-2.0": true, "LICENSES.txt": true,
		"LICENSE-CODE": true, "a/licenses/LICENSE": true, "LICENSE.libyaml": true,
		"NOTICE": false, "NOTICE.txt": false, "license.go": false, "license_test.go": false, "LICENSE.json": false,
		"LICENSE.docs": false, "LICENSE-THIRD-PARTY": false, "ThirdPartyLicenses.txt": false, "third-party-licenses": false,
		"hack/check-license": false, "go.sum.license": false, "licenses/README.md": false, "licenses/MIT.lre": false,
		"a/licenses/MIT.txt": false, "PATENTS": false, "README": false, "src/licenser": false, "": false,
	} {
		if got := IsLicenseFile(path); got != want {
			t.Errorf("IsLicenseFile(%q) = %v", path, got)
		}
	}
}

func TestLicensesOfFolders(t *testing.T) {
	mit, bsd, isc, apache, gpl := text(t, "MIT"), text(t, "BSD-3-Clause"), text(t, "ISC"), text(t, "Apache-2.0"), text(t, "GPL-2.0")
	own := "All mine. You may look at this code on Sundays, tell your friends, and do as they say. " + strings.Repeat("Ask me first. ", 90)
	for name, c := range map[string]struct {
		files map[string]string
		path  string
		want  string // expression, or reason
	}{
		"none":                      {nil, "a.go", noLicense},
		"only in another folder":    {map[string]string{"b/LICENSE": mit}, "a/a.go", noLicense},
		"a folder is no prefix":     {map[string]string{"a/LICENSE": mit}, "ab/a.go", noLicense},
		"root":                      {map[string]string{"LICENSE": mit}, "a/b/c.go", "MIT"},
		"bsd":                       {map[string]string{"COPYING": bsd}, "a.go", "BSD-3-Clause"},
		"isc":                       {map[string]string{"LICENCE.md": isc}, "a.go", "ISC"},
		"unlicense":                 {map[string]string{"UNLICENSE": text(t, "Unlicense")}, "a.go", "Unlicense"},
		"patents file":              {map[string]string{"LICENSE": bsd, "PATENTS": own}, "a.go", "BSD-3-Clause"},
		"gpl":                       {map[string]string{"LICENSE": gpl}, "a.go", notPermissive},
		"own text":                  {map[string]string{"LICENSE": own}, "a.go", unclear},
		"own short text":            {map[string]string{"LICENSE": "Ask me."}, "a.go", unclear},
		"empty":                     {map[string]string{"LICENSE": ""}, "a.go", unclear},
		"half of it is something":   {map[string]string{"LICENSE": mit + own}, "a.go", unclear},
		"parts appended":            {map[string]string{"LICENSE": apache + bsd + mit}, "a.go", "Apache-2.0 AND BSD-3-Clause AND MIT"},
		"a forbidding part":         {map[string]string{"LICENSE": apache + gpl}, "a.go", notPermissive},
		"choice":                    {map[string]string{"LICENSE-APACHE": apache, "LICENSE-MIT": mit}, "src/a.rs", "MIT OR Apache-2.0"},
		"choice with a remark":      {map[string]string{"LICENSE-APACHE": apache, "LICENSE-MIT": mit, "COPYING": "Dual-licensed, take either.\n"}, "a.rs", "MIT OR Apache-2.0"},
		"choice with the Unlicense": {map[string]string{"UNLICENSE": text(t, "Unlicense"), "LICENSE-MIT": mit}, "a.rs", "MIT OR Unlicense"},
		"choice with gpl":           {map[string]string{"MIT-LICENSE.txt": mit, "GPL-LICENSE.txt": gpl}, "a.js", notPermissive},
		"choice between bad ones":   {map[string]string{"LICENSE-GPL2": gpl, "LICENSE.MIT": own}, "a.js", notPermissive},
		"no choice":                 {map[string]string{"LICENSE": mit, "COPYING": gpl}, "a.js", notPermissive},
		"both":                      {map[string]string{"LICENSE": mit, "LICENSE.libyaml": bsd}, "a.js", "MIT AND BSD-3-Clause"},
		"documentation":             {map[string]string{"LICENSE": mit, "LICENSE.docs": own}, "a.js", "MIT"},
		"nearer":                    {map[string]string{"LICENSE": apache, "lib/LICENSE": mit}, "lib/x/a.go", "MIT"},
		"nearer forbids":            {map[string]string{"LICENSE": apache, "lib/LICENSE": gpl}, "lib/x/a.go", notPermissive},
		"nearer does not reach":     {map[string]string{"LICENSE": apache, "lib/LICENSE": gpl}, "a.go", "Apache-2.0"},
		"root forbids":              {map[string]string{"LICENSE": gpl, "lib/LICENSE": mit}, "lib/x/a.go", notPermissive},
		"list":                      {map[string]string{"LICENSES/MIT.txt": mit, "LICENSES/ISC.txt": isc}, "a.go", "ISC AND MIT"},
		"list of dependencies":      {map[string]string{"LICENSE": mit, "licenses/dep.txt": gpl}, "a.go", "MIT"},
		"list forbids":              {map[string]string{"LICENSES/MIT.txt": mit, "LICENSES/GPL-2.0.txt": gpl}, "a.go", notPermissive},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLicenses()
			for path, data := range c.files {
				l.Add(path, []byte(data))
			}
			spdx, reason, detail := l.For(c.path, []byte("package a\n"))
			if spdx+string(reason) != c.want {
				t.Errorf("got %q %q (%s), want %q", spdx, reason, detail, c.want)
			}
			if (reason == "") != (detail == "") || (reason == "") != (spdx != "") {
				t.Errorf("spdx %q, reason %q, detail %q do not fit", spdx, reason, detail)
			}
		})
	}
}

func TestLicensesOfHeads(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		want string // in an MIT archive
		bare string // in an archive without licence
	}{
		"nothing":     {"package a\n", "MIT", noLicense},
		"mark":        {"// SPDX-License-Identifier: Apache-2.0\npackage a\n", "Apache-2.0", "Apache-2.0"},
		"block":       {"/*\n * Copyright\n *\n * SPDX-License-Identifier: BSD-3-Clause\n */\n", "BSD-3-Clause", "BSD-3-Clause"},
		"one line":    {"/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */\n", "MIT", "MIT"},
		"script":      {"#!/usr/bin/env python\n# SPDX-License-Identifier: 0BSD\n", "0BSD", "0BSD"},
		"docstring":   {"\"\"\"A module.\n\nSPDX-License-Identifier: ISC\n\"\"\"\n", "ISC", "ISC"},
		"gpl mark":    {"// SPDX-License-Identifier: GPL-2.0-only\n", notPermissive, notPermissive},
		"broken mark": {"// SPDX-License-Identifier: (MIT OR\n", unclear, unclear},
		"two marks":   {"// SPDX-License-Identifier: MIT\n// SPDX-License-Identifier: ISC\n", "MIT AND ISC", "MIT AND ISC"},
		"mark in code": {
			"package a\nconst s = \"SPDX-License-Identifier: GPL-2.0-only\"\n", "MIT", noLicense},
		"mark after the head": {strings.Repeat("\n", headLines) + "// SPDX-License-Identifier: GPL-2.0-only\n", notPermissive, notPermissive},
		"gpl notice": {
			"// This program is free software: you can redistribute it and/or modify\n// it under the terms of the GNU General\n// Public License as published by the FSF, either version 3.\n",
			notPermissive, notPermissive},
		"lgpl notice":   {"/* under the GNU Lesser General Public License */\n", notPermissive, notPermissive},
		"gpl for short": {"# Licensed under the terms of the GPLv3\n", notPermissive, notPermissive},
		"mpl notice": {
			"/* This Source Code Form is subject to the terms of the Mozilla Public\n * License, v. 2.0. */\n", notPermissive, notPermissive},
		"commons clause":   {"// Subject to the \"Commons Clause\" License Condition v1.0.\n", notPermissive, notPermissive},
		"share alike":      {"# This work is licensed under CC BY-SA 4.0\n", notPermissive, notPermissive},
		"named in passing": {"// The elastic pool keeps confidential data; see GNU make.\n", "MIT", noLicense},
		"proprietary":      {"// Proprietary and Confidential. Do not copy.\n", restricted, restricted},
		"choice":           {"/*\n * Dual licensed under the MIT and GPL licenses.\n */\n", "MIT", noLicense},
		"short choice":     {"// Released under the MIT or GPL Version 2 licenses.\n", "MIT", noLicense},
		"gpl in code":      {"package a\n\nvar name = \"GNU General Public License\"\n", "MIT", noLicense},
		"apache notice": {
			"// Licensed under the Apache License, Version 2.0 (the \"License\");\n// you may not use this file except in compliance.\n", "MIT", noLicense},
	} {
		t.Run(name, func(t *testing.T) {
			with := NewLicenses()
			with.Add("LICENSE", []byte(text(t, "MIT")))
			if spdx, reason, detail := with.For("a/b.go", []byte(c.head)); spdx+string(reason) != c.want {
				t.Errorf("got %q %q (%s), want %q", spdx, reason, detail, c.want)
			}
			if spdx, reason, detail := NewLicenses().For("a/b.go", []byte(c.head)); spdx+string(reason) != c.bare {
				t.Errorf("bare: got %q %q (%s), want %q", spdx, reason, detail, c.bare)
			}
		})
	}
}

func TestLicensesMarkOverridesForbiddingRoot(t *testing.T) {
	l := NewLicenses()
	l.Add("COPYING", []byte(text(t, "GPL-2.0")))
	if spdx, _, _ := l.For("a.c", []byte("// SPDX-License-Identifier: MIT\n")); spdx != "MIT" {
		t.Errorf("got %q", spdx)
	}
}

func TestLicensesConcurrent(t *testing.T) {
	l := NewLicenses()
	l.Add("LICENSE", []byte(text(t, "MIT")))
	l.Add("d3/LICENSE", []byte(text(t, "ISC")))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			want := map[bool]string{true: "ISC", false: "MIT"}[i == 3]
			if spdx, _, _ := l.For(fmt.Sprintf("d%d/x/a.go", i), nil); spdx != want {
				t.Errorf("d%d: %q", i, spdx)
			}
		})
	}
	wg.Wait()
}

func TestMark(t *testing.T) {
	for in, want := range map[string]string{ // the permissive part; "-" forbids, "!" is unclear
		"MIT": "MIT", "mit": "MIT", "MIT */": "MIT", "MIT -->": "MIT", "MIT */ int x;": "MIT", "MIT.": "MIT", "\"MIT\"": "MIT",
		"Apache-2.0 Copyright 2020": "Apache-2.0", "MIT (see LICENSE)": "MIT", "MIT // own": "MIT", "MIT, see LICENSE": "MIT",
		"Apache-2.0 WITH LLVM-exception": "Apache-2.0 WITH LLVM-exception", "MIT WITH Commons-Clause": "-", "MIT WITH Foo": "!",
		"MIT OR Apache-2.0": "MIT OR Apache-2.0", "Apache-2.0 OR MIT": "Apache-2.0 OR MIT", "MIT/Apache-2.0": "MIT OR Apache-2.0",
		"GPL-2.0-only OR MIT": "MIT", "GPL-2.0-only AND MIT": "-", "MIT AND (BSD-3-Clause OR GPL-2.0+)": "MIT AND BSD-3-Clause",
		"MIT AND (BSD-3-Clause OR ISC)": "MIT AND (BSD-3-Clause OR ISC)", "(MIT OR (MIT OR (ISC)))": "MIT OR ISC",
		"MIT OR GPL-2.0 AND ISC": "MIT", "(MIT OR GPL-2.0) AND GPL-3.0": "-", "GPL-2.0 WITH Classpath-exception-2.0": "-",
		"LicenseRef-Mine": "-", "MPL-2.0": "-", "MIT-0": "MIT-0", "JSON": "-", "Apache-2.0+": "Apache-2.0", "MIT and ISC": "MIT AND ISC",
		"BSD-2-Clause-FreeBSD": "BSD-2-Clause", "GPL-3.0-or-later": "-", "GPL-2.0": "-", "MIT License": "MIT", "GPLv3": "-",
		"MIT & GPL-3.0-only": "-", "MIT + GPL-3.0-only": "-", "MIT, GPL-2.0": "-", "MIT; GPL-2.0": "-", "MIT & ISC": "MIT AND ISC",
		"MIT GPL-3.0-only": "!", "MIT | GPL-3.0-only": "!", "MIT and then some": "!", "MIT (non-commercial use)": "-",
		"": "!", "OR MIT": "!", "MIT OR": "!", "(MIT": "!", "MIT WITH": "!", "<id>": "!", strings.Repeat("(", 99) + "MIT": "!",
	} {
		v := mark(in)
		got := v.expr.String()
		switch v.reason {
		case LicenseUnclear:
			got = "!"
		case LicenseNotPermissive:
			got = "-"
		}
		if got != want || !v.found {
			t.Errorf("%.60q: got %q (%s), want %q", in, got, v.detail, want)
		}
	}
}

// The choice that is taken is one that the library takes for allowed too.
func TestPermissiveAgreesWithTheLibrary(t *testing.T) {
	ids := []string{"MIT", "Apache-2.0", "GPL-3.0-only", "LicenseRef-a", "MPL-2.0"}
	for _, a := range ids {
		for _, b := range ids {
			for _, c := range ids {
				for _, form := range []string{"%s AND %s OR %s", "%s AND (%s OR %s)", "%s OR %s OR %s", "(%s OR %s) AND %s"} {
					text := fmt.Sprintf(form, a, b, c)
					e, err := spdx.Parse(text)
					if err != nil {
						t.Fatal(err)
					}
					_, ok := permissive(e)
					if want, err := spdxexp.Satisfies(text, Permissive); err != nil || ok != want {
						t.Errorf("%s: got %v, the library says %v (%v)", text, ok, want, err)
					}
				}
			}
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add("MIT AND (BSD-3-Clause OR GPL-2.0+)")
	f.Add("Apache-2.0 WITH LLVM-exception */")
	f.Fuzz(func(t *testing.T, in string) {
		v := mark(in)
		if !v.found || (v.reason == "") != (v.detail == "") || v.reason == "" && !IsPermissive(v.expr.String()) {
			t.Errorf("%q: %+v", in, v)
		}
	})
}
