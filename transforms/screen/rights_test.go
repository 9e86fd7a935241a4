package screen

import (
	"strings"
	"testing"
)

// answered gives the licence, or the reason, for a file beside the evidence.
func answered(t *testing.T, evidence map[string]string, filePath, content string) (got, detail string) {
	t.Helper()
	l := NewLicenses()
	for p, data := range evidence {
		if to, ok := strings.CutPrefix(data, "-> "); ok {
			l.AddLink(p, to)
		} else if IsEvidence(p) {
			l.AddEvidence(p, []byte(data))
		}
	}
	for {
		wanted := l.Wanted()
		if len(wanted) == 0 {
			break
		}
		for _, p := range wanted {
			if data, ok := evidence[p]; ok && !strings.HasPrefix(data, "-> ") {
				l.Refer(p, []byte(data))
			}
		}
	}
	l.Close()
	license, reason, detail := l.For(filePath, []byte(content))
	if (license == "") == (reason == "") || (reason == "") != (detail == "") {
		t.Errorf("%s: license %q, reason %q, detail %q do not fit", filePath, license, reason, detail)
	}
	return license + reason, detail
}

// A whole permissive text with something behind it, and before it.
func TestTextBesideALicence(t *testing.T) {
	mit, apache, bsd := text(t, "MIT"), text(t, "Apache-2.0"), text(t, "BSD-3-Clause")
	for _, c := range []struct{ beside, want string }{
		{"", ""}, {"All rights reserved.", ""}, {"Copyright (c) 2019-2024 Jane Doe <jane@example.org> and contributors", ""},
		{"Copyright 2020 The Use Authors. All Rights Reserved.\nCopyright © 2021, Commercial Bank AG, Machine Learning Lab", ""},
		{"The MIT License (MIT)\n=====================", ""}, {"# License", ""}, {"https://opensource.org/licenses/MIT", ""}, {"SPDX-License-Identifier: MIT", ""},
		{"This project is licensed under the MIT license.", ""}, {"golang.org/x/net v0.1.0\n---------------------", ""}, {"## yaml.v3", ""},
		{"This product includes code from the Foo project (https://example.org/foo), which has the following license:", ""},
		{"The following files were ported to Go from C files of libyaml, and thus are still covered by their original MIT license:\n\n  apic.go emitterc.go", ""},
		{"This project is dual-licensed under MIT and Apache-2.0.", ""}, {"See the AUTHORS file for a list of contributors.", ""},
		{"Portions of this software are derived from bar, copyright 2009 The Bar Authors.", ""},
		{"You may not use this software except in compliance with the License.", ""},

		{"Additional terms\n\nThe software may not be offered as a hosted service.", "!"},
		{"\"Commons Clause\" License Condition v1.0\n\nThe Software is provided to you under the License, as defined below, subject to the following condition.", "!"},
		{"The grant above does not include the right to sell the software.", "!"}, {"Not for commercial use.", "!"}, {"Non-commercial use only", "!"},
		{"You may not use this software to train machine learning models.", "!"}, {"No AI training.", "!"}, {"This code may not be used to train language models", "!"},
		{"Use restrictions: see RAIL licence, attachment A.", "!"}, {"The software must not be used for military purposes.", "!"},
		{"Portions of this software under GPL: see COPYING.gpl", "!"}, {"Files in ext/ are under the LGPL.", "!"}, {"Parts are licensed under the GNU General Public License.", "!"},
		{"* All content in the \"ee/\" directory is under the commercial licence of Example.", "!"}, {"Content of enterprise/ requires a subscription.", "!"},
		{"Free for companies with fewer than 100 employees.", "!"}, {"Production use needs a key from Example Inc.", "!"},
		{"Business Source License 1.1", "!"}, {"Elastic License 2.0 applies to x-pack", "!"}, {"PolyForm Noncommercial", "!"}, {"Hippocratic License", "!"},
		{"Kommerzielle Nutzung verboten", "!"}, {"Utilisation commerciale interdite sans accord", "!"}, {"禁止将本软件用于商业用途", "!"}, {"Запрещено коммерческое использование", "!"},
		{"Copyright 2020 Acme. Not for commercial use.", "!"}, {"Copyright 2024 X. Redistribution is prohibited.", "!"},
		{"If you are an employee of Example, ask first.", "!"}, {"By using it you agree to the terms at https://example.com/terms", "!"},
		{"Students and hobbyists: enjoy! Others: buy a seat.", "!"}, {"The name \"Foo\" is a trademark of Foo Inc.", "!"},
	} {
		for name, file := range map[string]string{
			"behind MIT": mit + "\n\n" + c.beside + "\n", "before MIT": c.beside + "\n\n" + mit,
			"behind Apache": apache + "\n\n" + c.beside + "\n", "before BSD": c.beside + "\n\n" + bsd,
		} {
			got, detail := answered(t, map[string]string{"LICENSE": file}, "a.py", "x = 1\n")
			if lost := got == LicenseRestricted || got == LicenseNotPermissive || got == LicenseUnclear; lost != (c.want != "") {
				t.Errorf("%s, %q: got %q (%s)", name, c.beside, got, detail)
			}
		}
	}
}

