package pipelines

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/transforms/panel"
)

// memberStop is the record of a shard in which a member of the panel was stopped: its
// requests are kept for a later run. The shard is not done, and the other shards and
// members go on.
type memberStop struct {
	Shard       int    `json:"shard"`
	Fingerprint string `json:"fingerprint"`
	Reason      string `json:"reason"`
}

// stoppedFolder holds these records, below the folder of a stage.
const stoppedFolder = "_stopped"

func recordMemberStop(t shardTask, cause error) error {
	raw, err := json.Marshal(memberStop{t.Shard, t.Fingerprint, cause.Error()})
	if err != nil {
		return err
	}
	_, err = shard.WriteFile(filepath.Join(t.Out, t.Stage, stoppedFolder, fmt.Sprintf("%05d.json", t.Shard)), append(raw, '\n'))
	return err
}

// clearMemberStops removes the records of an earlier run.
func (s *stage) clearMemberStops() error {
	if err := os.RemoveAll(filepath.Join(s.b.dir(s.name), stoppedFolder)); err != nil {
		return fmt.Errorf("remove what an earlier run left: %w", err)
	}
	return nil
}

// memberStops is panel.ErrStopped with the reasons, nil if no member was stopped.
func (s *stage) memberStops() error {
	paths, err := shard.List(filepath.Join(s.b.dir(s.name), stoppedFolder), "*.json")
	if err != nil || len(paths) == 0 {
		return err
	}
	var reasons []string
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var stop memberStop
		if err := json.Unmarshal(raw, &stop); err != nil {
			return fmt.Errorf("read %q: %w", path, err)
		}
		reasons = append(reasons, stop.Reason)
	}
	slices.Sort(reasons)
	reasons = slices.Compact(reasons)
	text := strings.Join(reasons[:min(len(reasons), 3)], "; ")
	return fmt.Errorf("%w in %d of %d shards, where the others have done their part: %s", panel.ErrStopped, len(paths), s.b.Recipe.Shards, text)
}
