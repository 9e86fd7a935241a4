package panel

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/limit"
)

// good is the text of a good answer.
const good = `{"completion":"frobnicate_all(items, depth=3)","introduced":["frobnicate_all"],"why_wrong":"no such function"}`

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings marshal
	}
	return string(b)
}

const (
	usage       = `"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}`
	geminiUsage = `"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":20,"totalTokenCount":120}`
)

// chat is a chat completion with a message's and a choice's fields.
func chat(message, choice string) string {
	return `{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",` + message + `},` + choice + `}],` + usage + `}`
}

// saying is a chat completion with a content.
func saying(content string) string {
	return chat(`"content":`+quoted(content), `"finish_reason":"stop"`)
}

func geminiSaying(parts, finish string) string {
	return `{"candidates":[{"content":{"role":"model","parts":[` + parts + `]},"finishReason":"` + finish + `"}],` + geminiUsage + `}`
}

var geminiGood = geminiSaying(`{"text":`+quoted(good)+`}`, "STOP")

func always(status int, body string) func(faultserver.Arrival) faultserver.Step {
	return faultserver.InOrder(faultserver.Reply(status, body))
}

// first is served to the first n arrivals, and a good answer to all others.
func first(n, status int, body string) func(faultserver.Arrival) faultserver.Step {
	return func(a faultserver.Arrival) faultserver.Step {
		switch {
		case a.N < n:
			return faultserver.Reply(status, body)
		case a.Protocol == faultserver.Gemini:
			return faultserver.Reply(200, geminiGood)
		}
		return faultserver.Reply(200, saying(good))
	}
}

// second serves the second arrival with a status, and all others with a good answer.
func second(status int, body string) func(faultserver.Arrival) faultserver.Step {
	return faultserver.InOrder(faultserver.Reply(200, saying(good)), faultserver.Reply(status, body), faultserver.Reply(200, saying(good)))
}

// scenario is how a provider answers three requests that are asked one at a time, and
// what comes of them: a reason each, "ok" for an answer that reads.
type scenario struct {
	plan    func(faultserver.Arrival) faultserver.Step
	want    string
	sent    int    // requests
	in, out int64  // tokens that are counted
	detail  string // of the first reject holds it
	err     string // of the run holds it
}

const threeGood = "ok ok ok"

