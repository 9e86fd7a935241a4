package screen

import (
	"regexp"
	"slices"
	"strings"
)

// How "All rights reserved" is read: with a grant beside it, or by somebody whom the
// licence files name, it is an old formula. By somebody else, with no grant, it means
// what it says.
var (
	allReserved = phrasesOf(
		`\ball rights? (?:are )?reserved\b`, `\balle rechte vorbehalten\b`, `\btous droits r[ée]serv`,
		`\btodos los derechos reservados\b`, `\btodos os direitos reservados\b`, `\btutti i diritti riservati\b`,
		`版权所有`, `保留所有权利`, `все права защищены`,
	)
	granting = phrasesOf(
		`licen[cs]`, `permission`, `permit`, `redistribut`, `public domain`, `\bcopying\b`, `\bMIT\b`, `\bBSD\b`,
		`\bapache\b`, `\bSPDX\b`, `\bfree software\b`, `\bopen[- ]source\b`,
	)
	copyrightOf = regexp.MustCompile(`(?i)(?:copyright|copr\.?|©|\(c\))[^\n]{0,200}`)
	holderWord  = regexp.MustCompile(`[\p{L}][\p{L}\p{N}&'-]+`)
)

// noHolder are words of lines of copyright that tell no two holders apart.
var noHolder = strings.Fields(`
copyright copr the and inc ltd llc corp corporation company gmbh limited co by all rights right
reserved are authors author contributors contributor others other software foundation project present
or its affiliates of portions http https www com org net team developers development group holder
holders owner owners name yyyy year notice this in is you to license licensor statement that`)

// holders are the words of the names in a text's lines of copyright.
func holders(text string) map[string]bool {
	found := map[string]bool{}
	for _, line := range copyrightOf.FindAllString(text, 200) {
		line, _, _ = strings.Cut(line, ". ")
		for _, w := range holderWord.FindAllString(line, 20) {
			if w = strings.ToLower(w); len(w) > 1 && !slices.Contains(noHolder, w) && len(found) < 1000 {
				found[w] = true
			}
		}
	}
	return found
}

// reservedBy are the words of the name for whom a head reserves all rights without any
// grant.
func (h *head) reservedBy() map[string]bool {
	at := allReserved.find(h.said)
	if at == nil || granting.match(h.said) {
		return nil
	}
	text := h.said.text
	return holders(text[max(0, at[0]-200):min(len(text), at[1]+80)])
}

func shares(a, b map[string]bool) bool {
	for w := range a {
		if b[w] {
			return true
		}
	}
	return false
}
