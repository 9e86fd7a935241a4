package card

import (
	"strings"
	"testing"

	"decoy/schemas"
)

func filesOf(names ...string) (out []schemas.File) {
	for _, n := range names {
		name, empty := strings.CutSuffix(n, " empty")
		f := schemas.File{Name: name, Records: 2}
		if empty {
			f.Records = 0
		}
		out = append(out, f)
	}
	return out
}

// TestConfigsOfWhatIsThere: load_dataset reads a folder by the format of its first
// configuration, and fails on a split that names no file or none with a row.
func TestConfigsOfWhatIsThere(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  string // configurations with their splits, the default first
		apart string
		info  int
	}{
		"one split":          {[]string{"test-00000-of-00001.parquet", "trl/sft/test-00000-of-00001.parquet", "trl/pairs/test-00000-of-00001.parquet"}, "default: test; sft: test; pairs: test", "", 0},
		"a general split":    {[]string{"train-0.parquet", "validation-0.parquet", "trl/sft/train-0.parquet", "trl/sft/validation-0.parquet", "trl/pairs/train-0.parquet"}, "default: train validation; sft: train validation; pairs: train", "", 0},
		"an empty file":      {[]string{"train-0.parquet", "validation-0.parquet empty", "trl/sft/train-0.parquet", "trl/pairs/train-0.parquet empty"}, "default: train; sft: train", "", 0},
		"no rows":            {[]string{"train-0.parquet empty"}, "", "", 0},
		"TFRecord alone":     {[]string{"train-0.tfrecord.gz", "trl/sft/train-0.parquet", "trl/pairs/train-0.parquet"}, "sft: train; pairs: train", "", 0},
		"JSON Lines":         {[]string{"train-0.jsonl.zst", "test-0.jsonl.zst"}, "default: train test", "", len(schemas.Fields[schemas.Row]())},
		"JSON Lines and TRL": {[]string{"train-0.jsonl.zst", "trl/sft/train-0.parquet", "trl/pairs/train-0.parquet"}, "default: train", "sft pairs", len(schemas.Fields[schemas.Row]())},
		"both":               {[]string{"train-0.jsonl.zst", "train-0.parquet", "trl/sft/train-0.parquet"}, "default: train; sft: train", "", 0},
	} {
		files := filesOf(c.files...)
		configs := newConfigs(files)
		var got []string
		for i, x := range configs {
			if x.Default != (i == 0) {
				t.Errorf("%s: %s is the default: %v", name, x.Name, x.Default)
			}
			var splits []schemas.Split
			for _, f := range x.DataFiles {
				splits = append(splits, f.Split)
			}
			got = append(got, x.Name+": "+schemas.Join(splits, " "))
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		left := apart(files, configs)
		if len(left) != len(strings.Fields(c.apart)) {
			t.Errorf("%s: apart %v, want %q", name, left, c.apart)
		}
		columns := 0
		for _, i := range newInfos(configs) {
			columns += len(i.Features)
		}
		if columns != c.info {
			t.Errorf("%s: %d columns are declared, want %d", name, columns, c.info)
		}
	}
}