// scenarios by provider.
var scenarios = map[string]map[string]scenario{
	ProviderOpenAI: {
		"plain":                   {always(200, saying(good)), threeGood, 3, 300, 60, "", ""},
		"content in parts":        {always(200, chat(`"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm {\"completion\":\"draft\"}"}]},{"type":"text","text":`+quoted(good)+`}]`, `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"output_text":             {always(200, chat(`"content":[{"type":"output_text","text":`+quoted(good)+`,"annotations":[]}]`, `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"text as an object":       {always(200, chat(`"content":[{"type":"text","text":{"value":`+quoted(good)+`}}]`, `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"content as an object":    {always(200, chat(`"content":{"type":"text","text":`+quoted(good)+`}`, `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"an object as content":    {always(200, chat(`"content":`+good, `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"parsed":                  {always(200, chat(`"content":null,"parsed":`+good, `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"choices by number":       {always(200, strings.NewReplacer(`"choices":[`, `"choices":{"0":`, `}],`, `}},`).Replace(saying(good))), threeGood, 3, 300, 60, "", ""},
		"an empty error":          {always(200, strings.Replace(saying(good), `{"id"`, `{"error":{"code":0,"message":""},"id"`, 1)), threeGood, 3, 300, 60, "", ""},
		"no error in words":       {always(200, strings.Replace(saying(good), `{"id"`, `{"error":"none","id"`, 1)), threeGood, 3, 300, 60, "", ""},
		"lines of a local server": {always(200, `{"message":{"role":"assistant","content":`+quoted(good[:20])+`},"done":false}`+"\n"+`{"message":{"role":"assistant","content":`+quoted(good[20:])+`},"done":true,"done_reason":"stop","prompt_eval_count":100,"eval_count":20}`), threeGood, 3, 300, 60, "", ""},
		"text of a local server":  {always(200, `{"content":`+quoted(good)+`,"stop":true,"tokens_evaluated":100,"tokens_predicted":20}`), threeGood, 3, 300, 60, "", ""},
		"no space for parameters": {always(404, `{"error":{"message":"No endpoints found that support the requested parameters.","code":404}}`), "http_error http_error http_error", 6, 0, 0, "No endpoints", ""},
		"a detail":                {first(2, 200, `{"detail":"Service overloaded","code":503}`), threeGood, 5, 300, 60, "", ""},
		"strings as parts":        {always(200, chat(`"content":["",`+quoted(good)+`]`, `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"text of the choice":      {always(200, `{"choices":[{"text":`+quoted(good)+`,"finish_reason":"stop"}],`+usage+`}`), threeGood, 3, 300, 60, "", ""},
		"float usage":             {always(200, strings.NewReplacer("100", "100.0", "20", "20.0").Replace(saying(good))), threeGood, 3, 300, 60, "", ""},
		"string usage":            {always(200, strings.NewReplacer(":100", `:"100"`, ":20", `:"20"`).Replace(saying(good))), threeGood, 3, 300, 60, "", ""},
		"null usage":              {always(200, strings.Replace(saying(good), usage, `"usage":null`, 1)), threeGood, 3, 0, 0, "", ""},
		"a list as usage":         {always(200, strings.Replace(saying(good), usage, `"usage":[1,2]`, 1)), threeGood, 3, 0, 0, "", ""},
		"zeros as usage":          {always(200, strings.NewReplacer("120", "0", "100", "0", "20", "0").Replace(saying(good))), threeGood, 3, 0, 0, "", ""},
		"negative usage":          {always(200, strings.NewReplacer("120", "-1", "100", "-1", "20", "-1").Replace(saying(good))), threeGood, 3, 0, 0, "", ""},
		"nested usage":            {always(200, strings.Replace(saying(good), usage, `"usage":{"billed_units":{"input_tokens":100,"output_tokens":20}}`, 1)), threeGood, 3, 300, 60, "", ""},
		"total alone":             {always(200, strings.Replace(saying(good), usage, `"usage":{"prompt_tokens":100,"total_tokens":120}`, 1)), threeGood, 3, 300, 60, "", ""},
		"reasoning beside":        {always(200, strings.Replace(saying(good), usage, `"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":420,"completion_tokens_details":{"reasoning_tokens":300}}`, 1)), threeGood, 3, 300, 960, "", ""},
		"refusal false":           {always(200, chat(`"refusal":false,"content":`+quoted(good), `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"refusal as an object":    {always(200, chat(`"refusal":{"reason":"none"},"content":`+quoted(good), `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"reasoning as an object":  {always(200, chat(`"refusal":null,"reasoning":{"x":1},"content":`+quoted(good), `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"logprobs as an object":   {always(200, chat(`"content":`+quoted(good), `"finish_reason":"stop","logprobs":{"content":[{"token":"{","logprob":-0.1,"top_logprobs":[]}],"refusal":null}`)), threeGood, 3, 300, 60, "", ""},
		"logprobs as a list":      {always(200, chat(`"content":`+quoted(good), `"finish_reason":"stop","logprobs":[{"token":"{","logprob":-0.1}]`)), threeGood, 3, 300, 60, "", ""},
		"error null":              {always(200, strings.Replace(saying(good), `{"id"`, `{"error":null,"id"`, 1)), threeGood, 3, 300, 60, "", ""},
		"a finish as an object":   {always(200, chat(`"content":`+quoted(good), `"finish_reason":{"type":"stop"}`)), threeGood, 3, 300, 60, "", ""},
		"byte order mark":         {always(200, "\ufeff"+saying(good)), threeGood, 3, 300, 60, "", ""},
		"blank lines first":       {always(200, "\n\n\n   "+saying(good)), threeGood, 3, 300, 60, "", ""},
		"comments first":          {always(200, ": PROCESSING\n\n: PROCESSING\n\n"+saying(good)), threeGood, 3, 300, 60, "", ""},
		"something behind":        {always(200, saying(good)+"\n<!-- served by x -->"), threeGood, 3, 300, 60, "", ""},
		"NaN":                     {always(200, chat(`"content":`+quoted(good), `"score":NaN,"low":-Infinity,"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"a list of one":           {always(200, "["+saying(good)+"]"), threeGood, 3, 300, 60, "", ""},
		"events":                  {always(200, events(good[:40], good[40:])), threeGood, 3, 300, 60, "", ""},
		"events that break off":   {always(200, events(good[:40])), "answer_not_json answer_not_json answer_not_json", 6, 600, 120, `{"completion"`, ""},
		"fence":                   {always(200, saying("Here:\n```json\n"+good+"\n```\nNote {this} is it.")), threeGood, 3, 300, 60, "", ""},
		"channels":                {always(200, saying("<|channel|>analysis<|message|>{\"completion\":\"draft\"}<|end|><|start|>assistant<|channel|>final<|message|>"+good)), threeGood, 3, 300, 60, "", ""},
		"half a surrogate":        {always(200, saying(`{"completion":"frob(items, \ud83d)","introduced":["frob"],"why_wrong":"x"}`)), threeGood, 3, 300, 60, "", ""},
		"thoughts with braces":    {always(200, saying("<think>\n"+strings.Repeat("if (x) { y(); }\n", 400)+"</think>\n"+good)), threeGood, 3, 300, 60, "", ""},
		"thoughts with objects":   {always(200, saying("◁think▷"+strings.Repeat(`{"completion": "draft"}, {"a": [1, `, 3000)+"◁/think▷"+good)), threeGood, 3, 300, 60, "", ""},
		"thoughts with no end":    {always(200, saying("<think>I could say {\"completion\": \"draft\"} but")), "answer_not_json answer_not_json answer_not_json", 6, 600, 120, "I could say", ""},
		"all of it is thoughts":   {always(200, chat(`"content":null,"reasoning_content":`+quoted("Well. "+good), `"finish_reason":"stop"`)), threeGood, 3, 300, 60, "", ""},
		"a tool call":             {always(200, chat(`"content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"answer","arguments":`+quoted(good)+`}}]`, `"finish_reason":"tool_calls"`)), threeGood, 3, 300, 60, "", ""},
		"a tool call, parsed":     {always(200, chat(`"content":"","tool_calls":[{"function":{"name":"answer","arguments":`+good+`}}]`, `"finish_reason":"tool_calls"`)), threeGood, 3, 300, 60, "", ""},
		"a function call":         {always(200, chat(`"content":null,"function_call":{"name":"answer","arguments":`+quoted(good)+`}`, `"finish_reason":"function_call"`)), threeGood, 3, 300, 60, "", ""},
		"another tool call":       {always(200, chat(`"content":null,"tool_calls":[{"function":{"name":"search","arguments":"{\"q\":\"frobnicate\"}"}}]`, `"finish_reason":"tool_calls"`)), "answer_tool_call answer_tool_call answer_tool_call", 6, 600, 120, "frobnicate", ""},
		"messages of another API": {always(200, `{"type":"message","role":"assistant","content":[{"type":"text","text":`+quoted(good)+`}],"stop_reason":"end_turn","usage":{"input_tokens":100,"output_tokens":20}}`), threeGood, 3, 300, 60, "", ""},
		"responses API":           {always(200, `{"object":"response","status":"completed","output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":`+quoted(good)+`}]}],"usage":{"input_tokens":100,"output_tokens":20}}`), threeGood, 3, 300, 60, "", ""},

		"length":        {always(200, chat(`"content":"{\"compl"`, `"finish_reason":"length"`)), "answer_truncated answer_truncated answer_truncated", 3, 300, 60, "length", ""},
		"max_tokens":    {always(200, chat(`"content":"{\"compl"`, `"finish_reason":"max_tokens"`)), "answer_truncated answer_truncated answer_truncated", 3, 300, 60, "max_tokens", ""},
		"MAX_TOKENS":    {always(200, chat(`"content":"{\"compl"`, `"finish_reason":"MAX_TOKENS"`)), "answer_truncated answer_truncated answer_truncated", 3, 300, 60, "MAX_TOKENS", ""},
		"model_length":  {always(200, chat(`"content":"{\"compl"`, `"finish_reason":"model_length"`)), "answer_truncated answer_truncated answer_truncated", 3, 300, 60, `{"compl`, ""},
		"eos":           {always(200, chat(`"content":"{\"compl"`, `"finish_reason":"eos"`)), "answer_not_json answer_not_json answer_not_json", 6, 600, 120, `{"compl`, ""},
		"nothing at 0":  {always(200, chat(`"content":""`, `"finish_reason":"length"`)), "answer_truncated answer_truncated answer_truncated", 3, 300, 60, "length", ""},
		"a refusal":     {always(200, chat(`"content":null,"refusal":"I cannot help."`, `"finish_reason":"stop"`)), "answer_refused answer_refused answer_refused", 3, 300, 60, "I cannot help.", ""},
		"refusal parts": {always(200, chat(`"content":[{"type":"refusal","refusal":"I cannot help."}]`, `"finish_reason":"stop"`)), "answer_refused answer_refused answer_refused", 3, 300, 60, "I cannot help.", ""},
		"filtered":      {always(200, chat(`"content":"def f"`, `"finish_reason":"content_filter"`)), "answer_refused answer_refused answer_refused", 3, 300, 60, "def f", ""},
		"SAFETY":        {always(200, chat(`"content":""`, `"finish_reason":"SAFETY"`)), "answer_refused answer_refused answer_refused", 3, 300, 60, "SAFETY", ""},

		"empty once":             {first(3, 200, chat(`"content":""`, `"finish_reason":"stop"`)), threeGood, 6, 600, 120, "", ""},
		"null once":              {first(3, 200, chat(`"content":null`, `"finish_reason":null`)), threeGood, 6, 600, 120, "", ""},
		"no choices once":        {first(3, 200, `{"choices":[],`+usage+`}`), threeGood, 6, 600, 120, "", ""},
		"empty for ever":         {always(200, chat(`"content":""`, `"finish_reason":"stop"`)), "answer_empty answer_empty answer_empty", 8, 800, 160, "finish_reason stop", ""},
		"an error in the choice": {first(3, 200, chat(`"content":""`, `"finish_reason":"error","error":{"code":502,"message":"Provider disconnected"}`)), threeGood, 6, 600, 120, "", ""},
		"an error as the finish": {first(3, 200, chat(`"content":"{"`, `"finish_reason":"error"`)), threeGood, 6, 600, 120, "", ""},
		"an error code as text":  {first(2, 200, `{"error":{"message":"rate","code":"429"}}`), threeGood, 5, 300, 60, "", ""},
		"a page":                 {always(200, `<html>Log in</html>`), "http_error http_error http_error", 18, 0, 0, "<html>Log in", ""},

		"403 once":               {second(403, `{"error":{"code":403,"message":"input was flagged by moderation","metadata":{"reasons":["violence"]}}}`), "ok answer_refused ok", 3, 200, 40, "flagged by moderation", ""},
		"403 in HTML once":       {second(403, `<html><title>Attention Required!</title></html>`), "ok http_error ok", 3, 200, 40, "Attention Required!", ""},
		"403 first":              {first(1, 403, `{"error":"forbidden"}`), "http_error ok ok", 3, 200, 40, "forbidden", ""},
		"403 for all":            {always(403, `{"error":"forbidden"}`), "http_error http_error http_error", 3, 0, 0, "forbidden", "api_key_env"},
		"filter 400":             {first(2, 400, `{"error":{"message":"The response was filtered due to the prompt triggering content management policy","type":null,"param":"prompt","code":"content_filter","status":400}}`), "answer_refused answer_refused ok", 3, 100, 20, "content management policy", ""},
		"context length":         {always(400, `{"error":{"message":"This model's maximum context length is 2048 tokens. However, you requested 4000","type":"BadRequestError","code":400}}`), "http_error http_error http_error", 3, 0, 0, "maximum context length", ""},
		"JSON that failed once":  {first(1, 400, `{"error":{"message":"Failed to generate JSON. See failed_generation","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{"}}`), threeGood, 4, 300, 60, "", ""},
		"a location":             {always(403, `{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}`), "http_error http_error http_error", 1, 0, 0, "territory", "territory"},
		"a negative Retry-After": {faultserver.InOrder(faultserver.Reply(429, `{"error":{"message":"slow"}}`, "Retry-After", "-5"), faultserver.Reply(200, saying(good))), threeGood, 4, 300, 60, "", ""},
		"a huge Retry-After":     {faultserver.InOrder(faultserver.Reply(429, `{"error":{"message":"slow"}}`, "Retry-After", "1800000")), "http_error http_error http_error", 1, 0, 0, "wait", "longer than"},
	},
	ProviderGemini: {
		"plain":                {always(200, geminiGood), threeGood, 3, 300, 60, "", ""},
		"signature":            {always(200, geminiSaying(`{"text":"thinking","thought":true},{"text":`+quoted(good)+`,"thoughtSignature":"ab-_cd=="}`, "STOP")), threeGood, 3, 300, 60, "", ""},
		"a list":               {always(200, "["+geminiGood+"]"), threeGood, 3, 300, 60, "", ""},
		"a list of pieces":     {always(200, "["+geminiSaying(`{"text":`+quoted(good[:30])+`}`, "")+","+geminiSaying(`{"text":`+quoted(good[30:])+`}`, "STOP")+"]"), threeGood, 3, 300, 60, "", ""},
		"NaN as text":          {always(200, strings.Replace(geminiGood, `"finishReason"`, `"avgLogprobs":"NaN","finishReason"`, 1)), threeGood, 3, 300, 60, "", ""},
		"string usage":         {always(200, strings.Replace(geminiGood, geminiUsage, `"usageMetadata":{"promptTokenCount":"100","candidatesTokenCount":"20"}`, 1)), threeGood, 3, 300, 60, "", ""},
		"thoughts are billed":  {always(200, strings.Replace(geminiGood, geminiUsage, `"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":20,"thoughtsTokenCount":30}`, 1)), threeGood, 3, 300, 150, "", ""},
		"a function call":      {always(200, geminiSaying(`{"functionCall":{"name":"answer","args":`+good+`}}`, "STOP")), threeGood, 3, 300, 60, "", ""},
		"RECITATION":           {always(200, `{"candidates":[{"finishReason":"RECITATION","citationMetadata":{"citationSources":[{"uri":"http://example.com"}]}}],`+geminiUsage+`}`), "answer_refused answer_refused answer_refused", 3, 300, 60, "RECITATION", ""},
		"SPII":                 {always(200, geminiSaying(`{"text":"x"}`, "SPII")), "answer_refused answer_refused answer_refused", 3, 300, 60, "SPII", ""},
		"MAX_TOKENS":           {always(200, `{"candidates":[{"content":{"role":"model"},"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":100,"thoughtsTokenCount":512,"totalTokenCount":612}}`), "answer_truncated answer_truncated answer_truncated", 3, 300, 1536, "MAX_TOKENS", ""},
		"empty":                {always(200, geminiSaying(``, "STOP")), "answer_empty answer_empty answer_empty", 8, 800, 160, "STOP", ""},
		"empty once":           {first(1, 200, geminiSaying(``, "STOP")), threeGood, 4, 400, 80, "", ""},
		"OTHER":                {always(200, `{"candidates":[{"finishReason":"OTHER"}],`+geminiUsage+`}`), "answer_malformed answer_malformed answer_malformed", 8, 800, 160, "OTHER", ""},
		"OTHER with an answer": {always(200, geminiSaying(`{"text":`+quoted(good)+`}`, "OTHER")), threeGood, 3, 300, 60, "", ""},
		"MALFORMED_RESPONSE":   {first(1, 200, `{"candidates":[{"finishReason":"MALFORMED_RESPONSE","finishMessage":"could not be read"}],`+geminiUsage+`}`), threeGood, 4, 400, 80, "", ""},
		"MALFORMED_FUNCTION_CALL": {always(200, strings.Replace(geminiSaying(`{"text":"print(x"}`, "MALFORMED_FUNCTION_CALL"), `"finishReason"`, `"finishMessage":"Malformed function call","finishReason"`, 1)),
			"answer_malformed answer_malformed answer_malformed", 8, 800, 160, "print(x", ""},
		"no candidates": {always(200, `{"usageMetadata":{"promptTokenCount":100,"totalTokenCount":100},"modelVersion":"m"}`), "answer_empty answer_empty answer_empty", 8, 800, 0, "no candidates", ""},
		"blocked":       {always(200, `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":100,"totalTokenCount":100}}`), "answer_refused answer_refused answer_refused", 3, 300, 0, "PROHIBITED_CONTENT", ""},
		"quota of a day": {always(429, `{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"50"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.05s"}]}}`),
			"http_error http_error http_error", 1, 0, 0, "PerDay", "PerDay"},
		"location":   {always(400, `{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`), "http_error http_error http_error", 1, 0, 0, "location", "User location is not supported"},
		"overloaded": {first(3, 503, `{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}`), threeGood, 6, 300, 60, "", ""},
	},
}

// events are a completion as a stream of server-sent events.
func events(pieces ...string) string {
	var b strings.Builder
	for _, p := range pieces {
		fmt.Fprintf(&b, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%s},\"finish_reason\":null}]}\n\n", quoted(p))
	}
	return b.String() + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20}}\n\ndata: [DONE]\n\n"
}

// TestWhatProvidersAnswer: each way to answer gives the answer that is in it or a
// reject that says why there is none, with no more requests than it says, and what is
// billed is counted.
func TestWhatProvidersAnswer(t *testing.T) {
	for provider, all := range scenarios {
		for name, c := range all {
			t.Run(provider+" "+name, func(t *testing.T) {
				s := serve(t, faultserver.Options{Plan: c.plan})
				m := memberOf(s, provider)
				m.Concurrency = 1
				cfg := config(dirstore.Dir(t.TempDir()), m)
				cfg.Retry.Attempts = 6
				cfg.Breaker = limit.BreakerConfig{Failures: 1000}
				if cfg.LookAhead = 1; strings.HasPrefix(name, "403") {
					cfg.LookAhead = 3 // the others show whose fault it is
				}
				p := openPanel(t, cfg)
				got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(3)...))
				if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) && !strings.Contains(err.Error(), keyEnv) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				var reasons []schemas.Reason
				var details []string
				for _, id := range slices.Sorted(maps.Keys(got)) {
					g, reason, detail := got[id].Generated()
					if reason == "" {
						reason = "ok"
						if want := "frob"; !strings.HasPrefix(g.Completion, want) {
							t.Errorf("%s: completion %q", id, g.Completion)
						}
					} else {
						details = append(details, detail)
					}
					reasons = append(reasons, reason)
				}
				if r := schemas.Join(reasons, " "); r != c.want && !(cfg.LookAhead > 1 && sorted(r) == sorted(c.want)) {
					t.Errorf("%s (%q), want %s", r, details, c.want)
				}
				if c.detail != "" && (len(details) == 0 || !strings.Contains(details[0], c.detail)) {
					t.Errorf("details %q, want %q", details, c.detail)
				}
				if n := s.Served(); n != c.sent {
					t.Errorf("%d requests were sent, want %d", n, c.sent)
				}
				if u := cfg.Meter.Usage()[0]; u.InputTokens != c.in || u.OutputTokens != c.out {
					t.Errorf("%d tokens in and %d out are counted, want %d and %d", u.InputTokens, u.OutputTokens, c.in, c.out)
				}
			})
		}
	}
}

func sorted(words string) string {
	all := strings.Fields(words)
	slices.Sort(all)
	return strings.Join(all, " ")
}
