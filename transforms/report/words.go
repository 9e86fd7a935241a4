package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Number writes n with commas.
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	digits := strings.TrimPrefix(s, "-")
	sign := s[:len(s)-len(digits)]
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// Percent writes a share. What is not nothing is never written as 0 %, what is not
// everything never as 100 %.
func Percent(x float64) string {
	v := x * 100
	switch {
	case math.IsNaN(v):
		return "–"
	case v > 0 && v < 0.1:
		return "<0.1" + nbsp + "%"
	case v < 100 && v > 99.9:
		return ">99.9" + nbsp + "%"
	case v == 0 || v == 100:
		return fmt.Sprintf("%.0f", v) + nbsp + "%"
	case v < 10 || v >= 99.5:
		return fmt.Sprintf("%.1f", v) + nbsp + "%"
	}
	return fmt.Sprintf("%.0f", v) + nbsp + "%"
}

// signed writes a margin with its sign.
func signed(x float64) string { return strings.Replace(fmt.Sprintf("%+.2f", x), "-", "−", 1) }

// longer compares the length of a negative with its golden's.
func longer(by int) string {
	what, how := "characters", "longer"
	switch {
	case by == 0:
		return "same length"
	case by < 0:
		by, how = -by, "shorter"
	}
	if by == 1 {
		what = "character"
	}
	return fmt.Sprintf("%d %s %s", by, what, how)
}

// optional writes a nullable number.
func optional(x *float64, write func(float64) string) string {
	if x == nil {
		return "–"
	}
	return write(*x)
}

// seconds writes a duration as a person says it.
func seconds(s float64) string {
	switch {
	case s < 0.05:
		return "<0.1" + nbsp + "s"
	case s < 59.95:
		return fmt.Sprintf("%.1f", s) + nbsp + "s"
	case s < 3600:
		return fmt.Sprintf("%d%smin%s%02d%ss", int(s)/60, nbsp, nbsp, int(s)%60, nbsp)
	}
	return fmt.Sprintf("%d%sh%s%02d%smin", int(s)/3600, nbsp, nbsp, int(s)%3600/60, nbsp)
}

// memory writes MiB, or GiB from 1 GiB on; unknown memory is a dash.
func memory(mib int64) string {
	switch {
	case mib <= 0:
		return "–"
	case mib < 1024:
		return fmt.Sprintf("%d%sMiB", mib, nbsp)
	}
	return fmt.Sprintf("%.1f%sGiB", float64(mib)/1024, nbsp)
}

// visible spells out control and format characters, tabs and line breaks apart. A
// format character can change the order in which a line is shown.
func visible(s string) string {
	hidden := func(r rune) bool {
		return r != '\t' && r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) || r == utf8.RuneError
	}
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, "‹U+%04X›", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// AUC is an area under a curve as it is shown, "–" where there is none.
func AUC(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *x)
}
