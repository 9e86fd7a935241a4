package secrets

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
)

// letters makes a random-looking string at run time: nothing in this file may look
// like a key.
func letters(alphabet string, n int) string {
	var b strings.Builder
	x := uint64(n) * 0x9e3779b97f4a7c15
	for range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b.WriteByte(alphabet[x%uint64(len(alphabet))])
	}
	return b.String()
}

const (
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	mixed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

func scanner(t testing.TB) *Scanner {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFind(t *testing.T) {
	s := scanner(t)
	aws := "AK" + "IA" + letters(upper, 16)
	github := "gh" + "p_" + letters(mixed, 36)
	pem := "-----BEGIN RSA " + "PRIVATE KEY-----\n" + letters(mixed, 64) + "\n" + letters(mixed, 63) + "\n-----END RSA " + "PRIVATE KEY-----"
	generic := letters(mixed, 40)
	for name, c := range map[string]struct {
		text string
		want []Finding
	}{
		"empty":           {"", nil},
		"plain code":      {"package a\n\nfunc F(key string) string { return token(key) }\n", nil},
		"first line":      {"id = \"" + aws + "\"\n", []Finding{{"aws-access-token", 1}}},
		"no newline":      {"id = \"" + aws + "\"", []Finding{{"aws-access-token", 1}}},
		"third line":      {"a\nb\ntoken: " + github + "\nc\n", []Finding{{"github-pat", 3}}},
		"last line":       {"a\nb\ntoken: " + github, []Finding{{"github-pat", 3}}},
		"crlf":            {"a\r\nb\r\ntoken: " + github + "\r\n", []Finding{{"github-pat", 3}}},
		"several lines":   {"key = `\n" + pem + "\n`\n", []Finding{{"private-key", 2}}},
		"assignment":      {"x = 1\napi_key = \"" + generic + "\"\n", []Finding{{"generic-api-key", 2}}},
		"allow is no way": {"id = \"" + aws + "\" # gitleaks:" + "allow\n", []Finding{{"aws-access-token", 1}}},
		"two, sorted":     {"a = \"" + github + "\"\nb = \"" + aws + "\"\n", []Finding{{"github-pat", 1}, {"aws-access-token", 2}}},
		"twice on a line": {"f(\"" + aws + "\", \"" + "AK" + "IA" + letters(upper, 17)[1:] + "\")\n", []Finding{{"aws-access-token", 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 { // the order of rules is that of a map
				if d := gocmp.Diff(c.want, s.Find(c.text)); d != "" {
					t.Fatalf("findings (-want +got):\n%s", d)
				}
			}
		})
	}
}

func TestFindNeverHoldsTheSecret(t *testing.T) {
	secret := "gh" + "p_" + letters(mixed, 36)
	found := scanner(t).Find("token = " + secret)
	if len(found) == 0 || strings.Contains(fmt.Sprintf("%#v", found), secret[4:]) {
		t.Errorf("findings: %d", len(found))
	}
}

func TestFindConcurrently(t *testing.T) {
	s := scanner(t)
	text := corpus(200) + "\ntoken = gh" + "p_" + letters(mixed, 36) + "\n"
	want := s.Find(text)
	if len(want) != 1 {
		t.Fatalf("%d findings", len(want))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := s.Find(text); !slices.Equal(got, want) {
				t.Errorf("got %v", got)
			}
		})
	}
	wg.Wait()
}

// whole is what gitleaks finds in a text as it comes.
func whole(t testing.TB) func(string) []Finding {
	t.Helper()
	logging.Logger = zerolog.Nop()
	all, err := gitleaks()
	if err != nil {
		t.Fatal(err)
	}
	d := detect.NewDetector(all)
	d.IgnoreGitleaksAllow = true
	return func(text string) []Finding {
		var out []Finding
		for _, f := range d.DetectString(text) {
			out = append(out, Finding{f.RuleID, f.StartLine + 1})
		}
		slices.SortFunc(out, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule)) })
		return slices.Compact(out)
	}
}

func TestFindIsGitleaks(t *testing.T) {
	s, plain := scanner(t), whole(t)
	value := letters(mixed, 32)
	found := 0
	check := func(text string) {
		t.Helper()
		want := plain(text)
		found += len(want)
		if d := gocmp.Diff(want, s.Find(text)); d != "" {
			t.Errorf("in %q (-gitleaks +found):\n%s", text, d)
		}
	}
	// Every shape of an assignment, alone and between others.
	var all strings.Builder
	for i, name := range append([]string{"API_TOKEN", "accessKey", "my.auth-name", "passwd", "Credentials", "acce\u017fs", "\u212aey", "color"}, genericNames...) {
		for j, op := range []string{"=", " = ", ": ", ":=", " => ", "\": \"", "' : '", " ||\n", ", ", " := \t", "==", "=\n\n", "(", " is the same as what follows = ", "\n\n\n=", " ?= \"====", ">"} {
			for k, end := range []string{"\n", "\"\n", "'", ";", "\\n", "(x)\n", ""} {
				text := name + op + value[(i+j+k)%7:] + end
				check(text)
				if (i+j+k)%5 == 0 {
					all.WriteString(text + "\n")
				}
			}
		}
	}
	check(all.String())
	check(strings.ReplaceAll(all.String(), "\n", "\r\n"))
	if found < 500 {
		t.Errorf("only %d findings: the cases show little", found)
	}
}

func TestFindIsGitleaksOnRealCode(t *testing.T) {
	s, plain := scanner(t), whole(t)
	//lint:ignore SA1019 Tests run where Go is; without its sources they skip.
	files, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "src", "crypto", "x509", "*.go"))
	if err != nil || len(files) == 0 {
		t.Skip("the Go distribution has no source here")
	}
	found := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b[:min(len(b), 24<<10)])
		want := plain(text)
		found += len(want)
		if d := gocmp.Diff(want, s.Find(text)); d != "" {
			t.Errorf("%s (-gitleaks +found):\n%s", filepath.Base(f), d)
		}
	}
	t.Logf("%d files, %d findings", len(files), found)
}

func FuzzFindIsGitleaks(f *testing.F) {
	s, plain := scanner(f), whole(f)
	f.Add("api_key = \"" + letters(mixed, 40) + "\"\n")
	f.Add("token\n:\n" + letters(mixed, 20) + ";secret=" + letters(upper, 12))
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 {
			return
		}
		if d := gocmp.Diff(plain(text), s.Find(text)); d != "" {
			t.Errorf("%q (-gitleaks +found):\n%s", text, d)
		}
	})
}

// corpus is code of n functions that has words of many rules and no secret.
func corpus(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "// fetch%d asks the api of service %d with the client's key.\nfunc fetch%d(ctx context.Context, token string) error {\n\treq, err := c.newRequest(ctx, \"GET\", path)\n\tif err != nil {\n\t\treturn fmt.Errorf(\"fetch: %%w\", err)\n\t}\n\treturn c.do(req)\n}\n\n", i, i, i)
	}
	return b.String()
}

// BenchmarkFind reports the speed on a window of 16 KiB, in which a few keywords
// stand, and on one without any.
func BenchmarkFind(b *testing.B) {
	s := scanner(b)
	plain := strings.Repeat("for (int i = 0; i < n; i++) { sum += x[i] * y[i]; }\n", 320)
	for _, c := range []struct{ name, text string }{{"keywords", corpus(60)}, {"none", plain}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				if len(s.Find(c.text)) > 0 {
					b.Fatal("a finding")
				}
			}
		})
	}
}