func TestWordsPutIntoALicence(t *testing.T) {
	mit := text(t, "MIT")
	for _, c := range []struct{ old, new string }{
		{"to deal\nin the Software without restriction", "to deal\nin the Software for non-commercial purposes"},
		{"any person obtaining a copy\nof this software", "any academic person obtaining a copy\nof this software"},
		{"sublicense, and/or sell", "and/or"},
		{"free of charge, ", "free of charge for evaluation, "},
	} {
		changed := strings.Replace(mit, c.old, c.new, 1)
		if changed == mit {
			changed = strings.Replace(strings.Join(strings.Fields(mit), " "), strings.Join(strings.Fields(c.old), " "), strings.Join(strings.Fields(c.new), " "), 1)
		}
		if got, detail := answered(t, map[string]string{"LICENSE": changed}, "a.py", "x = 1\n"); got == "MIT" {
			t.Errorf("%q: got %q (%s)", c.new, got, detail)
		}
	}
}

// What the head of a file says against the licence around it; "" is kept.
func TestHeadsThatForbid(t *testing.T) {
	mit := text(t, "MIT")
	const old, no, never = "", LicenseNotPermissive, LicenseRestricted
	for _, c := range []struct{ file, head, want string }{
		{"a.py", "# Copyright 2024 A\n# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).\n", no},
		{"a.py", "# License LGPL-3.0 or later (http://www.gnu.org/licenses/lgpl).\n", no},
		{"a.py", "\"\"\"Small tool.\n\n:license: GPL v2 or later, see COPYING for details.\n\"\"\"\n", no},
		{"a.py", "r'''A tool.\n\nLicence: GPLv3+\n'''\n", no}, {"a.py", "\"A tool under the terms of the LGPL.\"\n", no},
		{"a.py", "__author__ = \"A\"\n__license__ = \"GPL\"\n", no}, {"a.py", "__license__: str = 'AGPL-3.0'\n", no}, {"a.py", "__licence__ = 'Proprietary'\n", no},
		{"a.py", "\"\"\"" + strings.Repeat("Long text.\n", 90) + "\n:license: GPL v3\n\"\"\"\n", no}, {"a.py", strings.Repeat("import a\n", 100) + "__license__ = 'GPL v3'\n", old},
		{"a.py", "__license__ = 'MIT'\n", old}, {"a.py", "__license__ = 'MIT or GPL'\n", old}, {"a.py", "#\n# License:\n#   GPL v3\n", no},
		{"a.js", "/*!\n * thing v1\n * @license GPL-3.0\n */\n", no}, {"a.js", "/** @license MIT */\n", old}, {"a.js", "// Licence: EUPL-1.2\n", no},
		{"a.java", "/* Licensed under the EUPL, Version 1.2 or later. */\n", no}, {"a.java", "/* Licensed under the EUPL. */\n", no},
		{"a.rs", "// This Source Code Form is subject to the terms of the MPL, v. 2.0.\n", no}, {"a.rs", "//! See http://mozilla.org/MPL/2.0/.\n", no},
		{"a.cs", "// Released under Creative Commons Attribution-NonCommercial 4.0\n", no}, {"a.cs", "// License: CC BY-NC 4.0\n", no}, {"a.cs", "// (from an answer, https://creativecommons.org/licenses/by-sa/4.0/)\n", no},
		{"a.cs", "// Unauthorized copying of this file, via any medium is strictly prohibited\n", never}, {"a.cs", "// Proprietary and confidential\n", never},
		{"a.py", "# This source code is the trade secret of Acme Inc. and may not be\n# used, copied or disclosed without its written permission.\n", never},
		{"a.cc", "/* All information contained herein is the property of Acme. */\n", never}, {"a.cc", "// Acme confidential. Do not distribute.\n", never},
		{"a.cc", "// This file is for internal use only.\n", never}, {"a.cc", "// For Acme internal use only.\n", never}, {"a.cc", "// Internal use only: call Foo instead.\n", old},
		{"a.ts", "// Copyright Acme Inc. All rights reserved.\n", LicenseUnclear}, {"a.ts", "// Copyright (c) 2020 Doe and others. All rights reserved.\n", old},
		{"a.ts", "// Copyright Acme Inc. All rights reserved.\n// Licensed under the MIT License.\n", old},
		{"a.ts", "// Licensed under the PolyForm Noncommercial License 1.0.0\n", no}, {"a.ts", "// https://polyformproject.org/licenses/shield/1.0.0/\n", no},
		{"a.go", "// Use of this source code is governed by the Business Source License\n", no}, {"a.go", "// Licensed under the Elastic License 2.0\n", no}, {"a.go", "// SSPL licensed.\n", no},
		{"a.go", "// Licensed under the Server Side Public License, v 1\n", no}, {"a.go", "// may be distributed under the terms of the GNU LGPL v2\n", no},
		{"a.go", "// This code may not be used to train machine learning models.\n", never}, {"a.go", "// Use of this file for AI training is prohibited.\n", never},
		{"a.go", "// For academic use only.\n", never}, {"a.go", "// Free for non-commercial use.\n", never}, {"a.go", "// Available under a commercial license.\n", never},
		{"a.go", "package a\n\n" + strings.Repeat("// f does\nfunc f() {}\n", 60) + "// under the terms of the GNU Lesser General Public License.\nfunc g() {}\n", no},
		{"a.c", "/* -*- C++ -*- */ /* SPDX-License-Identifier: GPL-2.0-only */\n", no},
		{"a.cc", "MODULE_LICENSE(\"GPL v2\");\n", no},

		// BSD, Apache, MIT and X11 in their own words, and talk about licences.
		{"a.go", "// Neither the name of A nor the names of its contributors may be used to endorse or promote products derived from this software without specific prior written permission.\n", old},
		{"a.go", "// The name of the author may not be used to endorse or promote products derived from this software without specific prior written permission.\n", old},
		{"a.go", "// you may not use this file except in compliance with the License.\n", old}, {"a.go", "// Dual licensed under the MIT and GPL licenses.\n", old},
		{"a.go", "// Except as contained in this notice, the name of a holder shall not be used in advertising or otherwise without prior written authorization.\n", old},
		{"a.go", "// Licensed under GPL-2.0 or MIT, at your choice.\n", old}, {"a.go", "// The pool must not be copied after first use.\n", old},
		{"a.go", "// Package train holds training loops; do not use it for evaluation.\n", old}, {"a.go", "// Do not copy the mutex.\n", old},
		{"a.go", "// Package scan finds licences. It knows GPL, MPL and others.\npackage scan\n", old}, {"a.go", "var names = []string{\"GNU General Public License\", \"proprietary and confidential\"}\n", old},
		{"a.go", "// This is the public API. Use of private fields is forbidden by the compiler.\n", old},
		{"a.go", "// REUSE-IgnoreStart\n// SPDX-License-Identifier: GPL-3.0-only\n// REUSE-IgnoreEnd\npackage a\n", old},
	} {
		got, detail := answered(t, map[string]string{"LICENSE": mit}, c.file, c.head)
		if c.want == "" && got != "MIT" || c.want != "" && got != c.want {
			t.Errorf("%.90q: got %q (%s), want %q", c.head, got, detail, c.want)
		}
	}
}

