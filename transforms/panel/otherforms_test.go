package panel

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"decoy/schemas"
)

// packed is a response that a server has packed without saying so.
func packed(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		panic(err) // into memory
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func inUTF16(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// named are server-sent events of names, each with its data.
func named(events ...string) string {
	var b strings.Builder
	for i := 0; i < len(events); i += 2 {
		fmt.Fprintf(&b, "event: %s\ndata: {\"type\":\"%[1]s\",%s}\n\n", events[i], events[i+1])
	}
	return b.String()
}

// anthropic is a stream of Anthropic's API that says pieces
// (https://docs.anthropic.com/en/docs/build-with-claude/streaming).
func anthropic(stop, start, end string, pieces ...string) string {
	all := []string{"message_start", `"message":{"id":"m","type":"message","role":"assistant","content":[],"stop_reason":null,"usage":` + start + `}`,
		"content_block_start", `"index":0,"content_block":{"type":"thinking","thinking":"","signature":""}`,
		"ping", `"x":1`,
		"content_block_delta", `"index":0,"delta":{"type":"thinking_delta","thinking":"{\"completion\":\"draft\"} ` +
			`perhaps"}`,
		"content_block_delta", `"index":0,"delta":{"type":"signature_delta","signature":"EqQB"}`,
		"content_block_stop", `"index":0`,
		"content_block_start", `"index":1,"content_block":{"type":"text","text":""}`}
	for _, p := range pieces {
		all = append(all, "content_block_delta", `"index":1,"delta":{"type":"text_delta","text":`+quoted(p)+`}`)
	}
	return named(append(all, "content_block_stop", `"index":1`, "message_delta",
		`"delta":{"stop_reason":"`+stop+`","stop_sequence":null},"usage":`+end, "message_stop", `"x":1`)...)
}

// TestFormsOfOtherAPIs: a gateway that should have translated another API's answer, or
// taken it out of its envelope, has been paid for it all the same.
func TestFormsOfOtherAPIs(t *testing.T) {
	text, half, rest := quoted(good), good[:40], good[40:]
	start, end := `{"input_tokens":100,"output_tokens":1}`, `{"output_tokens":20}`
	var over http.Client
	protocols := map[string]protocol{}
	for _, p := range []string{ProviderOpenAI, ProviderGemini} {
		made, err := newProtocol(Member{Name: "a", Provider: p, Model: "m", BaseURL: "http://x"}, "k", &over)
		if err != nil {
			t.Fatal(err)
		}
		protocols[p] = made
	}
	for name, c := range map[string]struct {
		raw     string
		reason  schemas.Reason
		in, out int64 // 0 for what is not said
	}{
		"stream of messages": {anthropic("end_turn", start, end, half, rest), "", 100, 20},
		"cumulated usage": {anthropic("end_turn", start, `{"input_tokens":100,"output_tokens":20}`, half,
			rest), "", 100, 20},
		"what a cache read and wrote": {anthropic("end_turn",
			`{"input_tokens":10,"cache_creation_input_tokens":40,"cache_read_input_tokens":50,"output_tokens":1}`, end,
			half, rest), "", 100, 20},
		"a stream that is cut short": {anthropic("max_tokens", start, end, half), AnswerTruncated, 100, 20},
		"a stream that refuses":      {anthropic("refusal", start, end, half), AnswerRefused, 100, 20},
		"a stream of nothing":        {anthropic("end_turn", start, end), AnswerEmpty, 100, 20},
		"a stream of a tool's input": {named("message_start",
			`"message":{"role":"assistant","content":[],"usage":`+start+`}`, "content_block_start",
			`"index":0,"content_block":{"type":"tool_use","id":"t","name":"answer","input":{}}`,
			"content_block_delta", `"index":0,"delta":{"type":"input_json_delta","partial_json":`+quoted(half)+`}`,
			"content_block_delta", `"index":0,"delta":{"type":"input_json_delta","partial_json":`+quoted(rest)+`}`,
			"message_delta", `"delta":{"stop_reason":"tool_use"},"usage":`+end), "", 100, 20},
		"a message": {`{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":` + text +
			`}],"stop_reason":"end_turn","usage":{"input_tokens":100,"output_tokens":20}}`, "", 100, 20},
		"a message that is cut short": {`{"type":"message","role":"assistant","content":[{"type":"text","text":` +
			quoted(half) + `}],"stop_reason":"max_tokens","usage":{"input_tokens":100,"output_tokens":20}}`,
			AnswerTruncated, 100, 20},
		"stream of responses": {named("response.created", `"response":{"output":[],"usage":null}`,
			"response.reasoning_summary_text.delta", `"delta":"{\"completion\":\"draft\"}"`,
			"response.output_text.delta", `"delta":`+quoted(half), "response.output_text.delta",
			`"delta":`+quoted(rest), "response.output_text.done", `"text":`+text, "response.output_item.done",
			`"item":{"type":"message","content":[{"type":"output_text","text":`+text+`}]}`,
			"response.completed", `"response":{"object":"response","output":[{"type":"message","content":[{"type":"output_text","text":`+text+`}]}],"usage":{"input_tokens":100,"output_tokens":20}}`), "", 100, 20},
		"a last response alone": {named("response.completed",
			`"response":{"object":"response","output":[{"type":"message","content":[{"type":"output_text","text":`+text+`}]}],"usage":{"input_tokens":100,"output_tokens":20}}`), "", 100, 20},
		"responses that are cut short": {named("response.output_text.delta", `"delta":`+quoted(half),
			"response.incomplete", `"response":{"incomplete_details":{"reason":"max_output_tokens"},"usage":{"input_tokens":100,"output_tokens":20}}`), AnswerTruncated, 100, 20},
		"a result": {`{"result":{"response":` + text +
			`,"usage":{"prompt_tokens":100,"completion_tokens":20}},"success":true,"errors":[],"messages":[]}`, "", 100,
			20},
		"choices in a result": {`{"result":` + saying(good) + `,"success":true,"errors":[]}`, "", 100, 20},
		"an object as the response": {`{"result":{"response":` + good +
			`,"usage":{"prompt_tokens":100,"completion_tokens":20}},"success":true}`, "", 100, 20},
		"choices in data": {`{"code":0,"msg":"ok","data":` + saying(good) + `}`, "", 100, 20},
		"choices in an output": {`{"output":{"choices":[{"message":{"role":"assistant","content":` + text +
			`},"finish_reason":"stop"}]},"usage":{"input_tokens":100,"output_tokens":20},"request_id":"r"}`, "", 100,
			20},
		"a text in an output": {`{"output":{"text":` +
			text + `,"finish_reason":"stop"},"usage":{"input_tokens":100,"output_tokens":20}}`, "", 100, 20},
		"a message in an output": {`{"output":{"message":{"role":"assistant","content":[{"text":` + text +
			`}]}},"stopReason":"end_turn","usage":{"inputTokens":100,"outputTokens":20,"totalTokens":120},"metrics":{"latencyMs":5}}`, "", 100, 20},
		"an output that is cut short": {`{"output":{"message":{"role":"assistant","content":[{"text":` + quoted(half) +
			`}]}},"stopReason":"max_tokens","usage":{"inputTokens":100,"outputTokens":20}}`, AnswerTruncated, 100, 20},
		"a list of outputs": {`{"outputs":[{"text":` + text + `,"stop_reason":"stop"}]}`, "", 0, 0},
		"a generation": {`{"generation":` + text +
			`,"prompt_token_count":100,"generation_token_count":20,"stop_reason":"stop"}`, "", 100, 20},
		"a list of results": {`{"results":[{"generated_text":` + text +
			`,"input_token_count":100,"generated_token_count":20,"stop_reason":"eos_token"}]}`, "", 100, 20},
		"an output text": {`{"inputTextTokenCount":100,"results":[{"tokenCount":20,"outputText":` + text +
			`,"completionReason":"FINISH"}]}`, "", 0, 0},
		"predictions":               {`{"predictions":[{"content":` + text + `}]}`, "", 0, 0},
		"a list of generated texts": {`[{"generated_text":` + text + `}]`, "", 0, 0},
		"a body as text": {`{"statusCode":200,"headers":{},"body":` + quoted(saying(good)) + `}`, "", 100,
			20},
		"nothing in a result":       {`{"result":{"status":"queued"},"success":true}`, "none", 0, 0},
		"an envelope round nothing": {`{"data":null,"success":true}`, "none", 0, 0},
		"a failure in an envelope": {`{"result":null,"success":false,"errors":[{"code":3040,"message":"Capacity ` +
			`temporarily exceeded"}]}`, "fault", 0, 0},
		"packed":                {packed(saying(good)), "", 100, 20},
		"packed in halves":      {packed(saying(good)[:50]) + packed(saying(good)[50:]), "", 100, 20},
		"packed and cut off":    {packed(saying(good))[:40], "none", 0, 0},
		"UTF-16 with a mark":    {"\xff\xfe" + inUTF16(binary.LittleEndian, saying(good)), "", 100, 20},
		"UTF-16, big end first": {"\xfe\xff" + inUTF16(binary.BigEndian, saying(good)), "", 100, 20},
		"UTF-16 without a mark": {inUTF16(binary.LittleEndian, saying(good)), "", 100, 20},

		"a usage that shrinks": {anthropic("end_turn",
			`{"input_tokens":10,"cache_read_input_tokens":90,"output_tokens":1}`,
			`{"input_tokens":10,"output_tokens":20}`, half, rest), "", 100, 20},
		"prices are no counts": {strings.Replace(saying(good), usage,
			`"usage":{"cost":{"input":0.1,"output":0.2}}`, 1), "", 0, 0},
		"usage in a list": {strings.Replace(strings.Replace(saying(good), `"usage":{`, `"usage":[{`,
			1), `}}`, `}]}`, 1), "", 100, 20},
		"usage by kind": {strings.Replace(saying(good), usage,
			`"usage":{"prompt_tokens":{"total":100,"cached":0},"completion_tokens":{"total":20}}`, 1), "", 100, 20},
		"usage as pairs": {strings.Replace(saying(good), usage,
			`"usage":{"tokens":{"input":100,"output":20}}`, 1), "", 100, 20},
		"usage one deeper": {strings.Replace(saying(good), usage,
			`"usage":{"model_x":{"prompt_tokens":100,"completion_tokens":20},"cost":0.1}`, 1), "", 100, 20},
		"usage in a list of entries": {strings.Replace(saying(good), usage,
			`"usage":[{"type":"input","tokens":100},{"type":"output","tokens":20}]`, 1), "", 100, 20},
		"metadata": {strings.Replace(saying(good), usage,
			`"meta":{"tokens":{"input_tokens":100,"output_tokens":20}}`, 1), "", 100, 20},
		"details are no usage": {strings.Replace(saying(good), usage,
			`"usage":{"prompt_tokens_details":{"cached_tokens":5},"cost":0.1}`, 1), "", 0, 0},
		"an empty list as usage": {strings.Replace(saying(good), usage, `"usage":[]`, 1), "", 0, 0},
		"zeros behind the usage": {events(half, rest) +
			"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}\n\n", "", 100, 20},
		"a count with its half in pieces": {events(half, rest) +
			"data: {\"choices\":[],\"usage\":{\"completion_tokens\":21}}\n\n", "", 100, 21},
		"a cache beside prompt_tokens": {strings.Replace(saying(good), usage,
			`"usage":{"prompt_tokens":100,"cache_read_input_tokens":50,"completion_tokens":20}`, 1), "", 100, 20},
		"several entries are added up": {strings.Replace(saying(good), usage,
			`"usage":[{"prompt_tokens":60,"completion_tokens":20},{"prompt_tokens":40,"completion_tokens":0}]`, 1), "",
			100, 20},
		"gemini: in an envelope": {`{"response":` + geminiGood + `,"traceId":"t"}`, "", 100, 20},
		"gemini: packed":         {packed(geminiGood), "", 100, 20},
		"gemini: usage in a list": {strings.Replace(geminiGood, geminiUsage,
			`"usageMetadata":[{"promptTokenCount":100,"candidatesTokenCount":20}]`, 1), "", 100, 20},
		"gemini: a stream's count at first": {"data: {\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":100}}\n\ndata: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":" + text + "}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"candidatesTokenCount\":20}}\n\n", "", 100, 20},
	} {
		t.Run(name, func(t *testing.T) {
			p := protocols[ProviderOpenAI]
			if strings.HasPrefix(name, "gemini") {
				p = protocols[ProviderGemini]
			}
			r := p.read([]byte(c.raw))
			reason := r.reason
			switch {
			case r.fault != nil:
				reason = "fault"
			case !r.ok:
				reason = "none"
			}
			if reason != c.reason {
				t.Fatalf("%q, want %q: %+v", reason, c.reason, r)
			}
			if g, why, detail := ParseGenerate(r.text); c.reason == "" &&
				(why != "" || !strings.HasPrefix(g.Completion, "frob")) {
				t.Errorf("text %q: %s %s", r.text, why, detail)
			}
			in, out := int64(0), int64(0)
			if r.in != nil {
				in, out = *r.in, *r.out
			}
			if in != c.in || out != c.out || (r.in != nil) != (c.in > 0) {
				t.Errorf("%d tokens in and %d out, want %d and %d", in, out, c.in, c.out)
			}
		})
	}
}

// TestWhiteSpaceAlone: a piece of a stream that is nothing but white space belongs to the
// text, in a string as well as between the fields.
func TestWhiteSpaceAlone(t *testing.T) {
	var over http.Client
	p, err := newProtocol(Member{Name: "a", Provider: ProviderOpenAI, Model: "m", BaseURL: "http://x"}, "k", &over)
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{`{"completion":"frob(a,`, " ", `b)`, `\n`, "    ", `c()",`, "\n",
		`"introduced":["frob"],"why_wrong":"x"}`}
	lines, parts := "", ""
	for _, piece := range pieces {
		lines += `{"message":{"role":"assistant","content":` + quoted(piece) + "},\"done\":false}\n"
		parts += `,{"type":"text","text":` + quoted(piece) + `}`
	}
	text := strings.Join(pieces, "")
	for name, raw := range map[string]string{
		"chunks": events(pieces...), "messages": anthropic("end_turn", `{}`, `{}`, pieces...), "lines": lines,
		"parts": chat(`"content":[`+parts[1:]+`]`, `"finish_reason":"stop"`),
	} {
		if r := p.read([]byte(raw)); r.text != text {
			t.Errorf("%s: %q, want %q", name, r.text, text)
		}
	}
}
