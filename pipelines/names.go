package pipelines

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/schemas"
)

// Which files a stage writes is fixed by its name and the number of shards. This is
// needed where no record says it: a shard that was killed has left files and no done
// record. Only names that match are ever removed without a record that names them, and
// only below a stage that decoy had begun with that number of shards.

// stageFiles are the names of a stage's files below its folder. OF stands for "-SHARD-of-N"
// with the number of shards in it.
var stageFiles = map[string]string{
	schemas.StageExtract: `(contexts|symbols|rejects)OF\.jsonl\.zst|names-LANG\.jsonl\.zst|ngrams-LANG-\d\d\.bin` +
		`|parts/names-LANGOF\.jsonl\.zst|parts/ngrams-LANG-\d\dOF\.bin` +
		`|parts/(candidates|symbols|rejects)-\d{5,}\.jsonl\.zst|parts/state-\d{5,}\.json|parts/rows-\d{5,}-\d{5,}\.jsonl\.zst`,
	schemas.StageGenerate: `(negatives|rejects|unlabelled)OF\.jsonl\.zst`,
	schemas.StageVerify:   `(certificates|rejects)OF\.jsonl\.zst`,
	schemas.StageJudge:    `(verdicts|rejects)(-r\d+)?OF\.jsonl\.zst|rounds/\d+OF\.json|rounds/\d+\.json`,
	schemas.StageCurate:   `(selection|rejects)OF\.jsonl\.zst|shift\.json|parts/rowsOF\.jsonl\.zst|parts/benchmarks\.jsonl\.zst`,
	schemas.StageExport: `(trl/|llamafactory/)?([a-z]+/)?SPLITOF\.(jsonl\.zst|tfrecord\.gz|parquet)|llamafactory/dataset_info\.json` +
		`|README\.md|ATTRIBUTION\.jsonl|rejectsOF\.jsonl\.zst|parts/cardOF\.json|parts/outcomesOF\.jsonl\.zst`,
}

// writtenBy matches the names of a stage's files where it has this number of shards,
// those of any number where it is 0.
func writtenBy(stage string, shards int) *regexp.Regexp {
	of := `-\d{5,}-of-\d{5,}`
	if shards > 0 {
		of = fmt.Sprintf(`-\d{5,}-of-%05d`, shards)
	}
	return regexp.MustCompile(`^(` + strings.NewReplacer(
		"OF", of, "LANG", "("+strings.Join(schemas.Languages, "|")+")", "SPLIT", "("+strings.Join(schemas.Splits, "|")+")",
	).Replace(stageFiles[stage]) + `)$`)
}

// namesIn are the finished files of a stage's folder but for its records and its ledger.
func namesIn(dir string) ([]string, error) {
	files, err := shard.Walk(dir, "_done", "ledger", budgetFolder, stoppedFolder, gaveUpFolder)
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	return names, err
}

// begin notes, before the first file of a stage is written, with how many shards it is
// made. A file that stands where one is to be written and that nobody has noted is not
// decoy's: it would be written over.
func (s *stage) begin(valid map[int]schemas.Done) error {
	dir := s.b.dir(s.name)
	l, err := shard.ReadLeftover(dir)
	if err != nil || slices.Contains(l.Begun, s.b.Recipe.Shards) {
		return err
	}
	known := map[string]bool{}
	for _, name := range l.Files {
		known[name] = true
	}
	for _, d := range valid {
		for _, f := range d.Files {
			known[f.Name] = true
		}
	}
	earlier, err := begun(dir, s.name, l)
	if err != nil {
		return err
	}
	for _, name := range earlier {
		known[name] = true
	}
	names, err := namesIn(dir)
	if err != nil {
		return err
	}
	match := writtenBy(s.name, s.b.Recipe.Shards)
	var foreign []string
	for _, name := range names {
		if !known[name] && match.MatchString(name) {
			foreign = append(foreign, shard.Join(dir, name))
		}
	}
	if len(foreign) > 0 {
		return inTheWay(foreign)
	}
	return l.Add(dir, nil, s.b.Recipe.Shards)
}

// inTheWay is the error of files that decoy would write over and has not written.
func inTheWay(paths []string) error {
	shown := strings.Join(paths[:min(len(paths), 5)], ", ")
	return shard.Refuse("decoy would write over %s in this build that it did not make (%s): move away what is yours and run the same command again", many(len(paths), "file"), shown)
}

// begun are the names of files that were written under a beginning which the record of
// leftovers tells of.
func begun(dir, stage string, l shard.Leftover) ([]string, error) {
	if len(l.Begun) == 0 {
		return nil, nil
	}
	names, err := namesIn(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range l.Begun {
		match := writtenBy(stage, n)
		for _, name := range names {
			if match.MatchString(name) {
				out = append(out, name)
			}
		}
	}
	return out, nil
}

// sweep removes what earlier builds with other options left in a stage's folder: what
// their records have named, and what shards wrote that were killed. keep are the files
// of the present one.
func (s *stage) sweep(keep map[string]bool) error {
	dir := s.b.dir(s.name)
	l, err := shard.ReadLeftover(dir)
	if err != nil {
		return err
	}
	names, err := begun(dir, s.name, l)
	if err != nil {
		return err
	}
	return shard.Sweep(dir, slices.Concat(l.Files, names), keep, s.b.Recipe.Shards)
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
