package secrets

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp/syntax"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// match writes a text that an expression matches, at random.
func match(r *rand.Rand, b *strings.Builder, re *syntax.Regexp) {
	times := func(low, high int) {
		if high < 0 {
			high = low + 12
		}
		for range low + r.IntN(high-low+1) {
			match(r, b, re.Sub[0])
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		word := string(re.Rune)
		if re.Flags&syntax.FoldCase != 0 && r.IntN(2) == 0 {
			word = strings.ToUpper(word)
		}
		b.WriteString(word)
	case syntax.OpCharClass:
		// Of ASCII where the class has any.
		var ascii []rune
		for i := 0; i < len(re.Rune); i += 2 {
			for c := re.Rune[i]; c <= min(re.Rune[i+1], '~'); c++ {
				if c >= ' ' {
					ascii = append(ascii, c)
				}
			}
		}
		if len(ascii) == 0 {
			b.WriteRune(re.Rune[0])
			return
		}
		b.WriteRune(ascii[r.IntN(len(ascii))])
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte("abcXYZ019 _-"[r.IntN(12)])
	case syntax.OpCapture:
		match(r, b, re.Sub[0])
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpStar:
		times(0, -1)
	case syntax.OpPlus:
		times(1, -1)
	case syntax.OpRepeat:
		times(re.Min, re.Max)
	case syntax.OpConcat:
		for _, s := range re.Sub {
			match(r, b, s)
		}
	case syntax.OpAlternate:
		match(r, b, re.Sub[r.IntN(len(re.Sub))])
	}
}

// Secrets of every rule, alone, at the edges of a text, side by side and between code.
func TestPlantedSecretsOfEveryRule(t *testing.T) {
	s, plain := scanner(t), whole(t)
	r := rand.New(rand.NewPCG(7, 7))
	c, err := gitleaks()
	if err != nil {
		t.Fatal(err)
	}
	code := corpus(3)
	between := []string{"", "\n", " ", "\"\n", "';\n", "x", "\u00e9", "\xff\n", "\n\n" + code, ", ", "=\n"}
	glue := func() string { return between[r.IntN(len(between))] }
	missed := map[string]bool{}
	check := func(text string) []Finding {
		want := plain(text)
		if d := gocmp.Diff(want, s.Find(text)); d != "" {
			t.Errorf("in %q (-gitleaks +found):\n%s", text, d)
		}
		return want
	}
	for _, rule := range c.GetOrderedRules() {
		if rule.Regex == nil {
			continue
		}
		re, err := syntax.Parse(rule.Regex.String(), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for range 6 {
			var b strings.Builder
			match(r, &b, re)
			one := b.String()
			text := one
			switch r.IntN(4) {
			case 0:
				text = glue() + one + glue()
			case 1:
				text = one + glue() + one
			case 2:
				text = glue() + one[r.IntN(len(one)+1):] + glue() + one + glue() + one[:r.IntN(len(one)+1)]
			}
			text = rule.Keywords[r.IntN(len(rule.Keywords))] + glue() + text
			found = slices.ContainsFunc(check(text), func(f Finding) bool { return f.Rule == rule.RuleID }) || found
		}
		if !found && rule.Path == nil {
			missed[rule.RuleID] = true
		}
	}
	if len(missed) > len(c.Rules)/5 {
		t.Errorf("no secret of %d of %d rules was found: the texts show little (%v)", len(missed), len(c.Rules), missed)
	}
}

// Most rules run around their words alone: an upgrade of gitleaks or a fault in reach.go
// that sends them over whole texts is seen here.
func TestMostRulesAreBounded(t *testing.T) {
	s := scanner(t)
	bounded, free := 0, 0
	for _, r := range s.rules {
		switch {
		case r.reach > 0:
			bounded++
		case r.words == nil:
			free++
		}
	}
	t.Logf("%d rules: %d bounded, %d without words; %d words", len(s.rules), bounded, free, len(s.lengths))
	if bounded < len(s.rules)*4/5 || free > len(s.rules)/50 {
		t.Errorf("of %d rules %d are bounded and %d have no words", len(s.rules), bounded, free)
	}
}

func TestPlan(t *testing.T) {
	for expr, want := range map[string]plan{
		`(?i)ab[cd]{2,3}`:           {[]string{"ab"}, 5},
		`A(?:KIA|SIA)[A-Z]{4}`:      {[]string{"akia", "asia"}, 8},
		`xo[xy]-\d+`:                {[]string{"xox-", "xoy-"}, 0},
		`[0-9]{4}`:                  {nil, 0},
		`(?:foo|b)?[0-9]{2}`:        {nil, 0},
		`k(?i)ey`:                   {[]string{"key"}, 3},
		`(?i)key`:                   {[]string{"key"}, 5}, // the Kelvin sign has three bytes
		`(?:one|two\d?)x`:           {[]string{"one", "two"}, 5},
		`\b(a{3}b)(?:;|$)`:          {[]string{"aaab"}, 5},
		`(?:https?://)?h\.x/[a-z]`:  {[]string{"h.x/"}, 13},
		`.x{2}`:                     {[]string{"xx"}, 6},
		`(?:q[a-z]{9}|r[a-z]{9})=v`: {[]string{"=v"}, 12},
	} {
		got, err := planOf(expr)
		if err != nil || !slices.Equal(got.words, want.words) || got.reach != want.reach {
			t.Errorf("%s: %+v, want %+v (%v)", expr, got, want, err)
		}
	}
}

// TestFindIsGitleaksBelow compares on all files below DECOY_SECRETS=DIR:
//
//	DECOY_SECRETS=$(go env GOMODCACHE)/github.com go test ./transforms/secrets -run Below -v
func TestFindIsGitleaksBelow(t *testing.T) {
	dir := os.Getenv("DECOY_SECRETS")
	if dir == "" {
		t.Skip("DECOY_SECRETS names no folder")
	}
	s, plain := scanner(t), whole(t)
	files, bytes, found := 0, 0, 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil || len(raw) > 1<<18 {
			return err
		}
		text := string(raw)
		want := plain(text)
		files, bytes, found = files+1, bytes+len(raw), found+len(want)
		if diff := gocmp.Diff(want, s.Find(text)); diff != "" {
			t.Errorf("%s (-gitleaks +found):\n%s", path, diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d bytes, %d findings", files, bytes, found)
}

// BenchmarkSource reports the CPU time on source files of the Go distribution.
func BenchmarkSource(b *testing.B) {
	s := scanner(b)
	var texts []string
	size := 0
	for _, dir := range []string{"net/http", "crypto/tls", "encoding/json"} {
		//lint:ignore SA1019 Tests run where Go is; without its sources they skip.
		files, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "src", dir, "*.go"))
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				b.Fatal(err)
			}
			if len(raw) < 1<<17 {
				texts = append(texts, string(raw))
				size += len(raw)
			}
		}
	}
	if size == 0 {
		b.Skip("the Go distribution has no source here")
	}
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	b.SetBytes(int64(size))
	before := cpu()
	for b.Loop() {
		for _, text := range texts {
			s.Find(text)
		}
	}
	spent := float64((cpu() - before).Microseconds()) / 1000
	b.ReportMetric(spent/float64(b.N)/(float64(size)/1e6), "cpu-ms/MB")
}
