package panel

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"
)

// TestMutatedResponsesAreReadOrNot: whatever is cut out of responses, put in or changed,
// each is an answer, or has a cause why it is none.
func TestMutatedResponsesAreReadOrNot(t *testing.T) {
	var over http.Client
	var ps []protocol
	for _, p := range []string{ProviderOpenAI, ProviderGemini, ProviderFIM} {
		made, err := newProtocol(Member{Name: "a", Provider: p, Model: "m", BaseURL: "http://x", FIMModel: "qwen2.5-coder"}, "k", &over)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, made)
	}
	var seeds [][]byte
	for _, s := range []string{saying(good), geminiGood, chat(`"content":[{"type":"text","text":{"value":"x"}}],"tool_calls":[{"function":{"name":"f","arguments":"{}"}}],"reasoning_content":"{\"a\":1}"`, `"finish_reason":"max_tokens","logprobs":{"content":[{"token":"a","logprob":-1}]},"error":{"code":"429"}`), events("a", "b"),
		`{"error":{"message":"Unsupported parameter: max_tokens","param":"max_tokens","details":[{"reason":"x","violations":[{"quotaId":"aPerDay"}]}]}}`, `{"a":[1,2,],"b":NaN,"c":"\d` + "\n" + `"}`, "<think>{\"a\":1}</think>" + good, `{"choices":{"0":{"delta":{"content":{"a":1}}}},"usage":{"tokens":{"input_tokens":"3","output_tokens":4}}}`} {
		seeds = append(seeds, []byte(s))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		b := append([]byte(nil), seeds[r.IntN(len(seeds))]...)
		for range 1 + r.IntN(6) {
			if len(b) == 0 {
				break
			}
			i, o := r.IntN(len(b)), seeds[r.IntN(len(seeds))]
			switch r.IntN(5) {
			case 0:
				b[i] = byte(r.IntN(256))
			case 1:
				b = append(b[:i], b[min(len(b), i+r.IntN(10)):]...)
			case 2:
				j := r.IntN(len(o))
				b = append(b[:i:i], append(append([]byte(nil), o[j:min(len(o), j+r.IntN(30))]...), b[i:]...)...)
			case 3:
				b = append(b[:i:i], append([]byte(`{}[]",:\0nN-<`)[r.IntN(12):][:1], b[i:]...)...)
			case 4:
				b = b[:i]
			}
		}
		for _, p := range ps {
			x := p.read(b)
			if !x.ok && (x.text != "" || x.reason != "" || x.tokens != nil) || (x.in == nil) != (x.out == nil) || !x.ok && x.fault == nil && x.cause == "" || (x.reason != "") != (x.detail != "") {
				t.Fatalf("%T %q: %+v", p, b, x)
			}
		}
		byStatus(400+r.IntN(40), b)
		m := Member{Provider: ProviderOpenAI, Temperature: ptr(1.0), Model: "m"}
		m.refusedParameter(Request{shape: generateShape}, Parameters{}, b)
		g, reason, detail := ParseGenerate(string(b))
		if (reason == "") != (detail == "") || reason != "" && g.Completion != "" {
			t.Fatalf("%q %+v", b, g)
		}
		ParseJudge(string(b))
		_, k, ok := mend(string(b))
		if k < 0 || k > len(b) || ok != (k > 0) {
			t.Fatalf("%q %d", b, k)
		}
		lastObject(string(b), func(o []byte) bool {
			if !json.Valid(o) {
				t.Fatalf("%q offers %q", b, o)
			}
			return false
		})
	}
}
