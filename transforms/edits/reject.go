package edits

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"decoy/schemas"
)

// Reasons of rejected commits.
const (
	HistoryCut   schemas.Reason = "history_cut"
	Merge        schemas.Reason = "merge"
	Bot          schemas.Reason = "bot"
	Revert       schemas.Reason = "revert"
	TooManyFiles schemas.Reason = "too_many_files"
	Vendoring    schemas.Reason = "vendoring"
	Reformat     schemas.Reason = "reformat"
)

// Reasons lists them in the order in which they are asked for.
var Reasons = []schemas.Reason{HistoryCut, Merge, Bot, Revert, Vendoring, TooManyFiles, Reformat}

// Thresholds of Reject.
const (
	// MaxFiles is the most files that a commit may change. More is a move, a
	// generated tree or an import, and nobody wrote it in one go.
	MaxFiles = 100
	// VendoredShare of the changed files, and one more, under folders of others' code
	// make a commit vendoring: what it changes elsewhere is a version number.
	VendoredShare = 0.5
	// ReformatShare of the added lines that say the same as what they replace makes
	// a commit reformatting where there are ReformatLines of them. Fewer are what
	// wraps a few lines into a condition.
	ReformatShare = 0.5
	ReformatLines = 20
)

// Reject says why a commit shows no writing: one of Reasons with a detail for a
// person, or "".
func Reject(c Commit) (reason schemas.Reason, detail string) {
	if c.Lost {
		return HistoryCut, "its changes are not known"
	}
	if c.Parents > 1 {
		return Merge, fmt.Sprintf("%d parents", c.Parents)
	}
	if isBot(c.Author, c.Email) {
		return Bot, fmt.Sprintf("author %q", c.Author)
	}
	if line, ok := revertLine(c.Message); ok {
		return Revert, fmt.Sprintf("message %q", line)
	}
	vendored := 0
	for _, f := range c.Files {
		if vendoredFolders.MatchString(f.Path) {
			vendored++
		}
	}
	if n := len(c.Files); float64(vendored) > VendoredShare*float64(n) {
		return Vendoring, fmt.Sprintf("%d of %d files are others' code", vendored, n)
	}
	if len(c.Files) > MaxFiles {
		return TooManyFiles, fmt.Sprintf("%d files, at most %d are taken", len(c.Files), MaxFiles)
	}
	if same, added := reformatted(c.Files); added > 0 && (same == added ||
		same >= ReformatLines && float64(same) >= ReformatShare*float64(added)) {
		return Reformat, fmt.Sprintf("%d of %d lines say what they said before", same, added)
	}
	return "", ""
}

// botWord is "bot" as a word or as the last one of a name in camel case; botName are
// services whose name does not say it. Of the mail address only what GitHub gives
// to bots counts: people call themselves x-bot.
var (
	botWord = regexp.MustCompile(`(?i:(^|[^a-z])bot([^a-z]|$))|[a-z]Bot$`)
	botName = regexp.MustCompile(`(?i)dependabot|renovate|greenkeeper|github[ -]?actions?\b|snyk|imgbot|pyup|mergify|allcontributors|semantic-release|pre-commit-ci|codecov|weblate|crowdin|transifex|lgtm\.com|travis[ -]?ci|circle[ -]?ci|appveyor|azure[ -]?pipelines|deepsource|restyled|copybara|bors\b|\bci\b|autofix|changesets|auto[ -]?roll|nightly|release[ -]?(please|bot)|dotnet[ -]maestro`)
)

func isBot(author, email string) bool {
	return botWord.MatchString(author) || botName.MatchString(author) || strings.Contains(email, "[bot]")
}

var (
	revertHead = regexp.MustCompile(`(?i)^\W*(revert|reverts|reverted|reverting|reapply|re-apply|back(ed|s)? ` +
		`?out|roll(ed|s)? ?back|undo|undid)\b`)
	revertBody = regexp.MustCompile(`(?i)^this reverts (commit|[0-9a-f]{7}|[a-z ]*#\d+)`)
)

// revertLine finds what says that a commit takes another back.
func revertLine(message string) (string, bool) {
	head := subject(message)
	if _, rest := splitType(head); revertHead.MatchString(head) || revertHead.MatchString(rest) {
		return head, true
	}
	// git revert writes it under the subject. Further below it speaks of one of the
	// commits that were squashed into this one.
	_, body, _ := strings.Cut(strings.TrimSpace(message), "\n")
	m := revertBody.FindString(strings.TrimSpace(body))
	return m, m != ""
}

// vendoredFolders hold the code of others wherever they stand. Linguist's list is
// wider and wrong here: it takes themes of documentation and a Java package named
// external for others' code, and then drops their authors' commits.
var vendoredFolders = regexp.MustCompile(`(?i)(^|/)(third[_-]?party|3rdparty|node_modules|bower_components|jspm_packages|vendor|vendors|vendored|_vendor|godeps|site-packages)/`)

// reformatted counts the added lines that say the same as what they replace, and
// all added lines that are not blank. A hunk is the same as a whole where it says
// the same with its lines broken elsewhere.
func reformatted(files []File) (same, added int) {
	for _, f := range files {
		if f.Unread || f.Deleted {
			continue
		}
		old, new := newText(f.Before), newText(f.After)
		for _, h := range f.Hunks {
			lines := 0
			for i := h.NewStart; i < h.NewEnd; i++ {
				if len(bytes.TrimSpace(new.line(i))) > 0 {
					lines++
				}
			}
			added += lines
			if bytes.Equal(old.essence(h.OldStart, h.OldEnd), new.essence(h.NewStart, h.NewEnd)) {
				same += lines
				continue
			}
			for _, s := range indentedOnly(old, new, h) {
				if s {
					same++
				}
			}
		}
	}
	return same, added
}

// essence is what formatters leave alone: text without white space, and without
// the marks that they add, drop or exchange.
func (t text) essence(from, to int) []byte {
	r := t.bytes(from, to)
	b := bare(t.data[r.Start:r.End])
	out := b[:0]
	for _, c := range b {
		switch c {
		case ';', ',', '"', '\'', '`', '(', ')', '\\':
		default:
			out = append(out, c)
		}
	}
	return out
}

// subject is the first line of a message that says something.
func subject(message string) string {
	head, rest, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return cmp.Or(strings.TrimSpace(head), strings.TrimSpace(rest))
}
