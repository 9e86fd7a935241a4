package card

import (
	"strings"

	"decoy/schemas"
)

// info declares the columns of a configuration.
type info struct {
	Config   string    `yaml:"config_name"`
	Features []feature `yaml:"features"`
}

type feature struct {
	Name  string `yaml:"name"`
	Dtype string `yaml:"dtype"`
}

// newInfos declares the columns of rows in JSON Lines. There load_dataset takes types
// from the first rows of the first split: a column that is null or a whole number there
// would fail on what the others hold. Parquet has types of its own.
func newInfos(configs []config) []info {
	var out []info
	for _, c := range configs {
		if !strings.HasSuffix(c.DataFiles[0].Path, ".jsonl.zst") {
			continue
		}
		i := info{Config: c.Name}
		for _, f := range schemas.Fields[schemas.Row]() {
			i.Features = append(i.Features, feature{f.Name, map[schemas.FieldKind]string{
				schemas.String: "string", schemas.Bytes: "binary", schemas.Int64: "int64", schemas.Float64: "float64",
				schemas.Bool: "bool",
			}[f.Kind]})
		}
		out = append(out, i)
	}
	return out
}

// apart are the trainers' sets that have rows and are no configuration, by name.
func apart(files []schemas.File, configs []config) map[string]string {
	out := map[string]string{}
	for _, f := range folders[1:] {
		out[f.config] = splitGlob(files, f.folder, schemas.SplitTrain, ".parquet")
	}
	for _, c := range configs {
		delete(out, c.Name)
	}
	for name, glob := range out {
		if glob == "" {
			delete(out, name)
		}
	}
	return out
}
