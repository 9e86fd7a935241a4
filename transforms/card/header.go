package card

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/schemas"

	"go.yaml.in/yaml/v3"
)

// header is the card's YAML header, fields in the Hub's usual order.
type header struct {
	License        []string `yaml:"license"`
	Language       []string `yaml:"language"`
	PrettyName     string   `yaml:"pretty_name"`
	Tags           []string `yaml:"tags"`
	TaskCategories []string `yaml:"task_categories"`
	SizeCategories []string `yaml:"size_categories"`
	DatasetInfo    []info   `yaml:"dataset_info,omitempty"`
	Configs        []config `yaml:"configs,omitempty"`
}

// config is one configuration of load_dataset.
type config struct {
	Name      string     `yaml:"config_name"`
	Default   bool       `yaml:"default,omitempty"`
	DataFiles []dataFile `yaml:"data_files"`
}

type dataFile struct {
	Split schemas.Split `yaml:"split"`
	Path  string        `yaml:"path"`
}

func newHeader(d Data) header {
	var rows int64
	for _, r := range d.Rows {
		rows += r.N
	}
	configs := newConfigs(d.Files)
	return header{
		License: hubLicenses(d), Language: []string{"code"}, PrettyName: "decoy " + d.Name,
		Tags: []string{"code", "fill-in-the-middle", "hard-negatives", "hallucination", "preference",
			"decoy"},
		TaskCategories: []string{"text-generation"}, SizeCategories: []string{sizeCategory(rows)},
		DatasetInfo: newInfos(configs), Configs: configs,
	}
}

// folders are the folders of the configurations, the default first.
var folders = []struct{ config, folder string }{
	{"default", ""}, {"sft", "trl/sft"}, {"pairs", "trl/pairs"},
	{controlConfig, "control"}, {"control_sft", "control/trl/sft"}, {"control_pairs", "control/trl/pairs"},
}

// controlConfig is the configuration of the random arm.
const controlConfig = "control"

// newConfigs finds the splits with rows of each configuration among the files. All have
// the format of the first, Parquet, or JSON Lines where there is no Parquet:
// load_dataset reads a folder with one reader, which it chooses by its first
// configuration. Trainers' sets that have another format are no configuration.
func newConfigs(files []schemas.File) []config {
	var out []config
	exts := []string{".parquet", ".jsonl.zst"}
	for _, f := range folders {
		c := config{Name: f.config, Default: len(out) == 0}
		for _, ext := range exts {
			for _, split := range schemas.Splits {
				if glob := splitGlob(files, f.folder, split, ext); glob != "" {
					c.DataFiles = append(c.DataFiles, dataFile{split, glob})
				}
			}
			if len(c.DataFiles) > 0 {
				out, exts = append(out, c), []string{ext}
				break
			}
		}
	}
	return out
}

// splitGlob is the pattern of a split's files, "" where they have no row.
func splitGlob(files []schemas.File, folder string, split schemas.Split, ext string) string {
	for _, pattern := range []string{string(split) + "-*" + ext, string(split) + ext} {
		var rows int64
		for _, f := range files {
			if ok, _ := path.Match(path.Join(folder, pattern), f.Name); ok {
				rows += f.Records
			}
		}
		if rows > 0 {
			return path.Join(folder, pattern)
		}
	}
	return ""
}

// sizeCategory is the Hub's word for a number of rows.
func sizeCategory(n int64) string {
	switch {
	case n < 1_000:
		return "n<1K"
	case n < 10_000:
		return "1K<n<10K"
	case n < 100_000:
		return "10K<n<100K"
	case n < 1_000_000:
		return "100K<n<1M"
	case n < 10_000_000:
		return "1M<n<10M"
	}
	return "10M<n<100M"
}

// encode writes YAML with an indent of two.
func encode(v any) (string, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	if err := enc.Close(); err != nil {
		return "", err
	}
	return b.String(), nil
}

// privateKeys are the fields of a recipe that leave the rows as they are, or that
// belong to one machine or account. The keys of identities are names of local
// archives.
var privateKeys = []string{"archives", "budget_usd", "base_url", "api_key_env", "api_key_secret", "rpm", "tpm",
	"concurrency", "timeout", "usd_per_mtok", "identities", "limiter"}

// publicRecipe is a recipe without private fields and comments.
func publicRecipe(recipe string) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(recipe), &doc); err != nil {
		return "", fmt.Errorf("the recipe is not YAML: %w", err)
	}
	if len(doc.Content) == 0 {
		return "", nil
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return "", fmt.Errorf("the recipe is not a YAML mapping but begins with %q", strings.SplitN(recipe, "\n", 2)[0])
	}
	strip(&doc)
	return encode(&doc)
}

func strip(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	if n.Kind == yaml.MappingNode {
		var kept []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if k := n.Content[i].Value; !slices.Contains(privateKeys, k) {
				kept = append(kept, n.Content[i], n.Content[i+1])
			}
		}
		n.Content = kept
	}
	for _, c := range n.Content {
		strip(c)
	}
}
