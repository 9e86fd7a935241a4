package trainers

import "encoding/json"

// Trainers.
const (
	TRL          = "trl"
	LLaMAFactory = "llamafactory"
)

// Sets of rows. [SetGeneral] is made by the launcher, from the supervised set.
const (
	SetSFT     = "sft"
	SetPairs   = "pairs"
	SetGeneral = "general"
)

// Entries of dataset_info.json.
const (
	EntrySFT     = "decoy_sft"
	EntryPairs   = "decoy_pairs"
	EntryGeneral = "decoy_general"
)

// InfoFile is LLaMA-Factory's list of data sets.
const InfoFile = "dataset_info.json"

// Folder is where a trainer's set stands below OUT/export.
func Folder(trainer, set string) string { return trainer + "/" + set }

// entry is one data set of LLaMA-Factory. Columns that are not named stay unused:
// its own default would look for "instruction".
type entry struct {
	FileName string  `json:"file_name"`
	Ranking  bool    `json:"ranking,omitempty"`
	Columns  columns `json:"columns"`
}

type columns struct {
	Prompt   string `json:"prompt"`
	Response string `json:"response,omitempty"`
	Chosen   string `json:"chosen,omitempty"`
	Rejected string `json:"rejected,omitempty"`
}

// DatasetInfo is the content of llamafactory/dataset_info.json.
func DatasetInfo() []byte {
	return info(map[string]entry{EntrySFT: sftEntry(SetSFT), EntryPairs: pairEntry(SetPairs)})
}

func sftEntry(folder string) entry {
	return entry{FileName: folder, Columns: columns{Prompt: "prompt", Response: "completion"}}
}

func pairEntry(folder string) entry {
	return entry{FileName: folder, Ranking: true, Columns: columns{Prompt: "prompt",
		Chosen: "chosen", Rejected: "rejected"}}
}

// info encodes entries; encoding/json sorts the keys of a map.
func info(entries map[string]entry) []byte {
	data, err := json.MarshalIndent(entries, "", "  ")
	if err != nil {
		panic(err) // strings and a bool
	}
	return append(data, '\n')
}
