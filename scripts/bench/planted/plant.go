package main

import (
	"fmt"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/text"
)

// planted is a row that was made from a benchmark's item.
type planted struct {
	how, task              string
	prefix, golden, suffix string
}

// hows are the ways in which rows are made, in the order of the report.
var hows = []struct {
	name string
	make func(curate.Item) curate.Item
}{
	{"verbatim", func(it curate.Item) curate.Item { return it }},
	{"reformatted", reformatted},
	{"renamed", renamed},
	{"cut", cut},
}

// plant makes n rows, the same number of each kind, of items that are spread over the
// benchmark by a hash of their task. Each stands between other code, as in a file of somebody
// else's.
func plant(items []curate.Item, n int) (rows []planted) {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b curate.Item) int {
		x, y := schemas.Key64("plant", a.Task), schemas.Key64("plant", b.Task)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return strings.Compare(a.Task, b.Task)
	})
	for i := 0; len(rows) < n && i < len(items); i++ {
		how := hows[i%len(hows)]
		it := how.make(items[i])
		rows = append(rows, planted{
			how.name, items[i].Task, before + it.Prefix, it.Golden, it.Suffix + after,
		})
	}
	return rows
}

const (
	before = "import logging\n\nlog = logging.getLogger(__name__)\n\n\ndef announce(message):\n" +
		"    log.info(message)\n\n\n"
	after = "\n\nif __name__ == \"__main__\":\n    announce(\"done\")\n"
)

// mark stands where a golden begins and ends while a text is changed as a whole. It is a word
// to the lexer, so that changes leave it alone.
const mark = "ŊmarkŊ"

// changed applies a change to the item's text as a whole, so that the joints move with it.
func changed(it curate.Item, change func(string) string) curate.Item {
	parts := strings.Split(change(it.Prefix+mark+it.Golden+mark+it.Suffix), mark)
	if len(parts) != 3 { // a word touched the mark
		return it
	}
	it.Prefix, it.Golden, it.Suffix = parts[0], parts[1], parts[2]
	return it
}

// reformatted indents by two blanks instead of four, drops the blanks inside of lines where no
// two words would touch, and puts an empty line behind each.
func reformatted(it curate.Item) curate.Item {
	change := func(s string) string {
		var out []string
		for _, line := range strings.Split(s, "\n") {
			body := strings.TrimLeft(line, " ")
			indent := len(line) - len(body)
			out = append(out, strings.Repeat(" ", indent/2)+tight(body), "")
		}
		return strings.Join(out[:len(out)-1], "\n")
	}
	it.Prefix, it.Golden, it.Suffix = change(it.Prefix), change(it.Golden), change(it.Suffix)
	return it
}

func tight(line string) string {
	var b strings.Builder
	last := byte(0)
	for _, t := range text.Tokens(line) {
		if last != 0 && wordByte(last) && wordByte(t.Text[0]) {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
		last = t.Text[len(t.Text)-1]
	}
	return b.String()
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// renamed gives other names to what the item's function declares: itself, its parameters, and
// what it assigns.
func renamed(it curate.Item) curate.Item {
	names := declared(it.Prefix + it.Golden + it.Suffix)
	return changed(it, func(s string) string {
		var b strings.Builder
		at := 0
		for _, t := range text.Tokens(s) {
			b.WriteString(s[at:t.Start])
			at = t.End
			if n, ok := names[t.Text]; ok {
				b.WriteString(n)
			} else {
				b.WriteString(t.Text)
			}
		}
		b.WriteString(s[at:])
		return b.String()
	})
}

// declared are the names that a Python text declares, with other ones.
func declared(src string) map[string]string {
	names := map[string]string{}
	add := func(name string) {
		if name != "" && wordByte(name[0]) && !(name[0] >= '0' && name[0] <= '9') && names[name] == "" {
			names[name] = fmt.Sprintf("zz%c%d", 'a'+len(names)%26, len(names))
		}
	}
	toks := text.Tokens(src)
	depth, inDef := 0, false
	for i, t := range toks {
		next := ""
		if i+1 < len(toks) {
			next = toks[i+1].Text
		}
		switch t.Text {
		case "def", "for":
			add(next)
			inDef = t.Text == "def"
			continue
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				inDef = false
			}
		}
		switch {
		case inDef && depth == 1 && (next == ":" || next == "," || next == ")" || next == "="):
			if i > 0 && (toks[i-1].Text == "(" || toks[i-1].Text == ",") {
				add(t.Text)
			}
		case depth == 0 && next == "=" && (i == 0 || toks[i-1].Text == "\n" || toks[i-1].Text == ","):
			if i+2 < len(toks) && toks[i+2].Text != "=" {
				add(t.Text)
			}
		}
	}
	return names
}

// cut keeps the golden with the three lines on each side of it.
func cut(it curate.Item) curate.Item {
	lines := strings.SplitAfter(it.Prefix, "\n")
	it.Prefix = strings.Join(lines[max(0, len(lines)-4):], "")
	lines = strings.SplitAfter(it.Suffix, "\n")
	it.Suffix = strings.Join(lines[:min(4, len(lines))], "")
	return it
}
