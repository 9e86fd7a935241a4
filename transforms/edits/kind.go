package edits

import (
	"regexp"
	"strings"
)

// Kinds of a commit, as [Kind] reads them from its message.
const (
	KindFix         = "fix"
	KindFeature     = "feature"
	KindRefactor    = "refactor"
	KindTest        = "test"
	KindDocs        = "docs"
	KindPerformance = "performance"
	KindBuild       = "build"
	KindStyle       = "style"
	KindRevert      = "revert"
	KindOther       = "other"
)

// Kinds lists them in the order of every table.
var Kinds = []string{KindFix, KindFeature, KindRefactor, KindTest, KindDocs, KindPerformance, KindBuild,
	KindStyle, KindRevert, KindOther}

// typeKinds are the types of conventional commits (conventionalcommits.org, with
// the types of Angular and the common abbreviations).
var typeKinds = map[string]string{
	"fix": KindFix, "bugfix": KindFix, "hotfix": KindFix, "bug": KindFix, "fixes": KindFix, "security": KindFix,
	"fixed": KindFix,
	"feat":  KindFeature, "feature": KindFeature, "features": KindFeature, "new": KindFeature, "add": KindFeature,
	"added":    KindFeature,
	"refactor": KindRefactor, "refact": KindRefactor, "cleanup": KindRefactor, "clean": KindRefactor,
	"deprecate": KindRefactor,
	"test":      KindTest, "tests": KindTest, "testing": KindTest,
	"doc": KindDocs, "docs": KindDocs, "documentation": KindDocs, "readme": KindDocs, "changelog": KindDocs,
	"site": KindDocs, "website": KindDocs, "example": KindDocs, "examples": KindDocs,
	"perf": KindPerformance, "performance": KindPerformance,
	"build": KindBuild, "ci": KindBuild, "deps": KindBuild, "dep": KindBuild, "release": KindBuild, "cmake": KindBuild,
	"cargo": KindBuild, "bazel": KindBuild, "dist": KindBuild, "pkg": KindBuild, "bump": KindBuild,
	"gha":   KindBuild,
	"style": KindStyle, "format": KindStyle, "lint": KindStyle, "fmt": KindStyle,
	"revert": KindRevert,
}

// conventional is "type(scope)!: subject"; bracketed is "[type] subject".
var (
	conventional = regexp.MustCompile(`^([\p{L}\w ./*,&+-]{1,40}?)(\([^)]*\))?!?:\s+(\S.*)$`)
	bracketed    = regexp.MustCompile(`^\[([\w -]{1,20})\]:?\s*(\S.*)$`)
	// decoration is what stands before the words: emoji, numbers of issues.
	decoration = regexp.MustCompile(`^(:\w+:|#\d+|gh-\d+|[A-Z]{2,10}-\d+|[^\p{L}\d\s\[]|\s)+:?\s*`)
)

// splitType takes a type or the name of a component off a subject.
func splitType(head string) (typ, rest string) {
	head = decoration.ReplaceAllString(head, "")
	for _, form := range []*regexp.Regexp{conventional, bracketed} {
		if m := form.FindStringSubmatch(head); m != nil {
			return strings.ToLower(m[1]), m[len(m)-1]
		}
	}
	return "", head
}

