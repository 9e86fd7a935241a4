package panel

// tokensOf reads what a response says about its tokens, nil where it does not say. A
// count without its other half is no bill; nor are two zeros beside a text.
func tokensOf(u loose, said bool) (in, out *int64) {
	p, havePrompt := firstNumber(u, "prompt_tokens", "input_tokens", "promptTokenCount", "prompt_token_count", "promptTokens", "inputTokens", "tokens_evaluated", "prompt_eval_count")
	c, haveOutput := firstNumber(u, "completion_tokens", "output_tokens", "candidatesTokenCount", "candidates_token_count", "completionTokens", "outputTokens", "tokens_predicted", "eval_count")
	total, haveTotal := firstNumber(u, "total_tokens", "totalTokenCount", "total_token_count", "totalTokens")
	thoughts, haveThoughts := firstNumber(u, "thoughtsTokenCount", "thoughts_token_count")
	if !havePrompt && !haveOutput {
		for _, name := range []string{"tokens", "billed_units", "usage"} { // Cohere's, and gateways'
			if inner := u.get(name); inner.has("input_tokens") || inner.has("prompt_tokens") {
				return tokensOf(inner, said)
			}
		}
		return nil, nil
	}
	c += thoughts // Gemini counts them apart
	switch {
	case havePrompt && !haveOutput && haveTotal:
		c = max(c, total-p)
	case havePrompt && !haveOutput && (haveThoughts || !said):
	case haveOutput && !havePrompt && haveTotal && total >= c:
		p = total - c
	case !havePrompt || !haveOutput:
		return nil, nil
	}
	// xAI counts what a model thinks apart as well, and bills it.
	details := u.get("completion_tokens_details", "output_tokens_details")
	if beside, ok := details.get("reasoning_tokens").number(); ok && beside > 0 && haveTotal && total == p+c+beside {
		c += beside
	}
	if p == 0 && c == 0 && said {
		return nil, nil
	}
	return &p, &c
}

// firstNumber is the first of the fields that holds a number.
func firstNumber(l loose, names ...string) (int64, bool) {
	for _, name := range names {
		if n, ok := l.get(name).number(); ok {
			return n, true
		}
	}
	return 0, false
}
