package pipelines

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
	"decoy/transforms/rules"
	"decoy/transforms/verify"
)

// jsonOf writes a record so that two of them compare. Beam's row coding knows no difference
// between a nil and an empty list.
func jsonOf[T any](v T) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(b), ":[]", ":null")
}

func contextJSON(v schemas.Context) string         { return jsonOf(v) }
func symbolJSON(v schemas.Symbol) string           { return jsonOf(v) }
func negativeJSON(v schemas.Negative) string       { return jsonOf(v) }
func rejectJSON(v schemas.Reject) string           { return jsonOf(v) }
func certificateJSON(v schemas.Certificate) string { return jsonOf(v) }
func verdictJSON(v schemas.Verdict) string         { return jsonOf(v) }
func withLanguage(b schemas.Blob, emit func(schemas.Blob)) {
	if b.Language != "" {
		emit(b)
	}
}

func init() {
	beam.RegisterFunction(contextJSON)
	beam.RegisterFunction(symbolJSON)
	beam.RegisterFunction(negativeJSON)
	beam.RegisterFunction(rejectJSON)
	beam.RegisterFunction(certificateJSON)
	beam.RegisterFunction(verdictJSON)
	beam.RegisterFunction(withLanguage)
}

// recordsIn are the records that a stage of a build wrote into all files of one name.
func recordsIn[T any](t *testing.T, out, stage, name string, keep func(T) bool) (all []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(out, stage, name+"-*.jsonl.zst"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s of %s: %v", name, stage, err)
	}
	for _, p := range paths {
		for v, err := range shard.Read[T](t.Context(), p) {
			if err != nil {
				t.Fatal(err)
			}
			if keep == nil || keep(v) {
				all = append(all, jsonOf(v))
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("the files %s of %s are empty: nothing is compared", name, stage)
	}
	return all
}

// Where no cap, licence or duplicate bites, the steps over single records and the shards of a
// build give the same records.
func TestRecordsAreThoseOfTheShards(t *testing.T) {
	r := pinnedRecipe(t, pinnedFields)
	out := pinned(t, 3).build(t, "direct", r)
	languages := map[string]schemas.Language{".go": schemas.Go, ".py": schemas.Python, ".ts": schemas.TypeScript}
	var files []schemas.Blob
	for i := range 3 {
		for _, e := range append(pinnedFiles(owners[i]), license(t, "MIT")) {
			files = append(files, schemas.Blob{
				Repo: pinnedRepo(i), Commit: "v1." + string(rune('0'+i)) + ".0", Path: e.path, License: "MIT",
				Language: languages[filepath.Ext(e.path)], Content: []byte(e.content),
			})
		}
	}
	cfg, err := r.FIM()
	if err != nil {
		t.Fatal(err)
	}
	for _, runner := range []string{"direct", "prism"} {
		p, s := beam.NewPipelineWithRoot()
		blobs := beam.CreateList(s, files)
		got := fim.Extract(s, cfg, blobs)
		c := rules.Config{InventedShare: r.Generate.InventedShare, Aim: r.Generate.Aim}
		negatives, rejects := rules.Generate(s, c, got.Contexts, got.Symbols, got.Names)
		certificates, uncertified := verify.Certify(s, got.Contexts, negatives, got.Symbols)
		counts := judge.Count(s, judge.CountConfig{}, beam.ParDo(s, withLanguage, blobs))
		verdicts, unscored := judge.Score(s, counts, got.Contexts, negatives)
		for _, c := range []struct {
			got  beam.PCollection
			want []string
		}{
			{beam.ParDo(s, contextJSON, got.Contexts), recordsIn[schemas.Context](t, out, "extract", "contexts", nil)},
			{beam.ParDo(s, symbolJSON, got.Symbols), recordsIn[schemas.Symbol](t, out, "extract", "symbols", nil)},
			{beam.ParDo(s, negativeJSON, negatives), recordsIn[schemas.Negative](t, out, "generate", "negatives", nil)},
			{beam.ParDo(s, rejectJSON, rejects), recordsIn[schemas.Reject](t, out, "generate", "rejects", nil)},
			{beam.ParDo(s, certificateJSON, certificates),
				recordsIn[schemas.Certificate](t, out, "verify", "certificates", nil)},
			{beam.ParDo(s, verdictJSON, verdicts), recordsIn(t, out, "judge", "verdicts",
				func(v schemas.Verdict) bool { return v.NegativeID != nil })}, // controls are not Score's
		} {
			passert.EqualsList(s, c.got, c.want)
		}
		passert.Empty(s, uncertified)
		passert.Empty(s, unscored)
		if _, err := beam.Run(t.Context(), runner, p); err != nil {
			text := err.Error()
			t.Errorf("%s: %s", runner, text[:min(len(text), 6000)])
		}
	}
}
