package screen

import (
	"regexp"
	"strings"

	"decoy/schemas"
)

// short matches the abbreviations of licences that ask for more than permissive ones
// do, with a version.
const short = `(?:(?:GNU )?\(?[AL]?\)?GPL|EUPL|MPL|EPL|CDDL|SSPL|BUSL|BSL[- ]?1\.1|OSL|CPAL|CPL|CeCILL|MS-?[RP]L` +
	`|RPL|APSL|QPL|G?FDL|OFL|FSL-1\.[01]|NPOSL|OpenRAIL|CC[- ]BY(?:[- ](?:NC|SA|ND))*|CC[- ](?:NC|SA|ND))` +
	`(?:[-_, ]*(?:v|ver\.?|version)?[ .]?[0-9][0-9.]*)?(?:\+|-or-later|-only)?`

// toPermit are the words with which a licence is applied to a file.
const toPermit = `(?:(?:re|sub)?licen[cs]ed?|licen[cs]ing|released|(?:re)?distribut(?:ed?|able)|available|covered` +
	`|published|subject|governed|provided|terms|conditions|offered|protected|under)`

var (
	// copyleft matches the notices of licences that do not permit what MIT does, in
	// text of single blanks.
	copyleft = phrasesOf(
		`\b(?:GNU )?(?:(?:Lesser|Library|Affero|General|Free) )(?:(?:General|Affero|Lesser|Library) )?(?:Public`+
			`|Documentation) Licen[cs]e`,
		`\b(?:Mozilla|Eclipse|European Union|Server Side|Microsoft(?: Reciprocal| Limited)?|Common|IBM|Netscape`+
			`|Sun|Reciprocal|Apple|Affero|Lucent|Open|Q|Artistic|Confluent Community|Cockroach(?:DB)? Community`+
			`|Parity|Prosperity|Aladdin(?: Free)?) (?:Public|Community) (?:Source )?Licen[cs]e`,
		`\bCommon Development (?:and|&) Distribution Licen[cs]e`,
		`\bCommon Public Attribution Licen[cs]e`,
		`\b(?:Apple|Nokia|RealNetworks) Public Source Licen[cs]e`,
		`\b(?:Business Source|Elastic|Open Software|Artistic|CeCILL|Commons Clause|PolyForm|Functional Source`+
			`|Fair Core|Sustainable Use|Redis Source Available|Timescale|Sleepycat|Hippocratic|Llama`+
			`(?: \d)? Community|OpenRAIL|Responsible AI|Open Font|Fair Source|Big Time|Server Side)\W{1,3}(?:Public `+
			`|Available )?(?:Licen[cs]e|Condition)`,
		`\bPolyForm[- ](?:Noncommercial|Small Business|Strict|Shield|Perimeter|Internal Use|Free Trial)`,
		`\bCommons Clause\b`,
		`\bAnti-?[ ]?996\b`,
		`\b(?:Hippocratic|Do No Harm|NoHarm) Licen[cs]e`,
		`\bas published by the Free Software Foundation\b`,
		`\((?:GNU )?[AL]?GPL(?:[ -]?v?[0-9.]+)?\+?\)`,
		`\b(?:is|are) (?:under )?(?:the )?[AL]?GPL(?:[ -]?v?[0-9.]+)?\b`,
		`\b[AL]?GPL(?:[ -]?v?[0-9.]+)?\+?[ -]licen[cs]ed\b`,
		`\bCOPYING\.(?:LESSER|A?L?GPL)`,
		`\bLICEN[CS]E[-._](?:[AL]?GPL|enterprise|commercial)\b`,
		`\b(?:Ruby|Ruby's|Perl|Parity|Prosperity|Confluent Community|CockroachDB (?:Software|Community)`+
			`|NVIDIA Source Code|S-Lab|Code Project Open|Microsoft Reciprocal) Licen[cs]e\b`,
		`\blicen[cs]ed under (?:the )?(?:Prosperity|Parity|RSAL|LiLiQ)`,
		`\bLicen[cs]e Libre du Qu`,
		`\bCreative Commons[ ,:-]+(?:Attribution|BY|NonCommercial|ShareAlike)`,
		`\bCreative Commons\b.{0,40}\b(?:NonCommercial|ShareAlike|NoDerivatives|BY-(?:NC|SA|ND))`,
		`\b`+toPermit+`(?:\W{1,3}\w[\w.]*){0,6}?\W{1,3}`+short+`\b`,
		`(?:^|[.:;(/] ?|\b(?:is|are|under|an?|the) )`+short+`[ -]licen[cs]ed?\b`,
		`\b(?:gnu|fsf)\.org/(?:licen[cs]es|copyleft)/(?:old-licenses/)?(?:[al]?gpl|fdl)(?:-?[0-9.]+)?`+
			`(?:-standalone)?(?:\.en)?(?:\.html?|\.txt)?/?(?:$|[\s>)\],.;"'])`,
		`\bmozilla\.org/MPL`,
		`\beclipse\.org/(?:legal|org/documents)/epl`,
		`\bpolyformproject\.org/licen`,
		`\bcreativecommons\.org/licen[cs]es/`,
		`\bcommonsclause\.com`,
		`\bmariadb\.com/bsl`,
		`\bcecill\.info`,
		`\bec\.europa\.eu/\S*eupl`,
		`\belastic\.co/licensing`,
		`\bmongodb\.com/(?:legal/)?licensing`,
		`\bfirstdonoharm\.dev`,
		`\b996\.icu`,
		`\bfsl\.software`,
		`\bfair\.io`,
		`\b(?:opensource\.org/license|choosealicense\.com/licenses)/(?:[al]?gpl|mpl|epl|cddl|osl|eupl)`,
		`\b(?:opensource|spdx)\.org/licen[cs]es/(?:[al]?gpl|mpl|epl|cddl|osl|eupl|cpl|cpal|ms-[rp]l|rpl|sspl|busl`+
			`|cc-by)`,
	)

	// offersChoice matches notices that name such a licence beside a permissive one.
	offersChoice = phrasesOf(
		`\bdual[- ]?licen[cs]ed?\b(?:[^.;]|\.\d){0,100}\b(?:MIT|BSD|Apache)\b`,
		`\bdual (?:MIT|BSD|Apache)/`,
		`\b(?:MIT|BSD|Apache)\b.{0,60}\b(?:or|and) .{0,40}\b(?:[AL]?GPL|GNU)\b.{0,40}\blicen[cs]es\b`,
		`\b(?:[AL]?GPL|GNU)\b(?:[^.;]|\.\d){0,60}\bor (?:[^.;]|\.\d){0,40}\b(?:MIT|BSD|Apache)\b`,
		`\b(?:MIT|BSD|Apache)\b(?:[^.;]|\.\d){0,60}\bor (?:[^.;]|\.\d){0,40}\b(?:[AL]?GPL|GNU)\b`,
		`\bRedistribution and use in source and binary forms\b.*\balternatively\b`,
	)

	// reserved matches what forbids without the name of a licence.
	reserved = phrasesOf(
		`\bunauthori[sz]ed (?:\w+[, /]+){0,8}?(?:copying|use|reproduction|distribution|duplication|disclosure`+
			`|modification|redistribution|transmission)\b.{0,200}?`+
			`\b(?:prohibit|forbid|not permitted|illegal|unlawful|violat)`,
		`\bproprietary (?:and|&) confidential\b`,
		`\bconfidential(?:,| and| &| or)? proprietary\b`,
		`\b(?:company|strictly|highly) confidential\b`,
		`\btrade secrets?\b`,
		`\b(?:this|the) (?:source )?(?:software|code|file|program|source|work|material|document|module|library)s?`+
			`\b[^.]{0,50}\b(?:is|are|contains?) (?:the |a )?(?:\w+ )?(?:proprietary|confidential)\b`,
		`\bproprietary (?:to|software|source|code|information|licen[cs]e)\b[^.]{0,20}\b(?:of|to|and|licen)`,
		`\b(?:contains?|is) (?:\w+ ){0,3}(?:proprietary|confidential)(?: and \w+)? (?:information|property`+
			`|material)`,
		`\b(?:sole|exclusive|intellectual)(?: and exclusive)? property of\b`,
		`\ball information contained herein\b`,
		`\b(?:may|shall|must|can|should) ?not be (?:\w+[, /]+(?:or |and )?){0,6}?(?:used|copied|reproduced`+
			`|disclosed|distributed|redistributed|modified|transmitted|published|shared|sold)\b[^.]{0,160}?`+
			`\b(?:without|except|unless)\b[^.]{0,100}?`+
			`\b(?:permission|consent|authori[sz]ation|agreement|approval|licen[cs]e)\b`,
		`\bno part of this (?:\w+ ){1,4}may be\b`,
		`\b(?:(?:copying|distribution|reproduction|redistribution|dissemination)\b`+
			`[^.]{0,80}|use (?:\w+ ){0,4}(?:this|the) (?:\w+ )?(?:file|software|code|program|source|material|document`+
			`|work)\b[^.]{0,60})\b(?:is|are) (?:strictly |expressly )?(?:prohibited|forbidden)\b`,
		`\bdo not (?:copy(?:,| or| and|/) ?)?(?:re-?)?distribute\b`,
		`\bnot for (?:public |external )?(?:re-?)?(?:distribution|release|publication)\b`,
		`\bfor (?-i:(?:[A-Z][\w&]+ ){1,3})internal use only\b`,
		`\b(?:this|the) (?:\w+ )?(?:code|file|software|program)\b[^.]{0,60}\binternal use only\b`,
		`\bunder (?:a|the|an) (?:\w+ ){0,3}(?:commercial|proprietary|enterprise|evaluation) (?:\w+ )?licen[cs]e\b`,
		`\b(?:commercial|enterprise|proprietary) licen[cs]e (?:agreement|is required|required|terms)`,
		`\bnon-?commercial(?:ly)? (?:use|purpose|research|licen|redistrib|only)`,
		`\bfor (?:\w+ )?non-?commercial\b`,
		`\bnot (?:be used )?for (?:any )?commercial\b`,
		`\bno commercial use\b`,
		`\bcommercial use\b[^.]{0,40}\b(?:prohibited|forbidden|not (?:allowed|permitted)|requires?)\b`,
		`\bfor (?:\w+,? (?:and |or )?){0,3}(?:research|academic|educational|personal|evaluation|private)`+
			`(?: and \w+| or \w+)? (?:use|purposes?) only\b`,
		`\b(?:solely|only|exclusively) for (?:\w+ ){0,2}(?:research|academic|educational|personal|evaluation`+
			`|private)\b[^.]{0,20}\b(?:use|purposes?)\b`,
		`\b(?:this|the) (?:\w+ ){0,2}(?:file|software|code|program|source|work|material|module)s?\b[^.]{0,40}`+
			`\b(?:may|must|shall|can) ?not be (?:re-?)?(?:distributed|copied|reproduced|sold|shared|disclosed)\b`,
		`\bmay not be (?:re-?)?(?:sold|redistributed)\b`,
		`\byou (?:may|must|shall) not (?:\w+,? (?:or |and )?){0,6}?(?:use|copy|modify|distribute|redistribute`+
			`|reproduce|sell|train)\b[^.]{0,60}\b(?:file|software|code|program|source|work|material|models?)\b`,
		`\bnot to be (?:\w+,? (?:or )?){0,3}?(?:used|copied|distributed|disclosed|reproduced) `+
			`(?:\w+ ){0,4}without\b`,
		`\bfor commercial licen[cs]`,
		`\bfree for (?:\w+,? (?:and |or )?){0,3}(?:personal|academic|educational|research|private|non-?profit`+
			`|evaluation)\b`,
		`\bnot for (?:re-?sale|production use)\b`,
		`\buse\b[^.]{0,150}\bwithout (?:an?|the) [^.]{0,100}\b(?:prohibited|forbidden)\b`,
		`\bretains? all\b[^.]{0,60}\brights\b`,
		`\b(?:subject to|governed by)\b[^.]{0,60}\b(?:licen[cs]e agreement|EULA|terms of (?:use|service))\b`,
		`\bused for Good, not Evil\b`,
		`\bunpublished (?:proprietary|work|source)\b`,
		`\bLicensed Materials?\b`,
		`\bRestricted Rights\b`,
		`\bmay only be used by\b`,
		`\buse (?:of \w+ \w+ )?is restricted to\b`,
		`\bno (?:licen[cs]e|permission|rights?) (?:is|are) (?:hereby )?granted\b`,
		`\bcopying (?:\w+ ){0,3}is not (?:allowed|permitted)\b`,
		`\b(?:permission|permitted|licen[cs]ed|granted|free|allowed|available)\b[^.]{0,80}`+
			`\bfor (?:\w+[ ,]+(?:and |or )?){0,3}(?:non-?profit|educational|academic|research|personal|private`+
			`|evaluation|teaching)(?: \w+)? (?:use|purposes?)\b`,
		`\b(?:permission|licen[cs]e) to use for (?:\w+ )?(?:educational|academic|research)\b`,
		`\bfor (?:academic |scientific )?research (?:use )?only\b`,
		`\bexcept for commercial\b`,
		`^copyright[^.]{0,60}\bfor (?:research|academic|internal|evaluation) use\b`,
		`\bdarf nicht\b[^.]{0,40}\b(?:weitergegeben|kopiert|verwendet)`,
		`\bweitergabe\b[^.]{0,40}\buntersagt`,
		`\breproduction interdite`,
		`\bprohibida\b[^.]{0,30}\b(?:reproducci|copia)`,
	)

	// training matches what forbids to learn from the text.
	training = phrasesOf(
		`\b(?:may|must|shall) ?not (?:be used to )?train\b`,
		`\b(?:may|must|shall|can|should) ?not (?:be used|use)\b[^.]{0,120}?`+
			`\b(?:train|training|machine[- ]learning|AI|LLMs?|artificial intelligence|language models?|data mining)\b`,
		`\b(?:training|train|machine[- ]learning|AI|LLMs?|language models?|data mining)\b[^.]{0,80}?`+
			`\b(?:is|are) (?:strictly |expressly |explicitly )?(?:prohibited|forbidden|not (?:permitted|allowed`+
			`|granted|licen[cs]ed))`,
		`\b(?:no|not|without) (?:\w+ ){0,3}(?:permission|permitted|allowed|licen[cs]ed?|granted|consent|right)\b`+
			`[^.]{0,80}?\b(?:to train|training|machine[- ]learning|AI|LLMs?|language models?)\b`,
		`\b(?:opt(?:s|ed)?[- ]out|reserves?)\b[^.]{0,60}\b(?:AI|text and data mining|TDM|machine[- ]learning)\b`,
	)

	// notRestricting matches what reserved finds in permissive texts: names that are not
	// to be used for advertising.
	notRestricting = regexp.MustCompile(`(?i)\b(?:endorse|promot|advertis|publicity)` +
		`|\bexcept in compliance\b|\bexcept (?:according to|in accordance)\b`)
)

// restriction is what a text of single blanks says against its use, and why, or "".
// The text of a permissive licence says nothing against it.
func restriction(text string) (found string, reason schemas.Reason) { return hear(text).restriction() }

func (h heard) restriction() (found string, reason schemas.Reason) {
	if at := copyleft.find(h); at != nil && !offersChoice.match(h) {
		return strings.Trim(h.text[at[0]:at[1]], " .:;("), LicenseNotPermissive
	}
	// What is around it tells whether a name is meant or the work.
	at := reserved.findUnless(h, func(at []int) bool {
		return notRestricting.MatchString(h.text[at[0]:min(len(h.text), at[1]+60)])
	})
	if at == nil {
		at = training.find(h)
	}
	if at == nil {
		return "", ""
	}
	return h.text[at[0]:at[1]], LicenseRestricted
}