func TestReuse(t *testing.T) {
	mit := text(t, "MIT")
	annotate := func(path, precedence, license string) string {
		return "\n[[annotations]]\npath = " + path + "\n" + precedence + "SPDX-FileCopyrightText = \"2024 A\"\nSPDX-License-Identifier = \"" + license + "\"\n"
	}
	const v1 = "version = 1\n"
	gpl := "SPDX-FileCopyrightText: 2024 A\n\nSPDX-License-Identifier: GPL-3.0-or-later\n"
	isc := "# SPDX-License-Identifier: ISC\n"
	for name, c := range map[string]struct {
		files         map[string]string
		content, want string // of src/gpl/a.py
	}{
		"sidecar":                {map[string]string{"src/gpl/a.py.license": gpl}, "", LicenseNotPermissive},
		"permissive sidecar":     {map[string]string{"src/gpl/a.py.license": isc}, "", "ISC"},
		"sidecar of another":     {map[string]string{"src/gpl/b.py.license": gpl}, "", "MIT"},
		"sidecar and head":       {map[string]string{"src/gpl/a.py.license": isc}, "# SPDX-License-Identifier: 0BSD\n", "0BSD AND ISC"},
		"sidecar of a text":      {map[string]string{"src/gpl/a.py.license": "Ask me.\n"}, "", LicenseUnclear},
		"sidecar, two marks":     {map[string]string{"src/gpl/a.py.license": isc + gpl}, "", LicenseNotPermissive},
		"glob":                   {map[string]string{"REUSE.toml": v1 + annotate(`"src/gpl/*.py"`, "", "GPL-3.0-only")}, "", LicenseNotPermissive},
		"glob of one folder":     {map[string]string{"REUSE.toml": v1 + annotate(`"src/*"`, "", "GPL-3.0-only")}, "", "MIT"},
		"glob of all below":      {map[string]string{"REUSE.toml": v1 + annotate(`["docs/**", "src/**"]`, "", "GPL-3.0-only")}, "", LicenseNotPermissive},
		"escaped star":           {map[string]string{"REUSE.toml": v1 + annotate(`'src/gpl/\*.py'`, "", "GPL-3.0-only")}, "", "MIT"},
		"last one counts":        {map[string]string{"REUSE.toml": v1 + annotate(`"**"`, "", "GPL-3.0-only") + annotate(`"src/**"`, "", "ISC")}, "", "ISC"},
		"closest: head first":    {map[string]string{"REUSE.toml": v1 + annotate(`"**"`, "precedence = \"closest\"\n", "GPL-3.0-only")}, isc, "ISC"},
		"aggregate: both":        {map[string]string{"REUSE.toml": v1 + annotate(`"**"`, "precedence = \"aggregate\"\n", "GPL-3.0-only")}, isc, LicenseNotPermissive},
		"override":               {map[string]string{"REUSE.toml": v1 + annotate(`"**"`, "precedence = \"override\"\n", "GPL-3.0-only")}, isc, LicenseNotPermissive},
		"override, permissive":   {map[string]string{"REUSE.toml": v1 + annotate(`"**"`, "precedence = \"override\"\n", "ISC")}, "# SPDX-License-Identifier: GPL-3.0-only\n", "ISC"},
		"nested is closer":       {map[string]string{"REUSE.toml": v1 + annotate(`"**"`, "", "GPL-3.0-only"), "src/REUSE.toml": v1 + annotate(`"gpl/*"`, "", "ISC")}, "", "ISC"},
		"nested forbids":         {map[string]string{"REUSE.toml": v1 + annotate(`"**"`, "", "ISC"), "src/gpl/REUSE.toml": v1 + annotate(`"a.py"`, "", "GPL-3.0-only")}, "", LicenseNotPermissive},
		"override from the top":  {map[string]string{"REUSE.toml": v1 + annotate(`"**"`, "precedence = \"override\"\n", "GPL-3.0-only"), "src/REUSE.toml": v1 + annotate(`"**"`, "precedence = \"override\"\n", "ISC")}, "", LicenseNotPermissive},
		"copyright alone":        {map[string]string{"REUSE.toml": v1 + "[[annotations]]\npath = \"**\"\nSPDX-FileCopyrightText = \"A\"\n"}, "", "MIT"},
		"list of expressions":    {map[string]string{"REUSE.toml": v1 + "[[annotations]]\npath = \"**\"\nSPDX-License-Identifier = [\"ISC\", \"GPL-2.0-only\"]\n"}, "", LicenseNotPermissive},
		"inline":                 {map[string]string{"REUSE.toml": v1 + "annotations = [{path = \"**\", SPDX-License-Identifier = \"GPL-2.0-only\"}]\n"}, "", LicenseNotPermissive},
		"broken":                 {map[string]string{"REUSE.toml": v1 + "[[annotations\n"}, "", LicenseUnclear},
		"dep5":                   {map[string]string{".reuse/dep5": "Format: x\n\nFiles: src/gpl/*\nCopyright: A\nLicense: GPL-3.0-or-later\n"}, "", LicenseNotPermissive},
		"dep5: star and slash":   {map[string]string{".reuse/dep5": "Files: *\nCopyright: A\nLicense: GPL-3.0-or-later\n"}, "", LicenseNotPermissive},
		"dep5: last one counts":  {map[string]string{".reuse/dep5": "Files: *\nLicense: GPL-3+\n\nFiles: docs/*\n src/*\nLicense: Expat\n The text.\n"}, "", "MIT"},
		"dep5 and head":          {map[string]string{".reuse/dep5": "Files: *\nLicense: GPL-3.0-or-later\n"}, isc, LicenseNotPermissive},
		"dep5 of another folder": {map[string]string{".reuse/dep5": "Files: lib/*\nLicense: GPL-3.0-or-later\n"}, "", "MIT"},
		"texts, file is silent":  {map[string]string{"LICENSES/MIT.txt": mit, "LICENSES/GPL-3.0-or-later.txt": text(t, "GPL-2.0")}, "", LicenseUnclear},
		"texts, file speaks":     {map[string]string{"LICENSES/MIT.txt": mit, "LICENSES/GPL-3.0-or-later.txt": text(t, "GPL-2.0")}, isc, "ISC"},
		"permissive texts":       {map[string]string{"LICENSES/MIT.txt": mit, "LICENSES/ISC.txt": text(t, "ISC")}, "", "MIT"},
		"own reference":          {map[string]string{"LICENSES/LicenseRef-Acme.txt": "Ask."}, "", LicenseUnclear},
		"snippet":                {nil, isc + "x = 1\n# SPDX-SnippetBegin\n# SPDX-License-Identifier: GPL-2.0-only\ny = 1\n# SPDX-SnippetEnd\n", LicenseNotPermissive},
		"permissive snippet":     {nil, isc + strings.Repeat("x = 1\n", 200) + "# SPDX-SnippetBegin\n# SPDX-License-Identifier: 0BSD\ny = 1\n# SPDX-SnippetEnd\n", "ISC AND 0BSD"},
		"ignored":                {nil, isc + "# REUSE-IgnoreStart\n# SPDX-License-Identifier: GPL-2.0-only\n# REUSE-IgnoreEnd\n", "ISC"},
	} {
		files := map[string]string{"LICENSE": mit}
		for p, data := range c.files {
			files[p] = data
		}
		if got, detail := answered(t, files, "src/gpl/a.py", c.content); got != c.want {
			t.Errorf("%s: got %q (%s), want %q", name, got, detail, c.want)
		}
	}
}

