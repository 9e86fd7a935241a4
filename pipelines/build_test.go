package pipelines

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/io/tfrecord"
	"decoy/schemas"
	"decoy/transforms/trainers"
)

// records reads all files of a stage that are called what, over all shards.
func records[T any](t *testing.T, out, stage, what string) []T {
	t.Helper()
	paths, err := shard.List(t.Context(), filepath.Join(out, stage), what+"-?????-of-?????.jsonl.zst")
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for _, p := range paths {
		part, err := shard.ReadAll[T](t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, part...)
	}
	return all
}

// repeatable are the hashes of all files that the design calls the same.
func repeatable(t *testing.T, out string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(out, path)
		switch {
		case d.IsDir() && (d.Name() == "_done" || d.Name() == "ledger"):
			return fs.SkipDir
		case d.IsDir() || rel == "run.json" || rel == "report.html" || rel == ".lock":
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		sums[filepath.ToSlash(rel)] = hex.EncodeToString(sum[:])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// sameBytes compares two builds and names the files that differ.
func sameBytes(t *testing.T, what string, a, b string) {
	t.Helper()
	x, y := repeatable(t, a), repeatable(t, b)
	names := maps.Clone(x)
	maps.Copy(names, y)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if x[n] != y[n] {
			t.Errorf("%s: %s differs (%.8s and %.8s)", what, n, x[n], y[n])
		}
	}
}

func TestBuild(t *testing.T) {
	c := ordinary(t, 7)
	out := c.build(t, "direct", parsed(t, wide))
	contexts := records[schemas.Context](t, out, schemas.StageExtract, "contexts")
	byID := map[string]*schemas.Context{}

	t.Run("contexts are the archives' bytes", func(t *testing.T) {
		kinds := map[string]int{}
		for i := range contexts {
			x := &contexts[i]
			if byID[x.ID] != nil {
				t.Errorf("context id %s twice", x.ID)
			}
			byID[x.ID] = x
			kinds[string(x.Language)+" "+string(x.Kind)]++
			content, ok := c.files[x.Repo+"@"+x.Commit+"/"+x.Path]
			if !ok {
				t.Fatalf("%s@%s/%s is in no archive", x.Repo, x.Commit, x.Path)
			}
			from, to := int(x.StartByte)-len(x.Prefix), int(x.EndByte)+len(x.Suffix)
			if content[x.StartByte:x.EndByte] != x.Golden || from < 0 || to > len(content) || content[from:to] != x.Prefix+x.Golden+x.Suffix {
				t.Errorf("%s %s at byte %d: prefix, golden and suffix are not the file's bytes", x.Path, x.Kind, x.StartByte)
			}
			sum := sha256.Sum256([]byte(content))
			if x.SHA256 != hex.EncodeToString(sum[:]) || x.License != "MIT" && x.License != "Apache-2.0" {
				t.Errorf("%s: sha256 %s, licence %q", x.Path, x.SHA256, x.License)
			}
		}
		for _, l := range schemas.Languages {
			for _, k := range []schemas.Kind{schemas.KindImport, schemas.KindCall, schemas.KindLine, schemas.KindLines, schemas.KindRandom} {
				if kinds[string(l)+" "+string(k)] == 0 {
					t.Errorf("no %s context in %s", k, l)
				}
			}
		}
	})

	negatives := map[string]*schemas.Negative{}
	t.Run("negatives and what was found out about them", func(t *testing.T) {
		type cell struct {
			language schemas.Language
			typ      schemas.Type
		}
		cells := map[cell]int{}
		for _, n := range records[schemas.Negative](t, out, schemas.StageGenerate, "negatives") {
			x := byID[n.ContextID]
			if negatives[n.ID] != nil || x == nil || n.Text == x.Golden || n.ID != schemas.NegativeID(n.ContextID, n.Type, n.Generator, n.Sample) {
				t.Fatalf("negative %+v", n)
			}
			negatives[n.ID] = &n
			cells[cell{x.Language, n.Type}]++
		}
		for _, l := range schemas.Languages {
			for _, typ := range schemas.Types {
				if cells[cell{l, typ}] == 0 {
					t.Errorf("no negative in the cell %s × %s", l, typ)
				}
			}
		}
		certificates := map[string]int{}
		for _, cert := range records[schemas.Certificate](t, out, schemas.StageVerify, "certificates") {
			if !slices.Contains(schemas.Statuses, cert.Status) || cert.Rule == "" || cert.Evidence == "" {
				t.Errorf("certificate %+v", cert)
			}
			certificates[cert.NegativeID]++
		}
		verdicts, controls := map[string]int{}, 0
		for _, v := range records[schemas.Verdict](t, out, schemas.StageJudge, "verdicts") {
			if v.NegativeID == nil {
				controls++
				continue
			}
			verdicts[*v.NegativeID]++
		}
		for id := range negatives {
			if certificates[id] != 1 || verdicts[id] != 1 {
				t.Errorf("negative %s has %d certificates and %d verdicts", id, certificates[id], verdicts[id])
			}
		}
		if len(certificates) != len(negatives) || len(verdicts) != len(negatives) || controls == 0 {
			t.Errorf("%d negatives, %d certificates, %d verdicts, %d controls", len(negatives), len(certificates), len(verdicts), controls)
		}
	})

	rows := records[schemas.Row](t, out, schemas.StageExport, "*")
	t.Run("rows", func(t *testing.T) {
		ids := map[string]bool{}
		pairs, general := 0, 0
		for _, r := range rows {
			x := byID[r.ContextID]
			if ids[r.ID] || x == nil {
				t.Fatalf("row id %s twice, or of no context", r.ID)
			}
			ids[r.ID] = true
			want := trainers.Normalize(schemas.Row{Prefix: x.Prefix, Suffix: x.Suffix, Chosen: x.Golden})
			if r.Prefix != want.Prefix || r.Chosen != want.Chosen || r.Suffix != want.Suffix || strings.Contains(r.Prefix+r.Chosen+r.Suffix, "\r") || strings.HasPrefix(r.Prefix, "\ufeff") {
				t.Errorf("row %s is not its context with LF line ends and no BOM", r.ID)
			}
			if r.Rejected == nil {
				general++
				continue
			}
			pairs++
			if n := negatives[r.ID]; n == nil || n.ContextID != r.ContextID || *r.Type != n.Type || *r.Certificate != schemas.StatusCertified && *r.Certificate != schemas.StatusUnseen {
				t.Errorf("pair %s: %v", r.ID, r)
			}
		}
		if pairs < 50 || general < 10 {
			t.Errorf("%d pairs and %d general rows", pairs, general)
		}
	})

	t.Run("no group in two splits", func(t *testing.T) {
		splits, repos, names := map[string]schemas.Split{}, map[string]schemas.Split{}, map[schemas.Split]bool{}
		for _, s := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
			owner := strings.Split(s.Repo, "/")[1]
			for _, m := range []struct {
				in  map[string]schemas.Split
				key string
			}{{splits, s.Group}, {repos, owner}} {
				if other, ok := m.in[m.key]; ok && other != s.Split {
					t.Errorf("%s is in %s and in %s", m.key, other, s.Split)
				}
				m.in[m.key] = s.Split
			}
			names[s.Split] = true
		}
		if len(splits) < 4 || len(names) < 2 {
			t.Errorf("%d groups in %d splits: the test shows nothing", len(splits), len(names))
		}
	})

	t.Run("three formats, the same rows", func(t *testing.T) { sameRows(t, out, rows) })
	t.Run("manifests", func(t *testing.T) { checkManifests(t, out) })
	t.Run("card, attribution, report", func(t *testing.T) { checkPages(t, out, c, rows) })
}

