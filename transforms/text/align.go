package text

// Ends counts the tokens that two lists have in common at their beginning and at their end.
// No token counts twice.
func Ends(a, b []Token) (head, tail int) {
	for head < len(a) && head < len(b) && a[head].Text == b[head].Text {
		head++
	}
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail].Text == b[len(b)-1-tail].Text {
		tail++
	}
	return head, tail
}

// Align is a longest common subsequence of two token lists, as pairs of indices in order.
// Of several it takes the one that leaves out tokens of a first. Time and memory are
// len(a) × len(b) words of 4 bytes: take the common [Ends] off before.
func Align(a, b []Token) [][2]int {
	w := len(b) + 1
	best := make([]int32, (len(a)+1)*w)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].Text == b[j].Text {
				best[i*w+j] = best[(i+1)*w+j+1] + 1
			} else {
				best[i*w+j] = max(best[(i+1)*w+j], best[i*w+j+1])
			}
		}
	}
	var out [][2]int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].Text == b[j].Text:
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case best[(i+1)*w+j] >= best[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	return out
}