func TestLinksAndReferences(t *testing.T) {
	mit, gpl := text(t, "MIT"), text(t, "GPL-2.0")
	for name, c := range map[string]struct {
		files map[string]string // "-> X" is a link to X
		want  string
	}{
		"link":                  {map[string]string{"LICENSE": "-> docs/legal.txt", "docs/legal.txt": mit}, "MIT"},
		"link to a GPL":         {map[string]string{"LICENSE": "-> docs/legal.txt", "docs/legal.txt": gpl}, LicenseNotPermissive},
		"link to a licence":     {map[string]string{"LICENSE": "-> COPYING", "COPYING": mit}, "MIT"},
		"link of a link":        {map[string]string{"LICENSE": "-> ./a/../b", "b": "-> c/d", "c": "-> e", "e/d": mit}, "MIT"},
		"hard link":             {map[string]string{"LICENSE": "-> /docs/legal.txt", "docs/legal.txt": mit}, "MIT"},
		"up":                    {map[string]string{"a/LICENSE": "-> ../legal.txt", "legal.txt": gpl, "LICENSE": mit}, LicenseNotPermissive},
		"loop":                  {map[string]string{"LICENSE": "-> COPYING", "COPYING": "-> LICENSE"}, LicenseUnclear},
		"loop of folders":       {map[string]string{"LICENSE": "-> a/LICENSE", "a": "-> a/b"}, LicenseUnclear},
		"out of the archive":    {map[string]string{"LICENSE": "-> ../../etc/passwd"}, LicenseUnclear},
		"nowhere":               {map[string]string{"LICENSE": "-> docs/legal.txt"}, LicenseUnclear},
		"absolute":              {map[string]string{"LICENSE": "-> "}, LicenseUnclear},
		"as Windows has it":     {map[string]string{"LICENSE": "docs/legal.txt", "docs/legal.txt": mit}, "MIT"},
		"as Windows, nowhere":   {map[string]string{"LICENSE": "../../LICENSE\n"}, LicenseUnclear},
		"manifest is a link":    {map[string]string{"LICENSE": mit, "a/package.json": "-> ../p.json", "p.json": `{"license": "GPL-3.0-only"}`}, LicenseNotPermissive},
		"see, restricted":       {map[string]string{"LICENSE": mit, "package.json": `{"license": "SEE LICENSE IN TERMS.txt"}`, "TERMS.txt": "no use without consent"}, LicenseUnclear},
		"see, permissive":       {map[string]string{"package.json": `{"license": "SEE LICENSE IN TERMS.txt"}`, "TERMS.txt": mit}, "MIT"},
		"see the licence":       {map[string]string{"LICENSE": mit, "package.json": `{"license": "SEE LICENSE IN LICENSE"}`}, "MIT"},
		"see, of the root":      {map[string]string{"LICENSE": mit, "a/package.json": `{"license": "SEE LICENSE IN LICENSE"}`}, "MIT"},
		"see, lost":             {map[string]string{"LICENSE": mit, "package.json": `{"license": "SEE LICENSE IN TERMS.txt"}`}, LicenseUnclear},
		"see, out":              {map[string]string{"LICENSE": mit, "package.json": `{"license": "SEE LICENSE IN ../TERMS.txt"}`}, LicenseUnclear},
		"crate":                 {map[string]string{"LICENSE": mit, "Cargo.toml": "[package]\nlicense-file = \"legal/own.txt\"\n", "legal/own.txt": gpl}, LicenseNotPermissive},
		"crate, permissive":     {map[string]string{"Cargo.toml": "[package]\nlicense-file = \"legal/own.txt\"\n", "legal/own.txt": mit}, "MIT"},
		"pyproject":             {map[string]string{"LICENSE": mit, "pyproject.toml": "[project]\nlicense = {file = \"own.txt\"}\n", "own.txt": gpl}, LicenseNotPermissive},
		"csproj":                {map[string]string{"a/A.csproj": "<Project><PropertyGroup><PackageLicenseFile>own.txt</PackageLicenseFile></PropertyGroup></Project>", "own.txt": gpl, "LICENSE": mit}, LicenseNotPermissive},
		"nuspec":                {map[string]string{"a.nuspec": `<package><metadata><license type="file">own\l.txt</license></metadata></package>`, "own/l.txt": gpl, "LICENSE": mit}, LicenseNotPermissive},
		"setup.py":              {map[string]string{"LICENSE": mit, "setup.py": "from setuptools import setup\n\nsetup(name=\"x\", version=\"1\", license=\"GPL-3.0\")\n"}, LicenseNotPermissive},
		"setup.py, variable":    {map[string]string{"LICENSE": mit, "setup.py": "LICENSE = 'LGPLv3'\nsetup(\n    license=LICENSE,\n)\n"}, LicenseNotPermissive},
		"setup.py, classifier":  {map[string]string{"LICENSE": mit, "setup.py": "setup(classifiers=[\n  'License :: OSI Approved :: GNU Affero General Public License v3',\n])\n"}, LicenseNotPermissive},
		"setup.py, permissive":  {map[string]string{"setup.py": "setup(license='MIT', classifiers=['License :: OSI Approved :: MIT License'])\n"}, "MIT"},
		"setup.py, commented":   {map[string]string{"LICENSE": mit, "setup.py": "setup(name='a',\n  # license='GPL'\n)\n"}, "MIT"},
		"setup.py, the file":    {map[string]string{"LICENSE": mit, "setup.py": "setup(license=open('LICENSE').read())\n"}, "MIT"},
		"PKG-INFO":              {map[string]string{"LICENSE": mit, "PKG-INFO": "Metadata-Version: 2.1\nName: x\nLicense: GPL-3.0\n\nText\n"}, LicenseNotPermissive},
		"PKG-INFO, expression":  {map[string]string{"LICENSE": mit, "x.egg-info/PKG-INFO": "Name: x\nLicense-Expression: MIT AND GPL-2.0-only\n"}, LicenseNotPermissive},
		"PKG-INFO, classifier":  {map[string]string{"LICENSE": mit, "x.dist-info/METADATA": "Name: x\nClassifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)\n"}, LicenseNotPermissive},
		"PKG-INFO, whole text":  {map[string]string{"PKG-INFO": "Name: x\nLicense: " + strings.ReplaceAll(mit, "\n", "\n        ") + "\nAuthor: A\n"}, "MIT"},
		"PKG-INFO, other text":  {map[string]string{"LICENSE": mit, "PKG-INFO": "Name: x\nLicense: " + strings.ReplaceAll(gpl, "\n", "\n        ") + "\n"}, LicenseNotPermissive},
		"vcpkg":                 {map[string]string{"LICENSE": mit, "vcpkg.json": `{"name": "a", "license": "GPL-2.0-or-later"}`}, LicenseNotPermissive},
		"conan":                 {map[string]string{"LICENSE": mit, "conanfile.py": "class A(ConanFile):\n    license = \"LGPL-2.1\"\n"}, LicenseNotPermissive},
		"meson":                 {map[string]string{"LICENSE": mit, "meson.build": "project('a', 'cpp', version : '1',\n  license : ['MIT', 'GPL-2.0-only'])\n"}, LicenseNotPermissive},
		"gradle":                {map[string]string{"LICENSE": mit, "build.gradle.kts": "pom {\n  licenses {\n    license {\n      name.set(\"GNU General Public License v3\")\n    }\n  }\n}\n"}, LicenseNotPermissive},
		"gradle, permissive":    {map[string]string{"build.gradle": "pom {\n  licenses {\n    license {\n      name = 'The Apache License, Version 2.0'\n    }\n  }\n}\n"}, "Apache-2.0"},
		"name with a condition": {map[string]string{"LICENSE": mit, "package.json": `{"license": "MIT (non-commercial use)"}`}, LicenseNotPermissive},
	} {
		path := "a/a.py"
		if got, detail := answered(t, c.files, path, "x = 1\n"); got != c.want {
			t.Errorf("%s: got %q (%s), want %q", name, got, detail, c.want)
		}
	}
}

