package report

import (
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

func ptr[T any](v T) *T { return &v }

// fixture is the data of a made build, with a cell that is off, one that is empty,
// losses without a reason, and code that would break the page if it were not
// escaped.
func fixture() Data {
	d := Data{
		Name: "demo", CodeVersion: 1, SchemaVersion: 1,
		Recipe: "name: demo\narchives: [module-cache]\nshards: 8\ngenerate:\n  panel: [{name: rules, provider: rules}]\n",
		Counts: []Count{{"archives", 41}, {"repositories", 23}, {"files read", 9214}, {"contexts", 31877}, {"valid negatives", 0}, {"selected pairs", 0}, {"general rows", 1184}},
		Off:    []Off{{schemas.JavaScript, schemas.TypeImport, "5 of 10 negatives were right in the hand check"}},
		Kinds:  []Count{{"import", 503}, {"call", 1444}, {"line", 420}, {"lines", 395}, {"random", 369}},
		Licenses: []Count{
			{"Apache-2.0", 1711}, {"MIT", 842}, {"BSD-3-Clause", 401}, {"BSD-2-Clause", 97}, {"ISC", 51}, {"MIT OR Apache-2.0", 29},
		},
		Splits:     []Split{{"train", 17, 18, 1570, 951}, {"validation", 3, 3, 204, 117}, {"test", 2, 2, 173, 116}},
		SplitNotes: []string{"csharp: all rows are in train, since its repositories form only 1 group", "rust: no rows in test, since none of its 4 groups falls there"},
		Probe: curate.ProbeResult{Pairs: 1947, Folds: 5, Accuracy: 0.5593, Low: 0.5372, High: 0.5814, Ties: 212,
			Signal: []curate.Influence{{Feature: "chars (to 3)", Weight: -0.2111}, {Feature: "blanks", Weight: 0.1020}, {Feature: "last character of class 3", Weight: 0.0541}}},
		Run: Run{Runner: "prism", GOMAXPROCS: 2, Started: "2024-11-22T13:00:00Z", Seconds: 214.2, PeakRSSMiB: 1388, Stages: []Stage{
			{"extract", 96.4, 0}, {"generate", 41.7, 0}, {"verify", 19.2, 0}, {"judge", 44.8, 0}, {"curate", 3.1, 0}, {"export", 9.0, 0}}},
	}
	d.Hard = []HardFor{{Judge: "<model-a>", Model: "a/<model>", Size: "1.5B", GoldenOnly: ptr(0.83), ShorterWins: ptr(0.7), Rates: []judge.SliceRate{
		{Trait: judge.Trait{By: judge.ByAll}, N: 5188, Rate: 0.118, Low: 0.1, High: 0.14, Near: ptr(0.23)},
		{Trait: judge.Trait{By: judge.ByTrick, Value: "<drop>"}, N: 12, Rate: 0, High: 0.24},
	}}, {Judge: "ngram", Counts: true}}
	d.Boundaries = []Boundaries{{Tokenizer: "<tok>", Rows: []BoundaryRow{
		{schemas.KindCall, schemas.CutCursor, schemas.Go, 120, 30, 90}, {schemas.KindImport, schemas.CutLine, schemas.Java, 3, 3, 0},
	}}}
	var valid, selected int64
	for i, l := range schemas.Languages {
		for j, t := range schemas.Types {
			n := int64((i*7919+j*104729)%1900 + 14)
			if l == schemas.Go {
				n = n*3 + 900
			}
			d.Valid = append(d.Valid, Cell{l, t, n})
			valid += n
			s := min(n, 63)
			if l == schemas.JavaScript && t == schemas.TypeImport || l == schemas.Rust && t == schemas.TypeParameter {
				s = 0
			}
			d.Selected = append(d.Selected, Cell{l, t, s})
			selected += s
			for k, st := range schemas.Statuses {
				d.Statuses = append(d.Statuses, StatusCell{"rules", t, l, st, n * []int64{31, 38, 24, 7}[(k+j)%4] / 100})
			}
			fooled := n * int64(20+(i*13+j*17)%45) / 100
			d.FoolRates = append(d.FoolRates, judge.CellRate{Cell: judge.Cell{Generator: "rules", Type: t, Language: l}, Negatives: n, Judged: n, Verdicts: n, Fooled: fooled})
		}
	}
	for j, t := range schemas.Types {
		k := float64(j)
		d.Judges = append(d.Judges, JudgeRate{"ngram", t, 5000, int64(2100 - 300*j)}, JudgeRate{ShorterWins, t, 5000, int64(2700 - 500*j)})
		d.Margins = append(d.Margins, Margin{"ngram", t, 5000, []curate.Quantile{{Q: 0.05, Value: -21.4 + k}, {Q: 0.25, Value: -9.1 + k}, {Q: 0.5, Value: -3.2 + k}, {Q: 0.75, Value: 1.4 + k}, {Q: 0.95, Value: 8.8 + k}}})
		d.Hardness = append(d.Hardness, Hardness{"rules", t, 4012, ptr(0.43 - 0.05*k), 988, ptr(0.11), ptr(-1.9), ptr(-14.2)})
	}
	for i, l := range schemas.Languages[:3] {
		for j, t := range schemas.Types[:2] {
			usd := float64(i*7+j*3) / 8
			d.Costs = append(d.Costs, Cost{"asked", t, l, ptr(usd), ptr(usd / 4), int64(i * 40)}, Cost{"free", t, l, nil, ptr(0.01), 12})
		}
	}
	d.Costs = append(d.Costs, Cost{"fim", "", schemas.Go, ptr(0.5), ptr(0.0), 0})
	d.Spending = &Spending{BilledUSD: 31.25, ControlsUSD: 1.5, TwiceUSD: 0.004, AssumedUSD: 0.75, MayCostUSD: 0.25, MayCostCalls: 9, Attempts: 3, Unpriced: 4128, DeadLetters: 17}
	d.Controls = []judge.ControlRate{{Judge: "ngram", Valid: 1310, Accepted: 1234, Low: 0.93, High: 0.953, Chance: 0.5}}
	d.Judging = fixtureJudging()
	d.Counts[4].N, d.Counts[5].N = valid, selected
	requested := valid + 9150
	d.Funnel = []Step{
		{Name: "files in archives", Unit: "files", N: 14982},
		{Name: "files read", Unit: "files", N: 9214, Lost: []Count{{"vendored", 812}, {"generated", 2231}, {"minified", 14}, {"license_unclear", 1702}, {"license_not_permissive", 611}, {"too_large", 4}, {"long_line", 391}, {"duplicate_file", 3}}},
		{Name: "contexts", Unit: "contexts", N: 31877, LostUnit: "spans", Lost: []Count{{"declaration_broken", 4120}, {"declaration_not_in_window", 377}, {"no_span", 901}}},
		{Name: "negatives requested", Unit: "negatives", N: requested},
		{Name: "valid", Unit: "negatives", N: valid, Lost: []Count{{"no_candidate", 6120}, {"wrong_type", 1280}, {"syntax_error", 655}, {"similarity_bounds", 960}, {"collateral", 3}}},
		{Name: "certified or unseen", Unit: "negatives", N: valid * 69 / 100, Lost: []Count{{"status_abstain", valid - valid*69/100 - 1900}, {"status_exists", 1900}}},
		{Name: "selected", Unit: "negatives", N: selected, Lost: []Count{{"duplicate", 388}, {"cap_repo", 2210}, {"cap_golden", 1077}, {"one_per_context", 5210}, {"cell_off", 61}, {"not_ranked", valid*69/100 - selected - 388 - 2210 - 1077 - 5210 - 61}}},
	}
	d.Shift = fixtureShift(valid, selected)
	d.Pairs = fixturePairs()
	return d
}

func fixtureJudging() Judging {
	return Judging{
		Judges:   []JudgeWorth{{"ngram", judge.ProtocolNGram, 5210, 0, 0, 0, 1}, {"<model-a>", judge.ProtocolPairwise, 5188, 22, 311, 190, 0.63}},
		Weighted: []WeightedRate{{"rules", schemas.TypeMethod, 1800, ptr(0.312), ptr(0.287)}, {"rules", schemas.TypeImport, 0, nil, nil}},
		Kappas:   []judge.Kappa{{A: "<model-a>", B: "ngram", Negatives: 5188, Kappa: ptr(-0.04)}},
		Fleiss:   &judge.Kappa{Negatives: 5188, Kappa: ptr(0.41)},
		Rounds:   []Round{{1, 0.04, 20214, 808, 1600, 32, 3}, {2, 1, 20214, 5210, 10398, 32, 32}},
	}
}

func fixtureShift(pool, selected int64) curate.Shift {
	dim := func(name string, tv float64, names ...string) curate.Dimension {
		out := curate.Dimension{Name: name, TotalVariation: tv}
		for i, n := range names {
			out.Values = append(out.Values, curate.Value{Name: n, Pool: pool / int64(len(names)), Selected: selected / int64(len(names)), PoolShare: 1 / float64(len(names)+i), SelectedShare: 1 / float64(len(names))})
		}
		return out
	}
	qs := []curate.Quantile{{Q: 0.05, Value: 13}, {Q: 0.25, Value: 21}, {Q: 0.5, Value: 34}, {Q: 0.75, Value: 58}, {Q: 0.95, Value: 144}}
	repos := dim("repo", 0.318, "apache/beam", "google/flatbuffers", "klauspost/compress")
	repos.Omitted = 20
	return curate.Shift{Pool: pool, Selected: selected,
		Dimensions: []curate.Dimension{dim("language", 0.271, schemas.Strings(schemas.Languages)...),
			dim("type", 0.094, schemas.Strings(schemas.Types)...), dim("status", 0.03, string(schemas.StatusCertified), string(schemas.StatusUnseen)), dim("invented", 0.12, "false", "true"), repos},
		Numbers: []curate.Number{{Name: "golden_chars", Pool: qs, Selected: qs, InPool: pool, InSelect: selected}, {Name: "fool_rate", InPool: 0}}}
}

func fixturePairs() []Pair {
	return []Pair{
		{Language: schemas.Go, Type: schemas.TypeMethod, Kind: "call", Generator: "rules", Split: "train", Status: schemas.StatusCertified, Rule: "receiver_member", Evidence: "ms is *protoimpl.MessageState, declared in impl.go:30; its methods are LoadMessageInfo and StoreMessageInfo",
			Judges: 1, FoolRate: ptr(1.0), Margin: ptr(2.31), Repo: "google.golang.org/protobuf", Commit: "v1.36.6", Path: "types/known/anypb/any.pb.go", Line: 412, License: "BSD-3-Clause",
			Prefix: "package anypb\n\nfunc (x *Any) Reset() {\n\t*x = Any{}\n\tmi := &file_google_protobuf_any_proto_msgTypes[0]\n\tms := protoimpl.X.MessageStateOf(protoimpl.Pointer(x))\n\tms.",
			Golden: "StoreMessageInfo(mi)", Negative: "SwapMessageInfo(mi)", Suffix: "\n}\n\nfunc (x *Any) String() string {\n\treturn protoimpl.X.MessageStringOf(x)\n}\n"},
		{Language: schemas.Python, Type: schemas.TypeUndefinedVariable, Kind: "call", Generator: "rules", Split: "validation", Status: schemas.StatusCertified, Rule: "scope_closed", Evidence: "no scope, import, wildcard import or builtin supplies paragraph_class",
			Judges: 2, FoolRate: ptr(0.5), Margin: ptr(-1.2), Repo: "example/scraper", Commit: "2b7c1e9", Path: "scraper/page.py", Line: 58, License: "MIT",
			Prefix: "from bs4 import BeautifulSoup\n\n\ndef paragraphs(html: str) -> list[str]:\n    \"\"\"All paragraphs of a page.\"\"\"\n    soup = BeautifulSoup(html, \"html.parser\")\n    return [p.text for p in soup.",
			Golden: "find_all(\"p\")", Negative: "find_all(\"p\", attrs={\"class\": paragraph_class})", Suffix: " if p.text.strip()]\n\n\ndef title(html: str) -> str:\n    return BeautifulSoup(html, \"html.parser\").title.text\n"},
		{Language: schemas.CSharp, Type: schemas.TypeParameter, Kind: "call", Generator: "rules", Split: "train", Status: schemas.StatusUnseen, Rule: "keyword", Evidence: "the constructors of EventId in view have no parameter logLevel", Judges: 1, FoolRate: ptr(0.0), Margin: ptr(-6.75),
			Repo: "example/hosting", Commit: "v9.0.0", Path: "src/Log.cs", Line: 21, License: "MIT", Prefix: "namespace Example.Hosting;\r\n\r\ninternal static class Events\r\n{\r\n    public static readonly EventId Started = new ",
			Golden: "EventId(3010, \"x\")", Negative: "EventId(3010, \"x\", logLevel: LogLevel.Debug)", Suffix: ";\r\n}\r\n"},
		{Language: schemas.TypeScript, Type: schemas.TypeImport, Kind: "import", Generator: "model-a", Split: "train", Status: schemas.StatusUnseen, Rule: "export_unseen", Evidence: "module objection is seen 14 times, Knex is never imported from it", Judges: 3, FoolRate: ptr(2.0 / 3), Margin: ptr(0.44),
			Repo: "example/api", Commit: "9fe1c22", Path: "src/db.ts", Line: 1, License: "Apache-2.0", Golden: "import { Knex } from 'knex';", Negative: "import { Knex } from 'objection';",
			Suffix: "\nimport { readFileSync } from 'fs';\n\nexport interface Options<T extends object> {\n  retries?: number;\n  transform?: (row: T) => T & { readonly id: string };\n}\n"},
		{Language: schemas.Java, Type: schemas.TypeMethod, Kind: "call", Generator: "rules", Invented: true, Split: "test", Status: schemas.StatusCertified, Rule: "self_member", Evidence: "class Trigger and its supertypes are in view", Judges: 1, FoolRate: ptr(0.0), Margin: ptr(-14.02),
			Repo: "apache/beam", Commit: "v2.77.0", Path: "sdks/java/core/src/main/java/org/apache/beam/sdk/Trigger.java", Line: 97, License: "Apache-2.0",
			Prefix: "  @Override\n  public boolean equals(@Nullable Object obj) {\n    if (!(obj instanceof Trigger)) {\n      return false;\n    }\n    Trigger that = (Trigger) obj;\n    return Objects.equals(getClass(), that.getClass())\n        && Objects.equals(subTriggers, that.",
			Golden: "subTriggers(\n            first,\n            second)", Negative: "collectSubTriggers(\n            first,\n            second)", Suffix: ");\n  }\n"},
		{Language: schemas.Cpp, Type: schemas.TypeParameter, Kind: "call", Generator: "rules", Split: "train", Status: schemas.StatusCertified, Rule: "arity", Evidence: "CreateVector(const T *v, size_t len) & its overloads take 1 or 2 arguments <b>not bold</b>", Judges: 1, Margin: nil,
			Repo: "google/flatbuffers", Commit: "v25.2.10", Path: "include/flatbuffers/</script><script>alert(1)</script>.h", Line: 733, License: "Apache-2.0",
			Prefix: "  template<typename T> Offset<Vector<T>> CreateVector(const std::vector<T> &v) {\n    return ", Golden: "CreateVector(data(v), v.size())", Negative: "CreateVector(data(v), v.size(), true)", Suffix: ";\n  }\n\n  // <script>alert('x')</script> & \u202emirror\u202c\n  int x = a < b && c > d;\n"},
		{Language: schemas.Rust, Type: schemas.TypeUndefinedVariable, Kind: "call", Generator: "rules", Split: "train", Status: schemas.StatusCertified, Rule: "scope_closed", Evidence: "no binding, item, use or macro supplies buffer_len", Judges: 1, FoolRate: ptr(1.0), Margin: ptr(0.02),
			Repo: "example/bytes-rs", Commit: "1f2e3d4", Path: "src/reader.rs", Line: 203, License: "MIT OR Apache-2.0",
			Prefix: "impl<'a> Reader<'a> {\n    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Error> {\n        let (head, tail) = self.buf.", Golden: "split_at(n)", Negative: "split_at(buffer_len)", Suffix: ";\n        self.buf = tail;\n        Ok(head)\n    }\n}\n"},
		{Language: schemas.JavaScript, Type: schemas.TypeMethod, Kind: "call", Generator: "rules", Split: "train", Status: schemas.StatusUnseen, Rule: "receiver_member", Evidence: "", Judges: 1, FoolRate: ptr(0.0), Margin: ptr(-3.3),
			Repo: "example/ui", Commit: "", Path: "lib/menu.js", Line: 3, License: "ISC", Prefix: "export function close(menu) {\n  menu.dataset.open = 'false';\n  menu.", Golden: "removeAttribute('open')", Negative: "dropAttribute('open')", Suffix: ";"},
	}
}
