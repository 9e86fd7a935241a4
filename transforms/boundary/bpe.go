package boundary

// Ends are the ends of a text's tokens in bytes, ascending.
func (v *Vocabulary) Ends(text string) []int {
	pieces := []int{len(text)}
	for _, cut := range v.splits {
		var finer []int
		from := 0
		for _, to := range pieces {
			for _, end := range cut(text[from:to]) {
				finer = append(finer, from+end)
			}
			from = to
		}
		pieces = finer
	}
	var out []int
	from := 0
	for _, to := range pieces {
		at := from
		for _, n := range v.tokens(text[from:to]) {
			at += n
			out = append(out, at)
		}
		from = to
	}
	return out
}

// maxKnown bounds the pieces whose tokens are remembered, by number and length.
const maxKnown, maxKnownBytes = 1 << 18, 64

// tokens are the lengths of the tokens of a piece.
func (v *Vocabulary) tokens(piece string) []int {
	if lengths, ok := v.known[piece]; ok {
		return lengths
	}
	lengths := v.merged(piece)
	if len(piece) <= maxKnownBytes {
		if len(v.known) >= maxKnown {
			clear(v.known)
		}
		v.known[piece] = lengths
	}
	return lengths
}

// merged starts with the bytes and makes the merge of the lowest rank wherever it can be made,
// from the left, until there is none.
func (v *Vocabulary) merged(piece string) []int {
	if v.whole[piece] {
		return []int{len(piece)}
	}
	tokens := make([]string, len(piece))
	for i := range tokens {
		tokens[i] = piece[i : i+1]
	}
	for len(tokens) > 1 {
		var best [2]string
		rank := -1
		for i := range len(tokens) - 1 {
			pair := [2]string{tokens[i], tokens[i+1]}
			if r, ok := v.ranks[pair]; ok && (rank < 0 || r < rank) {
				best, rank = pair, r
			}
		}
		if rank < 0 {
			break
		}
		kept := tokens[:0]
		for i := 0; i < len(tokens); i++ {
			if i+1 < len(tokens) && tokens[i] == best[0] && tokens[i+1] == best[1] {
				kept = append(kept, best[0]+best[1])
				i++
			} else {
				kept = append(kept, tokens[i])
			}
		}
		tokens = kept
	}
	lengths := make([]int, len(tokens))
	for i, t := range tokens {
		lengths[i] = len(t)
	}
	return lengths
}
