package pipelines

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// Which files a stage writes is fixed by its name and the number of shards. This is
// needed where no record says it: a shard that was killed has left files and no done
// record. Only names that match are ever removed without a record that names them, and
// only below a stage that decoy had begun with that number of shards.

// filePatterns are the names of a stage's files below its folder. OF stands for "-SHARD-of-N"
// with the number of shards in it, TASK for "-taskK-of-N" of work before the shards, and
// FOLD for the number of a fold. What has a number and not that of the shards, as a
// round's file, is not among them: see stage.notes.
var filePatterns = map[string]string{
	schemas.StageExtract: `(?:contexts|symbols|rejects|shingles)OF\.jsonl\.zst|names-LANG\.jsonl\.zst` +
		`|ngrams-LANG-FOLD\.bin` +
		`|parts/names-LANGOF\.jsonl\.zst|parts/ngrams-LANG-FOLDOF\.bin` +
		`|parts/(?:candidates|symbols|rejects|shingles)TASK\.jsonl\.zst|parts/stateTASK\.json` +
		`|parts/rows-task\d{5,}OF\.jsonl\.zst`,
	schemas.StageGenerate: `(?:negatives|rejects|unlabelled)OF\.jsonl\.zst`,
	schemas.StageVerify:   `(?:certificates|rejects)OF\.jsonl\.zst`,
	schemas.StageJudge:    `(?:verdicts|rejects)(?:-r\d+)?OF\.jsonl\.zst|rounds/\d+OF\.json`,
	schemas.StageCurate: `(?:selection|rejects)OF\.jsonl\.zst|shift\.json` +
		`|parts/rowsOF\.jsonl\.zst|parts/candidatesOF\.bin|parts/benchmarks\.jsonl\.zst`,
	schemas.StageExport: `(?:trl/|llamafactory/)?(?:[a-z]+/)?SPLITOF\.(?:jsonl\.zst|tfrecord\.gz|parquet)` +
		`|llamafactory/dataset_info\.json|README\.md|ATTRIBUTION\.jsonl` +
		`|rejectsOF\.jsonl\.zst|parts/cardOF\.json|parts/outcomesOF\.jsonl\.zst`,
}

// stageFiles are the names of a stage's files as flow.Stage has them.
func stageFiles(stage string) string {
	var folds []string
	for fold := range schemas.Folds {
		folds = append(folds, fmt.Sprintf("%02d", fold))
	}
	oneOf := func(words []string) string { return "(?:" + strings.Join(words, "|") + ")" }
	return strings.NewReplacer("TASK", `-task\d{5,}-of-TOTAL`, "FOLD", oneOf(folds), "LANG",
		oneOf(schemas.Strings(schemas.Languages)),
		"SPLIT", oneOf(schemas.Strings(schemas.Splits))).Replace(filePatterns[stage])
}

// writtenBy tells the names of a stage's files of any number of shards. A shard's own number
// is below that.
func writtenBy(stage string) func(name string) bool {
	numbers := strings.NewReplacer("OF", `-(\d{5,})-of-(\d{5,})`, "TOTAL", `\d{5,}`)
	pattern := regexp.MustCompile(`^(?:` + numbers.Replace(stageFiles(stage)) + `)$`)
	return func(name string) bool {
		m := pattern.FindStringSubmatch(name)
		for i := 1; i < len(m); i += 2 { // the groups of the other alternatives are empty
			n, err := strconv.Atoi(m[i])
			of, oferr := strconv.Atoi(m[i+1])
			if m[i] != "" && (err != nil || oferr != nil || n >= of) {
				return false
			}
		}
		return m != nil
	}
}

// namesIn are the finished files of a stage's folder but for its records and its ledger.
func namesIn(ctx context.Context, dir string) ([]string, error) {
	files, err := shard.Walk(ctx, dir, "_done", "ledger", work.BudgetFolder, work.StoppedFolder, ask.GaveUpFolder)
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	return names, err
}

// cleanTemp removes temporary files that a dead process left in OUT and in the folders
// of decoy's there; what else lies in OUT is not even looked at.
func cleanTemp(out string) error {
	if err := shard.CleanTempIn(out); err != nil {
		return err
	}
	for _, stage := range schemas.Stages {
		if err := shard.CleanTemp(shard.Join(out, stage)); err != nil {
			return err
		}
	}
	return nil
}