func TestTerms(t *testing.T) {
	with := func(terms Terms, files map[string]string) *Licenses {
		l := NewLicenses().Under(terms)
		for p, data := range files {
			l.AddEvidence(p, []byte(data))
		}
		return l
	}
	gpl, mit := text(t, "GPL-2.0"), text(t, "MIT")
	for _, c := range []struct {
		terms         Terms
		files         map[string]string
		content, want string
	}{
		{Terms{Any: true}, nil, "x = 1\n", Unknown},
		{Terms{Any: true}, map[string]string{"LICENSE": mit}, "x = 1\n", "MIT"},
		{Terms{Any: true}, map[string]string{"LICENSE": gpl}, "x = 1\n", "GPL-2.0"},
		{Terms{Any: true}, map[string]string{"LICENSE": "Ask me."}, "x = 1\n", Unknown},
		{Terms{Any: true}, map[string]string{"LICENSE": mit}, "# SPDX-License-Identifier: GPL-3.0-only\n", "GPL-3.0-only"},
		{Terms{Any: true}, map[string]string{"LICENSE": mit}, "# Proprietary and confidential\n", Unknown},
		{Terms{Any: true}, map[string]string{"package.json": `{"license": "LicenseRef-Acme"}`}, "x = 1\n", "LicenseRef-Acme"},
		{Terms{Own: "LicenseRef-own"}, nil, "# Proprietary and confidential\n", "LicenseRef-own"},
		{Terms{Own: "LicenseRef-own"}, map[string]string{"LICENSE": gpl}, "x = 1\n", "LicenseRef-own"},
		{Terms{Own: "LicenseRef-own", Any: true}, nil, "# SPDX-License-Identifier: GPL-3.0-only\n", "LicenseRef-own AND GPL-3.0-only"},
	} {
		license, reason, detail := with(c.terms, c.files).For("a.py", []byte(c.content))
		if license != c.want || reason != "" || detail != "" {
			t.Errorf("%+v, %q: got %q %q (%s), want %q", c.terms, c.content, license, reason, detail, c.want)
		}
	}
}

