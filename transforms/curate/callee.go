package curate

import "decoy/transforms/text"

// Callee is the name that a golden calls: the first word in it that an opening parenthesis
// follows, or else the function of whose arguments it is a part, as far as the lines before
// it show; "" where there is none. It looks at tokens only, so it serves a cap on how often a
// name is called, and nothing that must be right every time.
func Callee(prefix, golden string) string {
	toks := text.Tokens(golden)
	for i := 0; i+1 < len(toks); i++ {
		if toks[i+1].Text == "(" && isName(toks[i].Text) {
			return toks[i].Text
		}
	}
	toks = text.Tokens(tailOf(prefix))
	depth := 0
	for i := len(toks) - 1; i >= 0; i-- {
		switch toks[i].Text {
		case ")", "]", "}":
			depth++
		case "[", "{":
			if depth--; depth < 0 {
				return ""
			}
		case "(":
			if depth--; depth >= 0 {
				continue
			}
			if i > 0 && isName(toks[i-1].Text) {
				return toks[i-1].Text
			}
			return ""
		case ";":
			if depth == 0 {
				return ""
			}
		}
	}
	return ""
}
