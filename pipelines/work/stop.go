package work

import (
	"encoding/json"
	"fmt"

	"decoy/io/shard"
)

// StopRecord is what a shard leaves below OUT that cannot be done now: an error crosses a
// runner as text and ends the stage, while the other shards may have room in their share of
// the budget and work for the members that are not stopped.
type StopRecord struct {
	Shard       int    `json:"shard"`
	Fingerprint string `json:"fingerprint"`
	Reason      string `json:"reason"`
}

// Folders of these records, below the folder of a stage.
const (
	BudgetFolder  = "_budget"
	StoppedFolder = "_stopped"
)

func recordStop(t Task, folder string, cause error) error {
	raw, err := json.Marshal(StopRecord{t.Shard, t.Fingerprint, cause.Error()})
	if err != nil {
		return err
	}
	_, err = shard.WriteFile(shard.Join(t.Out, t.Stage, folder, StopName(t.Shard)), append(raw, '\n'))
	return err
}

// StopName is the file of a shard's stop.
func StopName(shard int) string { return fmt.Sprintf("%05d.json", shard) }