func TestAttributes(t *testing.T) {
	var a Attributes
	a.Add(".gitattributes", []byte("\ufeff# comment\n*.pb.py linguist-generated\ngen/** linguist-generated=true\ngen/own.py -linguist-generated\n/only.py linguist-vendored\n"+
		"docs/ linguist-vendored\n\"with space.py\" linguist-generated\n*.big.py filter=lfs diff=lfs -text\n[attr]made linguist-generated\nm/*.py made\na/**/z.py linguist-vendored\nq?[ab].py linguist-vendored\n!x.py linguist-vendored\n"))
	a.Add("deep/.gitattributes", []byte("*.pb.py linguist-generated=false\nvendor/** -linguist-vendored\ng/*.py linguist-generated\ng/b.py !linguist-generated\n[attr]bad linguist-vendored\n*.bad.py bad\n"))
	yes, no := true, false
	for path, want := range map[string]FileAttributes{
		"a.py": {}, "x.pb.py": {Generated: &yes}, "p/q/x.pb.py": {Generated: &yes}, "deep/x.pb.py": {Generated: &no}, "gen/a/b.py": {Generated: &yes}, "gen/own.py": {Generated: &no},
		"only.py": {Vendored: &yes}, "p/only.py": {}, "docs/a.py": {}, "with space.py": {Generated: &yes}, "x.big.py": {LFS: true}, "m/a.py": {Generated: &yes}, "m/n/a.py": {},
		"a/z.py": {Vendored: &yes}, "a/b/c/z.py": {Vendored: &yes}, "qxa.py": {Vendored: &yes}, "qxc.py": {}, "x.py": {}, "deep/vendor/a.py": {Vendored: &no},
		"deep/g/a.py": {Generated: &yes}, "deep/g/b.py": {}, "deep/x.bad.py": {}, "é.pb.py": {Generated: &yes},
	} {
		got := a.Of(path)
		same := func(x, y *bool) bool { return (x == nil) == (y == nil) && (x == nil || *x == *y) }
		if !same(got.Generated, want.Generated) || !same(got.Vendored, want.Vendored) || got.LFS != want.LFS {
			t.Errorf("%s: got %+v, want %+v", path, got, want)
		}
	}
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 64) + "\nsize 12345\n"
	generated := "# Code generated by x. DO NOT EDIT.\n"
	for _, c := range []struct {
		attributes          FileAttributes
		path, content, want string
	}{
		{FileAttributes{}, "big.py", pointer, LFSPointer}, {FileAttributes{}, "big.py", strings.ReplaceAll(pointer, "\n", "\r\n"), LFSPointer},
		{FileAttributes{}, "a.py", "# " + pointer, ""}, {FileAttributes{LFS: true}, "a.py", "x = 1\n", LFSPointer},
		{FileAttributes{Generated: &yes}, "a.py", "x = 1\n", Generated}, {FileAttributes{Generated: &no}, "a.py", generated, ""}, {FileAttributes{}, "a.py", generated, Generated},
		{FileAttributes{Vendored: &yes}, "a.py", "x = 1\n", Vendored}, {FileAttributes{Vendored: &no}, "vendor/a.py", "x = 1\n", ""},
	} {
		if got, detail := FileUnder(c.attributes, c.path, []byte(c.content)); got != c.want {
			t.Errorf("%+v %s %.30q: got %q (%s), want %q", c.attributes, c.path, c.content, got, detail, c.want)
		}
	}
}

