package text

// Token is one token of a text: Text stands at [Start, End). Of [Tokens] a line break with
// the white space around it is one token with Text "\n"; other white space is no token.
// For all others Text is the text between Start and End.
type Token struct {
	Text       string
	Start, End int
}

const (
	// shortString is the longest string content, in bytes, that is one token: names
	// of keys, columns and files. A longer one is prose, and is lexed as words.
	shortString = 24
	// LongWord bounds a token of [Tokens] in bytes, so that a base64 blob is not one
	// vocabulary entry.
	LongWord = 64
)

// operators of more than one byte, longest first. They are those that several of
// the eight languages share; any other punctuation byte is a token of its own.
var operators = []string{
	">>>=",
	"...", "..=", "===", "!==", "<<=", ">>=", "**=", "//=", "&&=", "||=", "??=", "<=>", `"""`, "'''",
	"==", "!=", "<=", ">=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
	"<<", ">>", "->", "=>", "::", ":=", "??", "?.", "//", "/*", "*/", "**", "..", "<-",
}

// byFirst indexes operators by their first byte, longest first.
var byFirst = func() (t [128][]string) {
	for _, op := range operators {
		t[op[0]] = append(t[op[0]], op)
	}
	return t
}()

// Tokens lexes code. It is total and language-neutral: any text, also one that is
// cut anywhere, becomes tokens in order, without overlap; bytes outside of tokens
// are white space. Linear in the length of src.
func Tokens(src string) []Token {
	l := lexer{src: src, out: make([]Token, 0, len(src)/3+4)}
	l.run(0, len(src), true)
	return l.out
}

type lexer struct {
	src string
	out []Token
	// open has a bit for each kind of quote that was found unclosed on this line:
	// looking for its end once a line keeps the lexer linear.
	open uint8
}

func (l *lexer) emit(start, end int) {
	l.out = append(l.out, Token{l.src[start:end], start, end})
}

// run lexes src[i:end]; inside of a string (strings false) quotes are punctuation.
func (l *lexer) run(i, end int, strings bool) {
	for i < end {
		c := l.src[i]
		switch {
		case c == '\n' || c == '\r':
			j := i
			for j < end && isSpace(l.src[j]) {
				j++
			}
			l.out = append(l.out, Token{"\n", i, j})
			l.open = 0
			i = j
		case isSpace(c):
			i++
		case IsWordByte(c):
			j := i + 1
			number := c >= '0' && c <= '9'
			for j < end && j-i < LongWord && (IsWordByte(l.src[j]) || number && l.inNumber(j, end)) {
				j++
			}
			l.emit(i, j)
			i = j
		case strings && quoteBit(c) != 0:
			i = l.quote(i, end)
		default:
			j := i + l.operator(i, end)
			l.emit(i, j)
			i = j
		}
	}
}

// inNumber reports whether the byte at j, inside a number, belongs to it although
// it is no word byte: a decimal point before a digit, a sign after an exponent.
func (l *lexer) inNumber(j, end int) bool {
	if j+1 >= end || l.src[j+1] < '0' || l.src[j+1] > '9' {
		return false
	}
	switch l.src[j] {
	case '.':
		return true
	case '+', '-':
		return (l.src[j-1] == 'e' || l.src[j-1] == 'E') && j >= 2 && l.src[j-2] >= '0' && l.src[j-2] <= '9'
	}
	return false
}

// quote lexes a string at i, or the lone quote there, and returns where to go on.
func (l *lexer) quote(i, end int) int {
	q := l.src[i]
	if i+3 <= end && q != '`' && l.src[i+1] == q && l.src[i+2] == q {
		l.emit(i, i+3)
		return i + 3
	}
	if l.open&quoteBit(q) != 0 {
		l.emit(i, i+1)
		return i + 1
	}
	j, spaced := i+1, false
	for j < end && l.src[j] != q && l.src[j] != '\n' && l.src[j] != '\r' {
		if l.src[j] == '\\' && j+1 < end && l.src[j+1] != '\n' && l.src[j+1] != '\r' {
			j++
		}
		spaced = spaced || isSpace(l.src[j])
		j++
	}
	if j >= end || l.src[j] != q {
		l.open |= quoteBit(q)
		l.emit(i, i+1)
		return i + 1
	}
	// Between single quotes, blanks mean an apostrophe or a lifetime as often as a
	// string: words are the better reading of all three.
	if j-i-1 <= shortString && !(q == '\'' && spaced) {
		l.emit(i, j+1)
		return j + 1
	}
	l.emit(i, i+1)
	l.run(i+1, j, false)
	l.emit(j, j+1)
	return j + 1
}

// operator is the length of the longest operator at i.
func (l *lexer) operator(i, end int) int {
	if c := l.src[i]; c < 128 {
		for _, op := range byFirst[c] {
			if i+len(op) <= end && l.src[i:i+len(op)] == op {
				return len(op)
			}
		}
	}
	return 1
}

func quoteBit(c byte) uint8 {
	switch c {
	case '"':
		return 1
	case '\'':
		return 2
	case '`':
		return 4
	}
	return 0
}

func isSpace(c byte) bool { return class[c] == blank }

// IsWordByte reports whether a byte belongs to a word of [Tokens]: ASCII letters and
// digits, "_", "$", and every byte of a character outside of ASCII.
func IsWordByte(c byte) bool { return class[c] == word }

const (
	punctuation = iota
	blank
	word
)

// class is the class of each byte. Bytes of multi-byte characters are letters.
var class = func() (t [256]uint8) {
	for _, c := range " \t\n\r\f\v" {
		t[c] = blank
	}
	for c := range t {
		b := byte(c)
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '$' || b >= 0x80 {
			t[c] = word
		}
	}
	return t
}()
