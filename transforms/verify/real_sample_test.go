package verify

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/text"
)

// TestRightSamplesOfRealArchives asks about real code as about samples: what a file has at a
// place is taken for a sample, and for its golden something else that stands in the same
// declaration, so that the golden answers for little of it. Every certificate is a false alarm.
// Then one name after the other is replaced by one that is nowhere: what is said to exist then
// is a second error that would pass, and could stand in a repair.
// DECOY_VERIFY_ZIPS and the like are as for TestGoldensOfRealArchives.
func TestRightSamplesOfRealArchives(t *testing.T) {
	zips := os.Getenv("DECOY_VERIFY_ZIPS")
	if zips == "" {
		t.Skip("set DECOY_VERIFY_ZIPS to zip archives to measure false alarms on real code taken for samples")
	}
	cfg, err := fim.Config{Kinds: map[string]int{"call": 40}, MaxPerFile: 40}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	type cell struct {
		lang schemas.Language
		what string
	}
	n, shown := map[cell]int{}, map[cell]int{}
	only := os.Getenv("DECOY_VERIFY_LANG")
	for _, name := range strings.Split(zips, ",") {
		symbols, contexts := symbolize(t, archiveFiles(t, name), cfg)
		repo := NewRepo(slices.Values(symbols))
		slices.SortStableFunc(contexts, func(a, b schemas.Context) int {
			return strings.Compare(string(a.Language), string(b.Language))
		})
		c := New()
		for i := range contexts {
			ctx := contexts[i]
			if only != "" && ctx.Language != schemas.Language(only) || !sampled(&ctx) {
				continue
			}
			sample := ctx.Golden
			for k := range contexts {
				o := &contexts[k]
				if o.Path == ctx.Path && o.DeclStart == ctx.DeclStart && o.Golden != sample {
					ctx.Golden, ctx.ID = o.Golden, fmt.Sprint(i)
					break
				}
			}
			if ctx.Golden == sample {
				continue
			}
			got, err := c.Sample(repo, &ctx, sample)
			if err != nil {
				t.Fatal(err)
			}
			n[cell{ctx.Language, "asked"}]++
			k := cell{ctx.Language, string(got.Status)}
			n[k]++
			if shown[k]++; got.Status == certified && shown[k] <= 40 || os.Getenv("DECOY_VERIFY_SHOW") == string(got.Status) && shown[k] <= 40 {
				t.Logf("%s %s: %s:%d %.120q is of type %s at %s: %s: %s", ctx.Language, got.Status, ctx.Path, ctx.Line, sample, got.Type,
					got.Name, got.Rule, got.Evidence)
			}
			for _, w := range text.Tokens(sample) {
				if !isName(w.Text) || strings.ContainsAny(sample, "\"'`#") || strings.Contains(sample, "//") ||
					strings.Contains(sample, "/*") {
					continue
				}
				wrong := sample[:w.Start] + "zzNowhere" + sample[w.End:]
				of, err := c.Sample(repo, &ctx, wrong)
				if err != nil {
					t.Fatal(err)
				}
				k := cell{ctx.Language, "wrong: " + string(of.Status)}
				if of.Repair != "" {
					k.what += ", repaired"
				}
				n[k]++
				if shown[k]++; of.Status == existing && shown[k] <= 40 {
					t.Logf("%s exists though it is wrong: %s:%d %.160q", ctx.Language, ctx.Path, ctx.Line, wrong)
				}
			}
		}
		c.Close()
	}
	var keys []cell
	for k := range n {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b cell) int { return strings.Compare(string(a.lang)+a.what, string(b.lang)+b.what) })
	for _, k := range keys {
		t.Logf("%-11s %-10s %6d", k.lang, k.what, n[k])
	}
}