// phrases are asked in order; the first that matches the subject decides. What a
// commit is about goes before its verb: "add tests" is about tests.
var phrases = []struct {
	kind string
	find *regexp.Regexp
}{
	{KindRevert, revertHead},
	{KindBuild, regexp.MustCompile(`(?i)^(merge (branch|pull|remote|tag|commit)\b|build\b|release\b|[\w-]+-\d+\.\d+\.\d+$|update to \S*\d|updat\w+ .*\b(dependency|dependencies|submodules?|modules)\b|prepare\b.*\b(release|version|v?\d+\.\d)|bump\b|upgrade\b|v?\d+\.\d+(\.\d+)*\S*$|version\b|(update|set|increment|change|tag)( the)? (version|dependenc|copyright|deps\b|package|lock ?file|yarn|submodule)|prep\b.*\brelease|back to dev|(start|begin)\b.*\bdevelopment)`)},
	{KindBuild, regexp.MustCompile(`(?i)\b(travis|appveyor|github ` +
		`actions?|ci|workflow|workflows|cmake(lists)?|makefile|msrv|nuget|maven|gradle|pom|bazel|webpack ` +
		`config|package\.json|yarn\.lock|dockerfile|gitignore|pre-commit|csproj|codeql|dependabot)\b`)},
	{KindTest, regexp.MustCompile(`(?i)\b(unit ?tests?|tests?|testing|test ` +
		`?cases?|specs?|coverage|fuzz(er|ing)?|unittests?|benchmarks? tests?)\b`)},
	{KindStyle, regexp.MustCompile(`(?i)^(format(ting|ted)?( (tweaks?|code|files?|source|sources|new class))?\W*$|(fix(ed)?|improved?|minor) (formatting|indentation|style|format)\W*$|reformat|re-?indent|lint(ing)?\b|gofmt|rustfmt|clang-format|prettier|apply (clang-format|black|prettier|formatting)|run (black|prettier|rustfmt|gofmt|clang-format)|sort (imports|usings|members)|code style|white ?space)`)},
	{KindStyle, regexp.MustCompile(`(?i)\b(trailing (white)?space|white ?space at|code ` +
		`?style|clang-format|linter|lint|jshint|jscs|eslint|tslint|stylecop|checkstyle|flake8|clippy|mypy)\b`)},
	{KindDocs, regexp.MustCompile(`(?i)^document(s|ed|ing)?\b|\.md\b|\b(docs?|documentation|contributing|readme|change ?log|changes\.(md|txt|rst|xml)|javadocs?|docstrings?|typos?|spelling|grammar|comments?|release notes|license|licence|website|doxygen|rustdoc|jsdoc|contributors?|authors|tutorial|examples?|history\.md)\b`)},
	{KindPerformance, regexp.MustCompile(`(?i)^(optimi[sz]e|optimi[sz]ed|optimi[sz]ation|speed ?up|cache\b|reduce ` +
		`(allocation|memory|copies|copying|binary|code ?bloat|the size)|avoid (allocation|cop|unnecessary ` +
		`(alloc|cop)))|\b(performance|faster|optimi[sz]ations?|perf|fewer allocations|speedup)\b`)},
	{KindFix, regexp.MustCompile(`(?i)^(bug ?fix|hot ?fix|fix(e[sd]|ing)?|correct(s|ed|ly|ing)?|resolves?|resolved|repair|handle[sd]?|prevent(s|ed)?|avoid(s|ed)?|workaround|work around|close[sd]? #?\d+|make sure|ensure[sd]?|don'?t|do not|address(es)?|patch|guard|suppress|protect|never|stop|disallow|silence)\b`)},
	{KindFeature, regexp.MustCompile(`(?i)^(add(s|ed|ing)?|implement(s|ed|ing)?|introduce[sd]?|impl|improve[sd]?|support(s|ed)?|allow(s|ed)?|enable[sd]?|creat(e|es|ed|ing)|new|expose[sd]?|provide[sd]?|extend(s|ed)?|initial|first|accept|include|enhance(s|d|ment)?|port|let|permit|overload|export|define|make it possible)\b`)},
	{KindRefactor, regexp.MustCompile(`(?i)^(refactor(s|ed|ing)?|simplif(y|ies|ied|ying|ications?)|extract(s|ed)?|renam(e|es|ed|ing)|mov(e|es|ed|ing)|remov(e|es|ed|ing|al)|delet(e|es|ed|ing)|drop(s|ped)?|clean(s|ed|ing|up)?|replac(e|es|ed|ing)|rework|reorgani[sz]e|reorder|restructure|rewrite|split|inline|merge|consolidate|deprecate[sd]?|unify|use[sd]?|using|switch(ed)?|convert(s|ed)?|migrate|tidy|minor (refactor|cleanup|cleanups)|get rid|internal|final|undeprecate|dedup\w*|tweak(s|ed)?|moderni[sz]e|turn|generali[sz]e|normali[sz]e|decouple|hide|no need|unused|reduce|shorten|kill|flatten|revamp|factor|separate|reuse|redundant|polish)\b`)},
	{KindFix, regexp.MustCompile(`(?i)\b(fix(e[sd]|ing)?|bugs?|bugfix|crash(es)?|regression|leak|warnings?|errors?|issue|nullpointerexception|segfault|broken|incorrect|wrong)\b`)},
}

// Kind says what a commit is for, by its message alone: the type of a conventional
// commit, else what the subject's words are about, else its verb. A component
// before a colon ("net/http: fix …") is passed over. Messages that say neither
// are other.
func Kind(message string) string {
	head := subject(message)
	typ, rest := splitType(head)
	if kind, ok := typeKinds[typ]; ok {
		return kind
	}
	if typ == "" {
		rest = head
	}
	rest = decoration.ReplaceAllString(rest, "")
	for _, p := range phrases {
		if p.find.MatchString(rest) {
			return p.kind
		}
	}
	return KindOther
}
