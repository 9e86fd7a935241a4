package panel

import (
	"fmt"
	"slices"
	"strings"

	"decoy/schemas"
)

// spoken is what a message says, in whichever of its many forms: a string, parts of
// several types, an object with a text, a call of a tool.
type spoken struct {
	text     strings.Builder
	thoughts strings.Builder
	refusal  strings.Builder
	tool     string // the first tool that is called
	call     string // its arguments
	logProbs loose  // of a completion
}

// says reports whether there is a text or what may stand for one.
func (s *spoken) says() bool { return s.text.Len() > 0 || s.tool != "" }

// mostNested bounds how deep parts lie in parts.
const mostNested = 8

// take adds a message, its content or one of its parts.
func (s *spoken) take(l loose, depth int) {
	if depth > mostNested {
		return
	}
	switch v := l.v.(type) {
	case string:
		s.text.WriteString(v)
	case []any:
		for _, part := range v {
			s.take(loose{part}, depth+1)
		}
	case map[string]any:
		s.part(l, depth)
	}
}

// Fields of a message or a part: those that may hold its text, and those that show that
// it is not itself the object that was asked for.
var (
	textFields = []string{
		"content", "parts", "text", "output_text", "value", "output", "response", "message", "generated_text", "json",
		"parsed",
	}
	notText = []string{"role", "refusal", "tool_calls", "function_call", "functionCall", "function"}
)

// part takes an object: a message or a part of its content.
func (s *spoken) part(l loose, depth int) {
	kind := strings.ToLower(l.get("type").word())
	thought, _ := l.get("thought").v.(bool)
	switch {
	case thought || strings.Contains(kind, "think") || strings.Contains(kind, "reason") || kind == "thought":
		s.think(l.get("thinking", "text", "reasoning", "summary", "content"), depth+1)
		return
	case strings.Contains(kind, "refusal"):
		refusal, _ := l.get("refusal", "text", "content").v.(string)
		s.refusal.WriteString(refusal)
		return
	case strings.Contains(kind, "tool"), strings.Contains(kind, "function_call"), l.has("partial_json"):
		s.called(l)
		return
	}
	says := slices.IndexFunc(textFields, func(name string) bool { return l.get(name).meaningful() })
	if says < 0 { // a piece of white space is one of a text, too
		says = slices.IndexFunc(textFields, func(name string) bool { s, _ := l.get(name).v.(string); return s != "" })
	}
	switch {
	case says >= 0:
		s.take(l.get(textFields[says]), depth+1)
	case depth > 0 && kind == "" && l.get(notText...).v == nil && l.meaningful():
		s.text.WriteString(l.json()) // the answer's own object, parsed already
	}
	if refusal, ok := l.get("refusal").v.(string); ok {
		s.refusal.WriteString(refusal)
	}
	for _, name := range []string{"reasoning_content", "reasoning", "thinking", "reasoning_details"} {
		if v := l.get(name); v.meaningful() {
			s.think(v, depth+1)
			break
		}
	}
	s.called(l.get("tool_calls").first())
	s.called(l.get("function_call", "functionCall"))
}

// called takes the call of a tool: what the arguments say may be the answer.
func (s *spoken) called(l loose) {
	if !l.meaningful() {
		return
	}
	if f := l.get("function", "functionCall"); f.meaningful() {
		l = f
	}
	if name := l.get("name").word(); s.tool == "" {
		s.tool = name
		if name == "" {
			s.tool = "unnamed"
		}
	}
	said := l.get("arguments", "args", "input", "parameters", "partial_json") // a piece, where it is streamed
	if object, ok := said.v.(map[string]any); !ok || len(object) > 0 {
		s.call += said.json()
	}
}

// think takes thoughts.
func (s *spoken) think(l loose, depth int) {
	if depth > mostNested {
		return
	}
	switch v := l.v.(type) {
	case string:
		s.thoughts.WriteString(v)
	case []any:
		for _, part := range v {
			s.think(loose{part}, depth+1)
		}
	case map[string]any:
		s.think(l.get("text", "thinking", "content", "summary"), depth+1)
	}
}