func sameRows(t *testing.T, out string, jsonl []schemas.Row) {
	var tf, pq []schemas.Row
	dir := filepath.Join(out, schemas.StageExport)
	tfPaths, _ := shard.List(t.Context(), dir, "*.tfrecord.gz")
	for _, p := range tfPaths {
		f, err := shard.Open(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range tfrecord.Read[schemas.Row](f) {
			if err != nil {
				t.Fatal(err)
			}
			tf = append(tf, r)
		}
		f.Close()
	}
	pqPaths, _ := shard.List(t.Context(), dir, "*.parquet")
	for _, p := range pqPaths {
		for r, err := range columnar.Read[schemas.Row](t.Context(), p) {
			if err != nil {
				t.Fatal(err)
			}
			pq = append(pq, r)
		}
	}
	// A tf.train.Example has no numbers of 64 bits.
	single := func(rows []schemas.Row) []schemas.Row {
		rows = slices.Clone(rows)
		for i := range rows {
			for _, f := range []**float64{&rows[i].FoolRate, &rows[i].Margin} {
				if *f != nil {
					short := float64(float32(**f))
					*f = &short
				}
			}
		}
		return rows
	}
	if !reflect.DeepEqual(single(jsonl), tf) {
		t.Errorf("TFRecord holds %d rows that are not the %d of JSON Lines", len(tf), len(jsonl))
	}
	if !reflect.DeepEqual(jsonl, pq) {
		t.Errorf("Parquet holds %d rows that are not the %d of JSON Lines", len(pq), len(jsonl))
	}
	if len(tfPaths) == 0 || len(tfPaths) != len(pqPaths) {
		t.Errorf("%d TFRecord and %d Parquet files", len(tfPaths), len(pqPaths))
	}
}

// checkManifests compares every file with its manifest and every manifest with the
// files that are there.
func checkManifests(t *testing.T, out string) {
	sums := repeatable(t, out)
	for _, stage := range schemas.Stages {
		m, err := shard.ReadManifest(t.Context(), filepath.Join(out, stage))
		if err != nil {
			t.Fatal(err)
		}
		delete(sums, stage+"/manifest.json")
		rejects := int64(0)
		for _, f := range m.Shards {
			name := stage + "/" + f.Name
			if sums[name] != f.SHA256 {
				t.Errorf("%s: sha256 %.8s, its manifest says %.8s", name, sums[name], f.SHA256)
			}
			delete(sums, name)
			if strings.HasPrefix(f.Name, "rejects-") {
				rejects += f.Records
			}
		}
		counted := int64(0)
		for _, n := range m.Rejects {
			counted += n
		}
		if counted != rejects {
			t.Errorf("%s counts %d rejects and its files hold %d", stage, counted, rejects)
		}
		for _, in := range m.Inputs {
			if in.SHA256 == "" || strings.Contains(in.Name, filepath.Dir(out)) {
				t.Errorf("%s has the input %+v", stage, in)
			}
		}
	}
	delete(sums, shard.MarkerName) // OUT's own
	delete(sums, identityName)
	for _, stage := range schemas.Stages {
		delete(sums, stage+"/"+shard.LeftoverName)
	}
	for name := range sums {
		t.Errorf("%s is in no manifest", name)
	}
}

var network = regexp.MustCompile(`(?i)(src|href|action|data|srcset|poster)\s*=\s*["']?\s*(https?:)?//|url\(\s*["']?(https?:)?//|@import|<link|<iframe|<script[^>]+src`)

func checkPages(t *testing.T, out string, c *corpus, rows []schemas.Row) {
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	card := read("export/README.md")
	if !strings.HasPrefix(card, "---\n") || !strings.Contains(card, "NOT decontaminated") {
		t.Error("the card has no YAML header, or does not say that it is not decontaminated")
	}
	if strings.Contains(card, c.dir) || strings.Contains(card, out) {
		t.Error("the card names a path of this machine")
	}
	attributed := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(read("export/ATTRIBUTION.jsonl")), "\n") {
		var a struct{ Repo, Commit, Path, License string }
		if err := json.Unmarshal([]byte(line), &a); err != nil || a.License == "" {
			t.Fatalf("attribution %q: %v", line, err)
		}
		attributed[a.Repo+"@"+a.Commit+"/"+a.Path] = true
	}
	for _, r := range rows {
		if !attributed[r.Repo+"@"+r.Commit+"/"+r.Path] {
			t.Errorf("%s/%s is not attributed", r.Repo, r.Path)
		}
	}
	report := read("report.html")
	if hit := network.FindString(report); hit != "" {
		t.Errorf("report.html refers to the network: %q", hit)
	}
	if n := strings.Count(report, "<del"); n < 10 {
		t.Errorf("report.html shows %d deletions in its pairs", n)
	}
	var info RunInfo
	if err := json.Unmarshal([]byte(read("run.json")), &info); err != nil || len(info.Stages) != len(schemas.Stages) || info.PeakRSSMiB == 0 {
		t.Errorf("run.json: %+v, %v", info, err)
	}
}
