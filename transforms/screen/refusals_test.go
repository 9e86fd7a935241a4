package screen

import (
	"strings"
	"testing"
)

func TestRefusalsInFewWords(t *testing.T) {
	mit, apache := text(t, "MIT"), text(t, "Apache-2.0")
	for _, head := range []string{
		"# EPL-2.0", "# (GPL)", "# GNU GPL v2", "# Version: MPL 1.1/GPL 2.0/LGPL 2.1", "# CC BY-NC-ND 3.0", "# Copyright 2020 X, GPLv3", "# MegaCorp Confidential", "# For internal use only", "# Restricted",
		"# This file may not be redistributed.", "# You may not use this file except with written permission of Acme.", "# For evaluation only.", "# Free for personal and academic use.", "__license__ = (\n    'GPLv3'\n)",
		"__licenses__ = ['GPL-3.0']", "# SPDX-License-Identifier : GPL-2.0", "x = 1  # SPDX-License-Identifier: LGPL-2.1", "# Licensed under the S-Lab License 1.0", "# Licensed under the NVIDIA Source Code License",
		"# Use is subject to the terms of the Acme license agreement.", "# UNPUBLISHED PROPRIETARY SOURCE CODE", "# Licensed Materials - Property of Acme", "# You may not train machine-learning models on this file.",
		"# MIT License with Commons Clause", "# see COPYING.GPL", "# The Software shall be used for Good, not Evil.",
	} {
		if got, _ := answered(t, map[string]string{"LICENSE": mit}, "a.py", head+"\nx = 1\n"); IsPermissive(got) {
			t.Errorf("%q: kept as %s", head, got)
		}
	}
	for _, beside := range []string{"EULA: https://example.com/eula", "[MIT](GPL.txt)", "FSL-1.1-MIT", "RSAL", "Copyright 2020 Acme, evaluation copy", "Modified MIT License", "https://commonsclause.com/", "Delete within 24 hours."} {
		if got, _ := answered(t, map[string]string{"LICENSE": mit + "\n\n" + beside + "\n"}, "a.py", "x = 1\n"); IsPermissive(got) {
			t.Errorf("%q: kept as %s", beside, got)
		}
	}
	for name, data := range map[string]string{
		"LICENSE.md": "# License\n\nGPL-3.0", "LICENSE-ENTERPRISE": "Buy it.", "gpl-3.0.txt": text(t, "GPL-2.0"), "COPYRIGHT": "Under the GNU General Public License.", "README.md": "# X\n\n## License\n\nThis project is licensed under the GPL v3.\n",
		"a.fsproj": "<Project><PropertyGroup><PackageLicenseExpression>GPL-3.0-only</PackageLicenseExpression></PropertyGroup></Project>", "setup.cfg": "[metadata]\nlicense_expression = GPL-3.0-only\n", "composer.json": `{"license": "GPL-3.0"}`, "build.gradle": "license = 'GPL-3.0'\n",
	} {
		if got, _ := answered(t, map[string]string{"LICENSE": mit, name: data}, "a.py", "x = 1\n"); IsPermissive(got) {
			t.Errorf("%s: kept as %s", name, got)
		}
	}
	commented := func(s string) string { return "# " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n# ") + "\n" }
	header := apache[strings.LastIndex(apache, "Licensed under the Apache"):]
	for head, want := range map[string]string{
		commented(mit): "MIT", commented(text(t, "BSD-3-Clause")): "BSD-3-Clause", commented(header): "Apache-2.0",
		commented("Portions of this file:\n\n" + mit): noLicense, "import x\n" + commented(mit): noLicense,
		"# Use of this source code is governed by a BSD-style\n# license that can be found in the LICENSE file.\n": noLicense,
	} {
		if got, detail := answered(t, nil, "a.py", head+"x = 1\n"); got != want {
			t.Errorf("%.60q alone: got %q (%s), want %q", head, got, detail, want)
		}
	}
	rust := "# Licensed under MIT or Apache-2.0, at your option. This file may not be copied, modified, or distributed\n# except according to those terms.\n"
	if got, detail := answered(t, map[string]string{"LICENSE": mit}, "a.py", rust); got != "MIT" {
		t.Errorf("got %q (%s)", got, detail)
	}
}
