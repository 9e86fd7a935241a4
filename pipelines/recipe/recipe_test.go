package recipe

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/fim"
)

func TestEmbeddedRecipes(t *testing.T) {
	entries, err := embedded.ReadDir(".")
	if err != nil || len(entries) == 0 {
		t.Fatal(len(entries), err)
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".yaml")
		if r, err := Load(name); err != nil || r.Name != name || len(r.Archives) == 0 {
			t.Errorf("%s: named %q with %d archives, %v", name, r.Name, len(r.Archives), err)
		}
	}
}

func TestLoadRecipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(path, []byte("name: mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r, err := Load(path); err != nil || r.Name != "mine" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Load("nowhere"); err == nil || !strings.Contains(err.Error(), "demo") {
		t.Errorf("error %v, want one that names the built-in recipes", err)
	}
}

func TestRecipeDefaults(t *testing.T) {
	r, err := Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Shards != 8 || len(r.Extract.Languages) != 8 || r.Curate.Split[schemas.SplitTrain] != 0.8 ||
		r.Generate.Panel[0].Provider != "rules" || r.BudgetUSD != nil || r.Extract.PrefixBytes != 12288 {
		t.Errorf("%+v", r)
	}
	again, err := Parse([]byte("{}"))
	if err != nil || !reflect.DeepEqual(r, again) {
		t.Errorf("an empty mapping is not an empty file: %v", err)
	}
}

