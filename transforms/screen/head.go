package screen

import (
	"regexp"
	"strings"
)

// headLines is where a file speaks of its own licence: the longest common header,
// that of the MPL 1.1 tri-licence, has 36 lines.
const headLines = 60

var (
	spdxMark = regexp.MustCompile(`(?i)SPDX-License-Identifier:\s*(.*)$`)

	// forbids matches the notices of licences that do not permit what MIT does, in
	// text of single blanks.
	forbids = regexp.MustCompile(`(?i)\bGNU ((Lesser|Library|Affero) )?(General|Affero|Lesser|Library) (General )?Public Licen[cs]e` +
		`|(licensed|released|distributed|available|terms of) (\w+ ){0,6}([AL]?GPL|CC[- ]BY[- ](NC|SA|ND))` +
		`|\b(Mozilla|Eclipse|European Union|Server Side|Microsoft Reciprocal|Common|IBM|Netscape|Sun) Public Licen[cs]e` +
		`|\bCommon Development and Distribution License` +
		`|\b(Business Source|Elastic|Open Software|Artistic|CeCILL|Commons Clause|PolyForm|Functional Source)\W{1,3}(License|Condition)` +
		`|\bCreative Commons Attribution.(NonCommercial|ShareAlike|NoDerivatives)` +
		`|\b(proprietary and confidential|confidential and proprietary|company confidential)\b`)

	// forbidHints are words of which every such notice holds one: they spare the
	// regular expressions nearly everywhere.
	forbidHints = []string{
		"gnu ", "gpl", "cc-by", "cc by", "public licen", "distribution license", "business source", "elastic", "open software",
		"artistic", "cecill", "commons clause", "creative commons", "polyform", "functional source", "confidential",
	}

	// offersChoice matches notices that name such a licence beside a permissive one.
	offersChoice = regexp.MustCompile(`(?i)\bdual[- ]?licen[cs]ed?\b.*\b(MIT|BSD|Apache)\b` +
		`|\b(MIT|BSD|Apache)\b.{0,60}\b(or|and) .{0,40}\b([AL]?GPL|GNU)\b.{0,40}\blicen[cs]es\b` +
		`|\b([AL]?GPL|GNU)\b.{0,60}\bor .{0,40}\b(MIT|BSD|Apache)\b` +
		`|\b(MIT|BSD|Apache)\b.{0,60}\bor .{0,40}\b([AL]?GPL|GNU)\b` +
		`|\bRedistribution and use in source and binary forms\b.*\balternatively\b`)
)

// headVerdict is what the head of a file says of the file's licence.
func headVerdict(header []byte) verdict {
	var marks []expression
	var notice strings.Builder
	for text := range comments(header, headLines) {
		if !strings.Contains(strings.ToLower(text), "spdx-license") {
			notice.WriteString(strings.Join(strings.Fields(text), " "))
			notice.WriteByte(' ')
			continue
		}
		if m := spdxMark.FindStringSubmatch(text); m != nil {
			e, err := parseSPDX(m[1])
			if err != nil {
				return verdict{found: true, reason: LicenseUnclear, detail: "SPDX-License-Identifier " + clip(m[1], 80) + ": " + err.Error()}
			}
			marks = append(marks, e)
		}
	}
	if len(marks) > 0 {
		e := join("AND", marks...)
		kept, ok := e.permissive()
		if !ok {
			return verdict{found: true, reason: LicenseNotPermissive, detail: "SPDX-License-Identifier: " + clip(e.String(), 200)}
		}
		return verdict{found: true, expr: kept}
	}
	said := notice.String()
	if !hasAny(strings.ToLower(said), forbidHints) {
		return verdict{}
	}
	if found := forbids.FindString(said); found != "" && !offersChoice.MatchString(said) {
		return verdict{found: true, reason: LicenseNotPermissive, detail: "its head says: " + found}
	}
	return verdict{}
}
