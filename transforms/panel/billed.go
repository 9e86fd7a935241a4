package panel

import (
	"cmp"
	"maps"
	"slices"
)

// counts are the tokens that a response says it used, in pieces where it is streamed. Nil
// is what nobody said.
type counts struct {
	prompt, output, total *int64
	thoughts              *int64 // counted beside the output
	reasoning             *int64 // of the output, or beside it
}

// Names of counts, of OpenAI and those who speak like it, Anthropic, Gemini, clouds and
// local servers.
var (
	promptNames = []string{
		"prompt_tokens", "input_tokens", "promptTokenCount", "prompt_token_count", "promptTokens", "inputTokens",
		"input_token_count", "inputTokenCount", "tokens_evaluated", "prompt_eval_count",
	}
	outputNames = []string{
		"completion_tokens", "output_tokens", "candidatesTokenCount", "candidates_token_count", "completionTokens",
		"outputTokens", "output_token_count", "outputTokenCount", "generation_token_count", "generated_token_count",
		"tokens_predicted", "eval_count",
	}
	totalNames   = []string{"total_tokens", "totalTokenCount", "total_token_count", "totalTokens"}
	thoughtNames = []string{"thoughtsTokenCount", "thoughts_token_count"}
	// cacheNames are counted beside input_tokens, and billed (Anthropic).
	cacheNames = [][]string{
		{"cache_creation_input_tokens", "cacheWriteInputTokens"}, {"cache_read_input_tokens", "cacheReadInputTokens"},
	}
	// innerNames are of objects in an object of counts, those of Cohere and of gateways.
	innerNames = []string{"tokens", "billed_units", "usage"}
)

// take adds what a further piece of a response says. Pieces count all that was used up to
// them, so the most that one says stands.
func (c *counts) take(o counts) {
	for _, f := range []struct{ into, from **int64 }{
		{&c.prompt, &o.prompt}, {&c.output, &o.output}, {&c.total, &o.total},
		{&c.thoughts, &o.thoughts}, {&c.reasoning, &o.reasoning},
	} {
		if n := *f.from; n != nil && (*f.into == nil || *n > **f.into) {
			*f.into = n
		}
	}
}

func (c counts) some() bool { return c.prompt != nil || c.output != nil }

// countsOf are the counts of a usage: those of the object, of an object in it where it
// has none, or the sum of a list's.
func countsOf(u loose) counts {
	if list, ok := u.v.([]any); ok {
		var all counts
		for _, entry := range list {
			all.add(entryOf(loose{entry}))
		}
		return all
	}
	c := flatCounts(u)
	if c.some() {
		return c
	}
	for _, name := range innerNames {
		if inner := flatCounts(u.get(name)); inner.some() {
			return inner
		}
		inner := counts{
			prompt: firstNumber(u.get(name), "input", "prompt"),
			output: firstNumber(u.get(name), "output", "completion"),
		}
		if inner.some() {
			return inner
		}
	}
	object, _ := u.v.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) { // a model's, say
		if inner := flatCounts(loose{object[name]}); inner.some() {
			return inner
		}
	}
	return c
}

// entryOf is one of a list: an object of counts, or a count of what it says.
func entryOf(u loose) counts {
	c := flatCounts(u)
	if c.some() {
		return c
	}
	n := firstNumber(u, "tokens", "count", "value", "token_count", "tokenCount")
	switch u.get("type", "kind", "name", "direction").word() {
	case "input", "prompt":
		c.prompt = n
	case "output", "completion":
		c.output = n
	}
	return c
}

// flatCounts are the counts that stand in an object.
func flatCounts(u loose) counts {
	details := u.get("completion_tokens_details", "output_tokens_details")
	c := counts{
		prompt: firstNumber(u, promptNames...), output: firstNumber(u, outputNames...),
		total: firstNumber(u, totalNames...), thoughts: firstNumber(u, thoughtNames...),
		reasoning: firstNumber(details, "reasoning_tokens"),
	}
	if c.prompt != nil && firstNumber(u, "prompt_tokens") == nil {
		for _, names := range cacheNames {
			c.prompt = sum(c.prompt, firstNumber(u, names...))
		}
	}
	return c
}

func (c *counts) add(o counts) {
	c.prompt, c.output, c.total = sum(c.prompt, o.prompt), sum(c.output, o.output), sum(c.total, o.total)
	c.thoughts, c.reasoning = sum(c.thoughts, o.thoughts), sum(c.reasoning, o.reasoning)
}

func sum(a, b *int64) *int64 {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	n := *a + *b
	return &n
}

// tokens are those that are billed, nil where the response does not say. A count without
// its other half is no bill; nor are two zeros beside a text, which said says there is.
func (c counts) tokens(said bool) (in, out *int64) {
	havePrompt, haveOutput, haveTotal := c.prompt != nil, c.output != nil, c.total != nil
	if !havePrompt && !haveOutput {
		return nil, nil
	}
	p, o, total := number(c.prompt), number(c.output)+number(c.thoughts), number(c.total)
	switch {
	case havePrompt && !haveOutput && haveTotal:
		o = max(o, total-p)
	case havePrompt && !haveOutput && (c.thoughts != nil || !said):
	case haveOutput && !havePrompt && haveTotal && total >= o:
		p = total - o
	case !havePrompt || !haveOutput:
		return nil, nil
	}
	// xAI counts what a model thinks apart as well, and bills it.
	if beside := number(c.reasoning); beside > 0 && haveTotal && total == p+o+beside {
		o += beside
	}
	if p == 0 && o == 0 && said {
		return nil, nil
	}
	return &p, &o
}

func number(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// firstNumber is the first of the fields that holds a number.
func firstNumber(l loose, names ...string) *int64 {
	for _, name := range names {
		if n := l.get(name).count(); n != nil {
			return n
		}
	}
	return nil
}

// count is a number, or the one that an object says is the whole of it.
func (l loose) count() *int64 {
	if _, ok := l.v.(map[string]any); ok {
		l = l.get("total", "total_tokens", "count", "tokens", "value")
	}
	if n, ok := l.number(); ok {
		return &n
	}
	return nil
}