func FuzzEvidence(f *testing.F) {
	f.Add("REUSE.toml", "version = 1\n[[annotations]]\npath = \"**\"\nSPDX-License-Identifier = \"MIT\"\n", "# SPDX-License-Identifier: ISC\n")
	f.Add(".reuse/dep5", "Files: *\nLicense: GPL-3+\n", "x")
	f.Add(".gitattributes", "docs/ linguist-vendored\n** a\n[ b\n\\ c\n", "x")
	f.Add("a.py.license", "SPDX-License-Identifier: GPL-3.0-only\n", "x")
	f.Add("setup.py", "setup(license='MIT')", "\"\"\"License: GPL\"\"\"")
	f.Add("LICENSE", "../a", "/* a */ /* b */")
	f.Fuzz(func(t *testing.T, path, data, content string) {
		l := NewLicenses()
		l.AddEvidence(path, []byte(data))
		l.AddLink("LICENSE", path)
		for _, p := range l.Wanted() {
			l.Refer(p, []byte(data))
		}
		l.Close()
		l.Attributes("docs/a.py")
		license, reason, detail := l.For("a.py", []byte(content))
		if (license == "") == (reason == "") || (reason == "") != (detail == "") {
			t.Errorf("license %q, reason %q, detail %q do not fit", license, reason, detail)
		}
	})
}
