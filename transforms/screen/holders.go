package screen

import (
	"regexp"
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
var noHolder = map[string]bool{
	"copyright": true, "copr": true, "the": true, "and": true, "inc": true, "ltd": true, "llc": true, "corp": true,
	"corporation": true, "company": true,
	"gmbh": true, "limited": true, "co": true, "by": true, "all": true, "rights": true, "right": true, "reserved": true,
	"are": true, "authors": true, "author": true,
	"contributors": true, "contributor": true, "others": true, "other": true, "software": true, "foundation": true,
	"project": true, "present": true, "or": true,
	"its": true, "affiliates": true, "of": true, "portions": true, "http": true, "https": true, "www": true,
	"com": true, "org": true, "net": true, "team": true,
	"developers": true, "development": true, "group": true, "holder": true, "holders": true, "owner": true,
	"owners": true, "name": true, "yyyy": true, "year": true,
	"notice": true, "this": true, "in": true, "is": true, "you": true, "to": true, "license": true, "licensor": true,
	"statement": true, "that": true,
}

// holders are the words of the names in a text's lines of copyright.
func holders(text string) map[string]bool {
	found := map[string]bool{}
	for _, line := range copyrightOf.FindAllString(text, 200) {
		line, _, _ = strings.Cut(line, ". ")
		for _, w := range holderWord.FindAllString(line, 20) {
			if w = strings.ToLower(w); len(w) > 1 && !noHolder[w] && len(found) < 1000 {
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
