package card

import (
	"fmt"

	"decoy/schemas"
)

// descriptions say what each column of schemas.Row holds.
var descriptions = map[string]string{
	"id":         "id of the row: of the negative, or of the context in general rows",
	"context_id": "id of the context: 16 hex digits of repository, commit and path, 16 of span, kind, origin and cut",
	"language":   "language of the file",
	"type":       "the error that `rejected` makes; null in general rows",
	"kind":       "kind of span: `import` and `call` carry negatives; `line`, `lines`, `random` are general",
	"cut": "how `chosen` is cut: `cursor`: visible text, indentation in `prefix`; `line`: whole lines with " +
		"indentation and newline; `character`: inside of a line",
	"call_form": "of a `call`, where `chosen` begins (called `name`, head of its `path`, `expression`) and ends (the " +
		"`call`, or the `;` of its `statement`); empty for other kinds",
	"repo":    "repository or module that the file is from",
	"commit":  "commit or version",
	"path":    "path in the repository",
	"license": "SPDX expression of the file's licence",
	"prefix":  "text before the span, cut at a line start",
	"suffix":  "text behind the span, cut at a line start",
	"chosen": "the golden: what the file has at the span; where `minimal` is false the repair of `rejected`, or the " +
		"rest of either behind what both begin with, which stands in `prefix`",
	"rejected": "the negative: what a model might have written there; null in general rows",
	"minimal": "whether `rejected` is `chosen` but for its one error; false: a model's sample that differs from the " +
		"golden as it likes; null in general rows",
	"generator":   "member of the panel that wrote `rejected`; null in general rows",
	"certificate": "status of the static check of `rejected`; null in general rows",
	"fool_rate":   "share of valid verdicts that took `rejected` for right; null without a verdict",
	"margin":      "mean log-odds, in nats, of `rejected` against `chosen`; null without one",
	"judges":      "number of valid verdicts",
	"split":       "`train`, `validation` or `test`",
	"origin":      "`snapshot`: the file as it stands; `edit`: what a commit wrote",
}

// column is one line of the format table.
type column struct{ Name, Type, Description string }

// columns lists the columns of a row from its definition.
func columns() ([]column, error) {
	var out []column
	for _, f := range schemas.Fields[schemas.Row]() {
		d, ok := descriptions[f.Name]
		if !ok {
			return nil, fmt.Errorf("column %q has no description; add one to descriptions", f.Name)
		}
		t := map[schemas.FieldKind]string{
			schemas.String: "string", schemas.Bytes: "bytes", schemas.Int64: "int64", schemas.Float64: "float64",
			schemas.Bool: "bool",
		}[f.Kind]
		if f.Repeated {
			t = "list of " + t
		}
		if f.Nullable {
			t += ", nullable"
		}
		out = append(out, column{f.Name, t, d})
	}
	return out, nil
}