func TestRecipeOverwrites(t *testing.T) {
	r, err := Parse([]byte("extract: {languages: [go, rust], kinds: {call: 3}}\ncurate: {split: {train: 0.9, test: " +
		"0.1}, off: [go/import]}\nbudget_usd: 2.5\ngenerate: {panel: [{name: a, provider: openai, base_url: " +
		"'http://h/v1', model: m, timeout: 90s, usd_per_mtok: {in: 1, out: 2}}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.Curate.Split, map[schemas.Split]float64{"train": 0.9, "test": 0.1}) ||
		len(r.Extract.Languages) != 2 || !reflect.DeepEqual(r.Extract.Kinds, map[string]int{"call": 3}) ||
		*r.BudgetUSD != 2.5 || len(r.Generate.Panel) != 1 || r.Generate.Panel[0].Timeout.Seconds() != 90 {
		t.Errorf("%+v", r)
	}
}

func TestRecipeErrors(t *testing.T) {
	member := "{name: a, provider: openai, base_url: 'http://h/v1', model: m%s}"
	for _, c := range []struct{ yaml, want string }{
		{"shard: 3", "line 1: unknown field shard; did you mean shards?"},
		{"name: x\nextract:\n  max_per_repos: 3", "line 3: unknown field extract.max_per_repos; did you mean " +
			"max_per_repo?"},
		{"generate: {panel: [{name: a, provder: rules}]}", "unknown field generate.panel[0].provder; did you mean " +
			"provider?"},
		{"curate: {decontaminate: [{name: b, path: p, column: {}}]}", "unknown field curate.decontaminate[0].column; " +
			"did you mean columns?"},
		{"identities: {a.zip: {rep: x}}", "unknown field identities.a.zip.rep; did you mean repo?"},
		{"a: [", "not YAML"},
		{"shards: three", "cannot unmarshal"},
		{"shards: 0", "shards: 0 is not between 1 and 100000"},
		{"extract: {origin: history}", "extract.origin: \"history\" is not one of snapshot, edit, mixed"},
		{"extract: {edit_share: 2}", "extract.edit_share: 2 is not between 0 and 1"},
		{"extract: {max_commits: 0}", "extract.max_commits: 0 is not between 1 and"},
		{"rows: [{preset: the-stack-v1}]", "rows[0].path: empty"},
		{"rows: [{path: a.parquet, preset: the-stack-v9}]", "the-stack-v9"},
		{"rows: [{path: a.parquet, columns: {repo: r, path: p}}]", "content"},
		{"rows: [{path: a.parquet, preset: the-stack-v1, columns: {repo: r}}]", "preset and columns are both given"},
		{"extract: {languages: some}", "languages: \"some\" is neither \"all\" nor a list"},
		{"extract: {languages: []}", "extract.languages: empty"},
		{"extract: {languages: [cobol]}", "extract.languages: \"cobol\" is not one of cpp"},
		{"extract: {kinds: {blocks: 1}}", "extract.kinds.blocks: unknown kind"},
		{"extract: {prefix_bytes: 3}", "extract.prefix_bytes: 3 is not between 256"},
		{"extract: {cuts: {statement: {line: 1}}}", "extract.cuts.statement: only import, line, lines are cut in more " +
			"than one way; leave statement out"},
		{"extract: {cuts: {import: {line: 0.7}}}", "extract.cuts.import: the shares sum to 0.7 and not to 1"},
		{"extract: {call_forms: {nam: 1}}", "unknown field extract.call_forms.nam; did you mean name?"},
		{"extract: {call_forms: {name: 2}}", "extract.call_forms.name: 2 is not between 0 and 1"},
		{"extract: {max_per_repo: 0}", "extract.max_per_repo: 0"},
		{"extract: {licenses: copyleft}", "extract.licenses"},
		{"generate: {types: none}", "generate.types"},
		{"generate: {invented_share: 1.5}", "generate.invented_share: 1.5 is not between 0 and 1"},
		{"generate: {invented_share: .nan}", "generate.invented_share: NaN"},
		{"generate: {panel: []}", "generate.panel: empty"},
		{"generate: {panel: [{name: a, provider: ngram}]}", "generate.panel[0].provider: \"ngram\" is not one of " +
			"rules, fim"},
		{"generate: {panel: [{name: a, provider: rules}, {name: a, provider: rules}]}",
			"generate.panel[1].name: \"a\" is used twice"},
		{"generate: {panel: [" + fmt.Sprintf(member, ", temperature: 3") + "]}", "temperature is 3"},
		{"generate: {panel: [" + fmt.Sprintf(member, ", parameters: {temprature: omit}") + "]}",
			"unknown field generate.panel[0].parameters.temprature; did you mean temperature?"},
		{"generate: {panel: [" + fmt.Sprintf(member, ", parameters: {max_tokens: omit}") + "]}",
			"parameters.max_tokens is \"omit\", allowed is max_tokens or max_completion_tokens"},
		{"generate: {panel: [" + fmt.Sprintf(member, ", rpm: 10") + "]}\njudge: {panel: [" +
			fmt.Sprintf(member, ", rpm: 20") + "]}", "must state the same rpm"},
		{"judge: {protocol: double}", "judge.protocol"},
		{"judge: {goldens: -1}", "judge.goldens: -1"},
		{"judge: {goldens: .nan}", "judge.goldens: NaN is not between 0 and 1"},
		{"judge: {rounds: [0.5, 0.5]}", "judge.rounds: [0.5 0.5] are not ascending"},
		{"judge: {rounds: []}", "judge.rounds: [] are not ascending"},
		{"judge: {rounds: [0, 1]}", "judge.rounds"},
		{"judge: {rounds: [0.5, 1.5]}", "judge.rounds"},
		{"judge: {rounds: [.nan]}", "judge.rounds"},
		{"judge: {interval_width: 2}", "judge.interval_width: 2 is not between 0 and 1"},
		{"judge: {min_golden_acceptance: -1}", "judge.min_golden_acceptance"},
		{"judge: {protocol: logprob, panel: [" + fmt.Sprintf(member, "") + "]}", "judge.panel[0]: protocol logprob " +
			"asks for log-probabilities, which only provider fim has; a is of provider openai"},
		{"judge: {panel: [{name: s, provider: fim, base_url: 'http://h/v1', model: m, fim_model: qwen2.5-coder}]}",
			"judge.panel[0]: s is of provider fim, which judges with protocol logprob and no other"},
		{"judge: {protocol: logprob, panel: [{name: s, provider: fim, model: m, fim_model: qwen2.5-coder}]}",
			"panel member s: base_url is not allowed, it must be http(s)://host[/path] without user, query or fragment; a " +
				"judge without a server is offline: true"},
		{"judge: {protocol: logprob, panel: [{name: s, provider: fim, offline: true, base_url: 'http://h/v1', model: m, " +
			"fim_model: qwen2.5-coder}]}", "judge.panel[0]: panel member s: base_url has no meaning where offline is true"},
		{"judge: {panel: [{name: s, provider: fim, offline: true, model: m, fim_model: qwen2.5-coder}]}",
			"judge.panel[0]: s is of provider fim, which judges with protocol logprob and no other"},
		{"generate: {panel: [{name: s, provider: fim, offline: true, model: m, fim_model: qwen2.5-coder}]}",
			"generate.panel[0].offline: s writes nothing"},
		{"judge: {own_familly: true}", "did you mean own_family?"},
		{"generate: {panel: [" + fmt.Sprintf(member, ", family: f") + "]}\njudge: {panel: [" +
			fmt.Sprintf(member, ", family: f") + "]}", "a judges nothing, since all generators are of its family f; " +
			"set judge.own_family: true"},
		{"curate: {rows: 0}", "curate.rows: 0"},
		{"curate: {accept: [abstain]}", "curate.accept: \"abstain\" is not one of certified, unseen"},
		{"curate: {balance: [type]}", "curate.balance"},
		{"curate: {split: {train: 0.5}}", "curate.split: the shares add up to 0.5"},
		{"curate: {split: {train: 1, dev: 0}}", "curate.split: \"dev\""},
		{"curate: {off: [go]}", "curate.off: \"\" is not one of import"},
		{"export: {formats: [csv]}", "export.formats: \"csv\" is not one of jsonl"},
		{"export: {models: [other]}", "export.models"},
		{"export: {general_share: 1}", "export.general_share: 1"},
		{"budget_usd: -3", "budget_usd: -3"},
	} {
		if _, err := Parse([]byte(c.yaml)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n\terror %v\n\twant  %s", c.yaml, err, c.want)
		}
	}
}

func TestRecipeErrorsComeTogether(t *testing.T) {
	_, err := Parse([]byte("shards: 0\ncurate: {rows: 0}\n"))
	if err == nil || !strings.Contains(err.Error(), "shards: 0") || !strings.Contains(err.Error(), "curate.rows: 0") {
		t.Errorf("error %v, want both fields", err)
	}
}

// TestRecipeCuts: what a recipe leaves out of cuts and call_forms has its default, and an empty
// mapping of languages is none.
func TestRecipeCuts(t *testing.T) {
	r, err := Parse([]byte("extract: {cuts: {line: {line: 1}}, call_forms: {name: 0.5, path: 0.5, statement: {}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	cuts := fim.Cuts{schemas.KindImport: fim.DefaultCuts[schemas.KindImport], schemas.KindLine: {schemas.CutLine: 1},
		schemas.KindLines: fim.DefaultCuts[schemas.KindLines]}
	if !reflect.DeepEqual(r.Extract.Cuts, cuts) {
		t.Errorf("cuts %v, want %v", r.Extract.Cuts, cuts)
	}
	forms := fim.CallForms{Name: 0.5, Path: 0.5, Statement: map[schemas.Language]float64{}}
	if !reflect.DeepEqual(r.Extract.CallForms, forms) {
		t.Errorf("call forms %+v, want %+v", r.Extract.CallForms, forms)
	}
	demo, err := Load("demo")
	if err != nil || !reflect.DeepEqual(demo.Extract.Cuts, fim.DefaultCuts) ||
		!reflect.DeepEqual(demo.Extract.CallForms, fim.DefaultCallForms) {
		t.Errorf("the demo shows other shares than the defaults: %+v, %v", demo.Extract, err)
	}
}
