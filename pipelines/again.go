package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/schemas"
)

// readBy are the stages that read a stage's files, directly or not, in order: when it is
// done again, so are they.
var readBy = map[string][]string{
	schemas.StageExtract:  schemas.Stages[1:],
	schemas.StageGenerate: schemas.Stages[2:],
	schemas.StageVerify:   {schemas.StageCurate, schemas.StageExport},
	schemas.StageJudge:    {schemas.StageCurate, schemas.StageExport},
	schemas.StageCurate:   {schemas.StageExport},
}

// again says, before a stage that is done is done anew, which stages are and what they
// had cost. Those that were announced with an earlier one are not named twice.
func (s *stage) again(ctx context.Context) error {
	b := s.b
	m, err := shard.ReadManifest(ctx, b.dir(s.name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && (m.Stage != s.name || m.Fingerprint == s.fingerprint) {
		b.RunInfo.works(s.name, false)
		return nil // it was not done, or is whole but for a file that was lost
	}
	if err != nil {
		return err
	}
	defer b.RunInfo.works(s.name, true)
	if b.announced[s.name] {
		return nil
	}
	cause := "its options or inputs changed"
	if m.CodeVersion != schemas.CodeVersion || m.SchemaVersion != schemas.SchemaVersion {
		cause = "it was made by another version of decoy"
	}
	if b.announced == nil {
		b.announced = map[string]bool{}
	}
	var parts []string
	for _, stage := range append([]string{s.name}, readBy[s.name]...) {
		if _, err := shard.ReadManifest(ctx, b.dir(stage)); errors.Is(err, fs.ErrNotExist) || b.announced[stage] {
			continue
		} else if err != nil {
			return err
		}
		b.announced[stage] = true
		var costs []string
		if slices.Contains(ask.PaidStages, stage) {
			usd, records, err := billed(ctx, b.Out, stage)
			if err != nil {
				return err
			}
			if records > 0 {
				costs = append(costs, fmt.Sprintf("%.4f dollars", usd))
			}
		}
		if seconds, ok := b.RunInfo.Worked[stage]; ok {
			costs = append(costs, fmt.Sprintf("%.1f seconds", seconds))
		}
		if len(costs) > 0 {
			stage += " (" + strings.Join(costs, ", ") + ")"
		}
		parts = append(parts, stage)
	}
	b.Log("%s: %s; done again, with what they had cost: %s. Answers in the ledger to the same requests are not paid "+
		"again", s.name, cause, strings.Join(parts, ", "))
	return nil
}
