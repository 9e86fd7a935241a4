package warehouse

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

// answers are the rows of every query over the OUT of build, counted by hand from
// its records. Wilson's bounds: 1 of 2 is 0.0945 to 0.9055, 1 of 1 is 1/(1+q) =
// 0.2065 to 1, 0 of 1 is 0 to q/(1+q) = 0.7935, with q = 1.96².
var answers = map[string]string{
	"negatives_by_cell": `
language  type               generator  negatives  certified  unseen  abstain  existing  selected
go        import             rules      1          1          0       0        0         1
go        method             other      1          0          0       0        1         0
go        method             rules      1          1          0       0        0         1
go        undefinedvariable  rules      1          0          1       0        0         0
python    method             rules      1          0          0       1        0         0
python    parameter          rules      1          1          0       0        0         1
`,
	"fool_rate": `
generator  type               language  verdicts  fooled  invalid  rate    low     high    measure
other      method             go        1         1       0        1.0000  0.2065  1.0000  fool rate
rules      import             go        1         0       0        0.0000  0.0000  0.7935  fool rate
rules      method             go        2         1       0        0.5000  0.0945  0.9055  fool rate
rules      method             python    1         1       0        1.0000  0.2065  1.0000  fool rate
rules      undefinedvariable  go        0         0       1        -       -       -       fool rate
`,
	"fool_rate_quantiles": `
language  type    negatives  p0      p10     p25     p50     p75     p90     p100
go        import  1          0.0000  0.0000  0.0000  0.0000  0.0000  0.0000  0.0000
go        method  2          0.5000  0.5000  0.5000  0.5000  0.5000  0.5000  1.0000
python    method  1          1.0000  1.0000  1.0000  1.0000  1.0000  1.0000  1.0000
`,
	"margin_quantiles": `
judge  language  type    verdicts  p0       p10      p25      p50      p75      p90      p100
j1     go        import  1         -1.0000  -1.0000  -1.0000  -1.0000  -1.0000  -1.0000  -1.0000
j1     go        method  2         1.0000   1.0000   1.0000   1.0000   1.0000   1.0000   2.0000
j1     python    method  1         0.5000   0.5000   0.5000   0.5000   0.5000   0.5000   0.5000
`,
	"judges": `
judge  protocol  verdicts  invalid  fool_rate  measure    controls  acceptance  low     high
j1               4         1        0.7500     fool rate  1         1.0000      0.2065  1.0000
j2               1         0        0.0000     fool rate  0         -           -       -
`,
	"agreement": `
judge_a  judge_b  negatives  agreed  kappa
j1       j2       1          0.0000  0.0000
`,
	"agreement_all": `
negatives  verdicts  fooled  kappa
1          2         1       -1.0000
`,
	"statuses": `
generator  type               language  status     negatives  share
other      method             go        exists     1          1.0000
rules      import             go        certified  1          1.0000
rules      method             go        certified  1          1.0000
rules      method             python    abstain    1          1.0000
rules      parameter          python    certified  1          1.0000
rules      undefinedvariable  go        unseen     1          1.0000
`,
	"rejects": `
stage     reason      language  records
curate    status      python    1
extract   generated   go        2
extract   binary                1
generate  collateral  go        1
`,
	"selection_by_cell": `
language  type       selected  repositories  certified  unseen  mean_fool_rate  mean_margin  train  validation  test
go        import     1         1             1          0       0.0000          -1.0000      1      0           0
go        method     1         1             1          0       0.5000          1.0000       1      0           0
python    general    1         1             0          0       -               -            0      0           1
python    parameter  1         1             0          1       -               -            0      0           1
`,
	"licenses": `
license     repositories  contexts  negatives  selected
Apache-2.0  1             2         2          2
MIT         1             2         4          2
`,
	"repositories": `
repo           files  contexts  negatives  selected
example.org/a  1      2         4          2
example.org/b  2      2         2          2
`,
	"funnel": `
step  what                                n
1     files with contexts                 3
2     contexts                            4
3     contexts that can carry a type      3
4     contexts with negatives             3
5     negatives                           6
6     negatives not refused by the check  4
7     certified negatives                 3
8     negatives with a valid verdict      4
9     selected pairs                      3
10    selected general rows               1
11    exported rows                       3
`,
	"kinds": `
language  kind    cut     call_form             contexts  mean_chars  max_chars  selected
go        call    cursor  name call             1         5.0000      5          1
go        import  line                          1         5.0000      5          1
python    call    cursor  expression statement  1         4.0000      4          1
python    line    cursor                        1         8.0000      8          1
`,
	"hardness": `
judge  trait         value           negatives  fooled  low     high    within_5_nats
j1     all                           2          0.5000  0.0945  0.9055  1.0000
j1     generator     rules           2          0.5000  0.0945  0.9055  1.0000
j1     golden fifth  1               1          1.0000  0.2065  1.0000  1.0000
j1     language      go              2          0.5000  0.0945  0.9055  1.0000
j1     length        equal           1          0.0000  0.0000  0.7935  1.0000
j1     length        longer          1          1.0000  0.2065  1.0000  1.0000
j1     status        abstain         1          1.0000  0.2065  1.0000  1.0000
j1     status        certified       2          0.5000  0.0945  0.9055  1.0000
j1     status        exists          1          1.0000  0.2065  1.0000  1.0000
j1     trick         none            2          0.5000  0.0945  0.9055  1.0000
j1     type          import          1          0.0000  0.0000  0.7935  1.0000
j1     type          method          1          1.0000  0.2065  1.0000  1.0000
j1     type, length  import, equal   1          0.0000  0.0000  0.7935  1.0000
j1     type, length  method, longer  1          1.0000  0.2065  1.0000  1.0000
j2     all                           1          0.0000  0.0000  0.7935  0.0000
j2     generator     rules           1          0.0000  0.0000  0.7935  0.0000
j2     language      go              1          0.0000  0.0000  0.7935  0.0000
j2     length        longer          1          0.0000  0.0000  0.7935  0.0000
j2     status        certified       1          0.0000  0.0000  0.7935  0.0000
j2     trick         none            1          0.0000  0.0000  0.7935  0.0000
j2     type          method          1          0.0000  0.0000  0.7935  0.0000
j2     type, length  method, longer  1          0.0000  0.0000  0.7935  0.0000
`,
	"length_bias": `
type       pairs  mean_chosen  mean_rejected  mean_difference  rejected_longer  same_length
import     1      5.0000       5.0000         0.0000           0.0000           1.0000
method     1      5.0000       8.0000         3.0000           1.0000           0.0000
parameter  1      4.0000       7.0000         3.0000           1.0000           0.0000
`,
	// n6 was selected and not exported; rows of one owner, example.org.
	"rows_by_dimension": `
dimension    value                 selected  exported
call_form    none                  2         2
call_form    expression statement  1         0
call_form    name call             1         1
certificate  certified             2         2
certificate  none                  1         1
certificate  unseen                1         0
cut          cursor                3         2
cut          line                  1         1
generator    rules                 3         2
generator    none                  1         1
kind         call                  2         1
kind         import                1         1
kind         line                  1         1
language     go                    2         2
language     python                2         1
license      Apache-2.0            2         1
license      MIT                   2         2
origin       snapshot              3         2
origin       edit                  1         1
owner        example.org           4         3
repo         example.org/a         2         2
repo         example.org/b         2         1
split        test                  2         1
split        train                 2         2
type         general               1         1
type         import                1         1
type         method                1         1
type         parameter             1         0
`,
	// other: 0.5 for n2 and 0.125 for a sample without label. j2 has no price.
	"costs": `
stage     provider  answers  input_tokens  output_tokens  usd     priced_usd  unpriced
generate  other     2        150           25             0.6250  0.6250      0
generate  rules     5        0             0              0.0000  0.0000      0
judge     j1        6        10            0              0.2500  0.2500      0
judge     j2        1        30            2              -       0.0000      1
`,
	"types": `
language  type               contexts  with_negatives  negatives  selected
go        import             1         1               1          1
go        method             1         1               2          1
go        undefinedvariable  1         1               1          0
python    method             1         1               1          0
python    parameter          1         1               1          1
`,
	"certificate_rules": `
rule       status     language  negatives
           abstain    python    1
           certified  go        1
           certified  python    1
           exists     go        1
           unseen     go        1
no_member  certified  go        1
`,
	"integrity": `
step  what                                                 n
1     contexts with the id of another                      0
2     negatives with the id of another                     0
3     negatives without a context                          0
4     negatives of a type that their context cannot carry  0
5     negatives with several certificates                  0
6     certificates without a negative                      0
7     verdicts without a negative, controls apart          0
8     selected rows without a context                      0
9     selected pairs without a negative                    0
10    selected pairs that the check does not support       0
11    repositories in several splits                       0
12    groups in several splits                             0
13    exported rows that were not selected                 0
14    exported pairs whose sides are equal                 0
`,
}

