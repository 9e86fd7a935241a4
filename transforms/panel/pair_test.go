package panel

import "testing"

func TestParseChoice(t *testing.T) {
	for _, tt := range []struct {
		content string
		want    Choice
		ok      bool
	}{
		{`{"choice":"A","confidence":0.9}`, Choice{true, 0.9}, true},
		{`{"choice":"B","confidence":0.5}`, Choice{false, 0.5}, true},
		{"Sure!\n```json\n{\"choice\": \"B\", \"confidence\": 1}\n```", Choice{false, 1}, true},
		{`Not {"choice":"A","confidence":1} but {"choice":"B","confidence":0.7}`, Choice{false, 0.7}, true},
		{`{"choice":"A","confidence":0.6} {"choice":"C","confidence":1}`, Choice{true, 0.6}, true},
		{`{"choice":"a","confidence":1}`, Choice{}, false},
		{`{"choice":"A"}`, Choice{}, false},
		{`{"choice":"A","confidence":2}`, Choice{}, false},
		{`{"choice":"A","confidence":null}`, Choice{}, false},
		{`{"correct":true,"confidence":1}`, Choice{}, false},
		{`A`, Choice{}, false},
		{``, Choice{}, false},
	} {
		got, reason := ParseChoice(tt.content)
		if got != tt.want || (reason == "") != tt.ok {
			t.Errorf("%q: %+v, %q", tt.content, got, reason)
		}
	}
}

func FuzzParseChoice(f *testing.F) {
	f.Add(`{"choice":"A","confidence":0.9}`)
	f.Add("{\"choice\":\"B\",{\"confidence\":1}}{")
	f.Fuzz(func(t *testing.T, content string) {
		c, reason := ParseChoice(content)
		if reason == "" && !(c.Confidence >= 0 && c.Confidence <= 1) || reason != "" && c != (Choice{}) {
			t.Errorf("%q: %+v, %q", content, c, reason)
		}
	})
}