// reply makes an answer of it, given why the model stopped. raw is shown where nothing
// is said.
func (s *spoken) reply(r *reply, why finish, raw []byte) {
	text, thoughts, refusal := s.text.String(), s.thoughts.String(), strings.TrimSpace(s.refusal.String())
	blank := strings.TrimSpace(text) == ""
	r.ok, r.text = true, text
	switch {
	case !blank:
	case s.tool != "":
		r.text, r.tool = s.call, s.tool
	case holdsObjectAtEnd(thoughts): // a server that takes all of an answer for thoughts
		r.text, blank = thoughts, false
	}
	switch {
	case refusal != "" && !strings.Contains(text, "{"):
		r.reason, r.detail = AnswerRefused, excerpt(refusal)
	case why.kind == finishedMalformed && !blank && holdsObjectAtEnd(r.text): // it says so, and yet there is an answer
	case why.kind != finishedWell:
		r.reason, r.detail = why.kind.reason(), why.detail(r.text)
	case strings.TrimSpace(r.text) == "" && r.tool == "":
		r.reason, r.detail = AnswerEmpty, why.detail("")+", and no text: "+excerpt(string(raw))
		if thoughts != "" {
			r.detail = why.detail("") + ", and nothing but thoughts: " + excerpt(thoughts)
		}
	}
}

// finish is why a model stopped, in the words of its provider.
type finish struct {
	kind  finishKind
	field string // finish_reason, say
	word  string
	more  string // what the provider says beside it
}

// detail is the finish for a person, with what was said up to there.
func (e finish) detail(text string) string {
	s := e.field + " " + e.word
	if e.word == "" {
		s = "no " + e.field
	}
	if e.more != "" {
		s += ", " + excerpt(e.more)
	}
	if text != "" {
		s += fmt.Sprintf(" after %d bytes: %s", len(text), excerpt(text))
	}
	return s
}

type finishKind int

const (
	finishedWell finishKind = iota
	finishedTruncated
	finishedRefused
	finishedMalformed
	finishedFailed // the server broke off
)

func (k finishKind) reason() schemas.Reason {
	switch k {
	case finishedTruncated:
		return AnswerTruncated
	case finishedRefused:
		return AnswerRefused
	case finishedMalformed:
		return AnswerMalformed
	}
	return ""
}

// finishes are the words for why a model stopped, of OpenAI and those who speak like it,
// of Gemini (https://ai.google.dev/api/generate-content, FinishReason), Anthropic,
// Mistral, Cohere, DeepSeek and Zhipu. A word that is not here says nothing bad.
var finishes = kindsOf(map[finishKind]string{
	finishedTruncated: `
length max_tokens max_output_tokens max_completion_tokens model_length max_length max_new_tokens
token_limit max_token maxtokens limit incomplete context_length context_length_exceeded
context_window_exceeded model_context_window_exceeded truncated`,
	finishedRefused: `
content_filter content_filtered contentfilter refusal safety recitation language blocklist
prohibited_content spii image_safety model_armor moderation flagged blocked sensitive
guardrail_intervened content_policy_violation error_toxic`,
	finishedMalformed: `
other malformed malformed_response malformed_function_call unexpected_tool_call too_many_tool_calls
missing_thought_signature image_other no_image repetition_truncation`,
	finishedFailed: `
error failed abort aborted cancelled canceled insufficient_system_resource network_error server_error
timeout`,
})

func kindsOf(words map[finishKind]string) map[string]finishKind {
	kinds := map[string]finishKind{}
	for kind, all := range words {
		for _, word := range strings.Fields(all) {
			kinds[word] = kind
		}
	}
	return kinds
}

// finishedBy reads a provider's word.
func finishedBy(field, word, more string) finish {
	e := finish{field: field, word: word, more: more}
	name := strings.ToLower(strings.TrimSpace(word))
	name = strings.NewReplacer("-", "_", " ", "_").Replace(name)
	name = strings.TrimPrefix(name, "finish_reason_")
	kind, known := finishes[name]
	switch {
	case known:
		e.kind = kind
	case strings.HasPrefix(name, "malformed"):
		e.kind = finishedMalformed
	case strings.Contains(name, "max_tok"):
		e.kind = finishedTruncated
	case strings.Contains(name, "filter") || strings.Contains(name, "safety"):
		e.kind = finishedRefused
	case strings.HasSuffix(name, "_error"):
		e.kind = finishedFailed
	}
	return e
}