func TestAnswers(t *testing.T) {
	out := t.TempDir()
	build(t, out)
	db := open(t, out)
	for _, q := range Queries() {
		want, ok := answers[q.Name]
		if !ok {
			t.Errorf("%s has no hand-computed answer here", q.Name)
			continue
		}
		if got := shown(t, db, q.Name); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", q.Name, got, want)
		}
	}
	if len(answers) != len(Queries()) {
		t.Errorf("%d answers, %d queries", len(answers), len(Queries()))
	}
}

// One record is broken for every line of integrity: each counts once, but that a row
// without its context, negative or certificate is also one of the others.
func TestIntegrity(t *testing.T) {
	out := t.TempDir()
	build(t, out)
	write(t, out, "extract", "contexts-00002-of-00003.jsonl.zst", schemas.Context{ID: "c1", Types: []schemas.Type{"method", "undefinedvariable"}})
	write(t, out, "generate", "negatives-00002-of-00003.jsonl.zst",
		schemas.Negative{ID: "n4", ContextID: "c2", Type: "import"}, // twice
		schemas.Negative{ID: "m1", ContextID: "absent", Type: "import"},
		schemas.Negative{ID: "m2", ContextID: "c2", Type: "parameter"})
	write(t, out, "verify", "certificates-00001-of-00002.jsonl.zst",
		schemas.Certificate{NegativeID: "n1", ContextID: "c1", Status: "certified"},
		schemas.Certificate{NegativeID: "none", ContextID: "c1", Status: "certified"})
	write(t, out, "judge", "verdicts-00001-of-00002.jsonl.zst", schemas.Verdict{NegativeID: ptr("none"), Judge: "j1", Answer: "caught"})
	write(t, out, "curate", "selection-00001-of-00002.jsonl.zst",
		schemas.Selected{ContextID: "absent", NegativeID: ptr("none"), Repo: "example.org/c", Group: "k", Split: "train"},
		schemas.Selected{ContextID: "c1", NegativeID: ptr("n2"), Repo: "example.org/a", Group: "g", Split: "test"},
		schemas.Selected{ContextID: "c2", NegativeID: ptr("m2"), Repo: "example.org/a2", Group: "g", Split: "validation"})
	writeParquet(t, out, "validation-00000-of-00001.parquet", schemas.Row{ID: "x", Chosen: "same", Rejected: ptr("same")})
	r, err := Run(context.Background(), open(t, out), "integrity")
	if err != nil {
		t.Fatal(err)
	}
	// 10: n2 exists, m2 has no certificate, and "none" is certified.
	want := []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1}
	for i, row := range r.Rows {
		if row[2] != want[i] {
			t.Errorf("%v: want %d", row, want[i])
		}
	}
}

