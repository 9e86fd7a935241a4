package warehouse

import (
	"regexp"
	"strings"
	"testing"
)

// unportable is what BigQuery refuses or answers otherwise than DuckDB.
var unportable = regexp.MustCompile("(?i)" + strings.Join([]string{
	"`", `"`, `\\`, `::`, `;`, `\bILIKE\b`, `\bFILTER\b`, `\bUNNEST\b`, `\bEXCEPT\s*\(`, `\bEXCLUDE\b`, `\bPERCENTILE_`, `\bQUANTILE`,
	`\bAPPROX_`, `\bCONCAT\s*\(`, `\bGREATEST\s*\(`, `\bLEAST\s*\(`, `\bLOG\s*\(`, `\bROUND\s*\(`, `\bREGEXP_`, `\bMD5\b`, `\bSHA\d`, `\bCOUNTIF\b`,
	`\bSAFE_`, `\bDOUBLE\b`, `\bVARCHAR\b`, `\bFROM rows\b`, `\bJOIN rows\b`, `\bOFFSET\b`, `//`,
}, "|"))

// reserved are BigQuery's reserved words that could pass for a name in DuckDB.
var reserved = regexp.MustCompile(`(?i)\bAS (all|any|array|at|by|cube|current|default|define|escape|exists|fetch|following|for|groups?|grouping|hash|ignore|interval|lookup|merge|new|no|nulls|of|on|order|outer|over|partition|preceding|proto|qualify|range|recursive|respect|right|rollup|rows|select|set|some|struct|tablesample|to|treat|unbounded|union|using|when|where|window|with|within)\b`)

func TestQueriesStayInTheCommonSubset(t *testing.T) {
	for _, q := range Queries() {
		var code []string
		for _, line := range strings.Split(q.SQL, "\n") {
			if !strings.HasPrefix(line, "--") {
				code = append(code, line)
			}
		}
		text := strings.Join(code, "\n")
		if m := unportable.FindString(text); m != "" {
			t.Errorf("%s: %q differs between DuckDB and BigQuery", q.Name, m)
		}
		if m := reserved.FindString(text); m != "" {
			t.Errorf("%s: %q names something by a reserved word of BigQuery", q.Name, m)
		}
		// BigQuery's GROUP BY a.x takes a for a column of the result where one is
		// called so, and not for a table.
		for _, line := range code {
			m := regexp.MustCompile(` AS (\w+),?$`).FindStringSubmatch(line)
			if m != nil && !regexp.MustCompile(`\b(FROM|JOIN) `).MatchString(line) && regexp.MustCompile(`GROUP BY [^\n]*\b`+m[1]+`\.`).MatchString(text) {
				t.Errorf("%s: GROUP BY %s.… may be the column %[2]s", q.Name, m[1])
			}
		}
		if !strings.Contains(text, "ORDER BY") {
			t.Errorf("%s: rows in no order", q.Name)
		}
		// Every division but those by COUNT(*) of a group, which is never 0, and
		// by n, which is NULLIF'd.
		for _, m := range regexp.MustCompile(`/ [^\n]*`).FindAllString(text, -1) {
			if !regexp.MustCompile(`^/ (NULLIF\(|COUNT\(\*\)|SUM\(COUNT\(\*\)\) OVER|n\b|\(2 \* \(n \+ q\)\))`).MatchString(m) {
				t.Errorf("%s: division %q may be by zero", q.Name, m)
			}
		}
	}
}
