package rows

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/licensecheck"
)

// knownLicenses are SPDX ids by their lower-case form.
var knownLicenses = sync.OnceValue(func() map[string]string {
	known := map[string]string{}
	for _, l := range licensecheck.BuiltinLicenses() {
		known[strings.ToLower(l.ID)] = l.ID
	}
	return known
})

var (
	licenseRef   = regexp.MustCompile(`^(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$`)
	exceptionID  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*$`)
	licenseWords = regexp.MustCompile(`[()]|[^()\s]+`)
)

// expression joins what was found in a repository: all of it holds. It is an SPDX
// expression, or "" where nothing was found. Where a text is not understood it is the
// texts themselves, one a line, what is not understood first: somebody else may know
// them, and a person can read them.
func expression(found []string) string {
	var parts, unclear []string
	for _, f := range found {
		for _, text := range statements(f) {
			if e := known(text); e != "" {
				parts = append(parts, e)
			} else {
				unclear = append(unclear, text)
			}
		}
	}
	slices.Sort(parts)
	parts = slices.Compact(parts)
	if len(unclear) > 0 {
		slices.Sort(unclear)
		all := append(slices.Compact(unclear), parts...)
		if len(all) > maxUnclear {
			all = append(all[:maxUnclear], "…") // which nobody understands
		}
		return strings.Join(all, "\n")
	}
	if len(parts) > 1 {
		for i, e := range parts {
			if strings.Contains(e, " ") {
				parts[i] = "(" + e + ")"
			}
		}
		slices.Sort(parts)
	}
	return strings.Join(parts, " AND ")
}

// parseLicense returns an SPDX expression (SPDX 2.3, annex D) with its ids in their
// proper case, or "" where a word is not known.
func parseLicense(s string) string {
	words := licenseWords.FindAllString(s, -1)
	p := parser{words: words}
	if !p.alternatives(0) || p.at != len(words) {
		return ""
	}
	return strings.NewReplacer("( ", "(", " )", ")").Replace(strings.Join(p.out, " "))
}

// maxLicenseDepth bounds the brackets of an expression.
const maxLicenseDepth = 20

type parser struct {
	words []string
	at    int
	out   []string
}

func (p *parser) next() string {
	if p.at == len(p.words) {
		return ""
	}
	return p.words[p.at]
}

func (p *parser) take(as string) {
	p.at++
	p.out = append(p.out, as)
}

// alternatives reads operands joined by AND and OR. Their precedence does not matter
// for telling whether it is an expression.
func (p *parser) alternatives(depth int) bool {
	for {
		if !p.operand(depth) {
			return false
		}
		op := strings.ToUpper(p.next())
		if op != "AND" && op != "OR" {
			return true
		}
		p.take(op)
	}
}

func (p *parser) operand(depth int) bool {
	word := p.next()
	if word == "(" {
		p.take(word)
		if depth == maxLicenseDepth || !p.alternatives(depth+1) || p.next() != ")" {
			return false
		}
		p.take(")")
		return true
	}
	id, later := strings.CutSuffix(word, "+")
	known := knownLicenses()[strings.ToLower(id)]
	switch {
	case known != "" && later:
		p.take(known + "+")
	case known != "":
		p.take(known)
	case licenseRef.MatchString(word):
		p.take(word)
	default:
		return false
	}
	if strings.EqualFold(p.next(), "WITH") {
		p.take("WITH")
		if exception := p.next(); exceptionID.MatchString(exception) {
			p.take(exception)
			return true
		}
		return false
	}
	return true
}