func shown(t *testing.T, db *DB, name string) string {
	t.Helper()
	r, err := Run(context.Background(), db, name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return "\n" + strings.Join(lines, "\n")
}

// Eleven margins 0 to 10: the quantiles are at 0, 1, 2 (2.5 rounded down), 5, 7, 9
// and 10.
func TestQuantiles(t *testing.T) {
	out := t.TempDir()
	write(t, out, "extract", "contexts-00000-of-00001.jsonl.zst", schemas.Context{ID: "c", Language: "go"})
	var negatives []schemas.Negative
	var verdicts []schemas.Verdict
	for i := range 11 {
		id := fmt.Sprint("n", i)
		negatives = append(negatives, schemas.Negative{ID: id, ContextID: "c", Type: "method"})
		verdicts = append(verdicts, schemas.Verdict{NegativeID: &id, Judge: "j", Answer: "caught", Margin: ptr(float64(i * 7 % 11))})
		// The fool rate of negative i: i of 10.
		for k := range 9 {
			answer := schemas.AnswerCaught
			if k < i {
				answer = schemas.AnswerFooled
			}
			verdicts = append(verdicts, schemas.Verdict{NegativeID: &id, Judge: "k", Answer: answer})
		}
		if i == 10 {
			verdicts[len(verdicts)-10].Answer = "fooled"
		}
	}
	write(t, out, "generate", "negatives-00000-of-00001.jsonl.zst", negatives...)
	write(t, out, "judge", "verdicts-00000-of-00001.jsonl.zst", verdicts...)
	db := open(t, out)
	if got, want := shown(t, db, "margin_quantiles"), `
judge  language  type    verdicts  p0      p10     p25     p50     p75     p90     p100
j      go        method  11        0.0000  1.0000  2.0000  5.0000  7.0000  9.0000  10.0000
`; got != want {
		t.Errorf("got %s", got)
	}
	if got, want := shown(t, db, "fool_rate_quantiles"), `
language  type    negatives  p0      p10     p25     p50     p75     p90     p100
go        method  11         0.0000  0.1000  0.2000  0.5000  0.7000  0.9000  1.0000
`; got != want {
		t.Errorf("got %s", got)
	}
}

// TestRatesOfTheNgramJudgeSaySo: a rate by that judge alone is called by its name, and one that
// another judge has a part in is not.
func TestRatesOfTheNgramJudgeSaySo(t *testing.T) {
	out := t.TempDir()
	build(t, out)
	write(t, out, "judge", "verdicts-00000-of-00001.jsonl.zst",
		schemas.Verdict{NegativeID: ptr("n1"), ContextID: "c1", Judge: "ngram", Protocol: "ngram", Answer: "fooled"},
		schemas.Verdict{NegativeID: ptr("n2"), ContextID: "c1", Judge: "ngram", Protocol: "ngram", Answer: "fooled"},
		schemas.Verdict{NegativeID: ptr("n2"), ContextID: "c1", Judge: "k", Protocol: "logprob", Answer: "caught"})
	for query, want := range map[string]string{"fool_rate": "[fool rate n-gram fool rate]",
		"judges": "[fool rate n-gram fool rate]"} {
		r, err := Run(context.Background(), open(t, out), query)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(r.Columns, "measure")
		var got []string
		for _, row := range r.Rows {
			got = append(got, fmt.Sprint(row[at]))
		}
		slices.Sort(got)
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}

func TestUnknownQueryNamesTheNearest(t *testing.T) {
	db, err := OpenDuckDB()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = Run(context.Background(), db, "fool_rates")
	if err == nil || !strings.Contains(err.Error(), `"fool_rates"; the nearest are fool_rate, `) {
		t.Errorf("error %v", err)
	}
}

func TestQueriesAreExplained(t *testing.T) {
	for _, q := range Queries() {
		if !strings.HasPrefix(q.SQL, "-- ") || len(q.About) < 20 || strings.HasPrefix(q.About, "-") {
			t.Errorf("%s: first line %q says nothing", q.Name, q.About)
		}
	}
}

// The table 20 both, 5 a alone, 10 b alone, 15 neither: observed 0.7, expected
// 0.5·0.6 + 0.5·0.4 = 0.5. With two judges everywhere the kappa of all differs from
// Cohen's: p = 55/100, Σ x (n-x) / n = 15/2, 1 − 7.5/(50 · 0.55 · 0.45).
func TestAgreement(t *testing.T) {
	out := t.TempDir()
	var verdicts []schemas.Verdict
	add := func(n int, a, b schemas.Answer) {
		for range n {
			id := fmt.Sprint("n", len(verdicts))
			for judge, answer := range map[string]schemas.Answer{"a": a, "b": b} {
				if answer != "" {
					verdicts = append(verdicts, schemas.Verdict{NegativeID: &id, ContextID: "c", Judge: judge, Answer: answer})
				}
			}
		}
	}
	add(20, "fooled", "fooled")
	add(5, "fooled", "caught")
	add(10, "caught", "fooled")
	add(15, "caught", "caught")
	add(3, "fooled", "invalid")
	add(4, "", "caught")
	write(t, out, "judge", "verdicts-00000-of-00001.jsonl.zst", verdicts[:40]...)
	write(t, out, "judge", "verdicts-r2-00000-of-00001.jsonl.zst", verdicts[40:]...)
	db := open(t, out)
	if got, want := shown(t, db, "agreement"), `
judge_a  judge_b  negatives  agreed  kappa
a        b        50         0.7000  0.4000
`; got != want {
		t.Errorf("pairs: %s", got)
	}
	if got, want := shown(t, db, "agreement_all"), `
negatives  verdicts  fooled  kappa
50         100       55      0.3939
`; got != want {
		t.Errorf("all: %s", got)
	}
}
