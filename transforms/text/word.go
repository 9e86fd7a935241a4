package text

import "strings"

// HasWord reports whether word stands in s with no word byte before or behind it. An empty word stands
// nowhere.
func HasWord(s, word string) bool {
	if word == "" {
		return false
	}
	for at := 0; ; {
		i := strings.Index(s[at:], word)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(word)
		if (start == 0 || !IsWordByte(s[start-1]) || !IsWordByte(word[0])) &&
			(end == len(s) || !IsWordByte(s[end]) || !IsWordByte(word[len(word)-1])) {
			return true
		}
		at = start + 1
	}
}
