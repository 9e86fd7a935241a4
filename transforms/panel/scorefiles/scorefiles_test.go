package scorefiles

import (
	"fmt"
	"strings"
	"testing"

	"decoy/transforms/panel"
)

func Example() {
	lines := `{"key":"k1","member":"s","model":"m","logprob":-3,"tokens":2,"stop":-0.5,"token_logprobs":[-1,-2],"input_tokens":40}
{"key":"k2","member":"s","model":"m","input_tokens":9000,"reason":"too_long","detail":"9000 tokens, the model takes 4096"}
`
	scores, err := Read(strings.NewReader(lines), Member{Name: "s", Model: "m"}, map[string]bool{"k1": true, "k2": true})
	if err != nil {
		fmt.Println(err)
		return
	}
	raw, err := scores[0].Answer()
	fmt.Println(string(raw), err)
	fmt.Println(scores[1].Reject())
	// Output:
	// {"decoy_score":1,"token_logprobs":[-1,-2],"stop":-0.5} <nil>
	// prompt_too_long
}

// TestRead: a line is taken as it is meant or named with what is wrong with it.
func TestRead(t *testing.T) {
	head := `{"key":"k","member":"s","model":"m",`
	for name, tt := range map[string]struct{ lines, want string }{
		"an empty text":         {head + `"logprob":0,"tokens":0,"stop":-1,"token_logprobs":[],"input_tokens":4}` + "\n", ""},
		"the same twice":        {strings.Repeat(head+`"input_tokens":4,"reason":"no_score"}`+"\n", 2), ""},
		"not quite the sum":     {head + `"logprob":-3.000004,"tokens":2,"stop":-1,"token_logprobs":[-1,-2],"input_tokens":4}` + "\n", ""},
		"rounded above 0":       {head + `"logprob":0.000001,"tokens":1,"stop":-1,"token_logprobs":[0.000001],"input_tokens":4}` + "\n", ""},
		"not the sum":           {head + `"logprob":-3.1,"tokens":2,"stop":-1,"token_logprobs":[-1,-2],"input_tokens":4}` + "\n", "line 1: logprob is -3.1"},
		"tokens are null":       {head + `"logprob":0,"tokens":0,"stop":-1,"token_logprobs":null,"input_tokens":4}` + "\n", "line 1: logprob, tokens"},
		"read less than scored": {head + `"logprob":-1,"tokens":1,"stop":-1,"token_logprobs":[-1],"input_tokens":1}` + "\n", "line 1: input_tokens is 1"},
		"no end":                {head + `"input_tokens":4,"reason":"no_score"}`, "line 1: it is cut"},
		"no line":               {"", "it has scores of 0 of 1 requests"},
		"an empty line":         {"\n", "line 1: it is no JSON object"},
	} {
		got, err := Read(strings.NewReader(tt.lines), Member{Name: "s", Model: "m"}, map[string]bool{"k": true})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || err == nil && len(got) != 1 {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, tt.want)
		}
	}
	for word, reject := range Reasons {
		if panel.Remedies[reject] == "" {
			t.Errorf("%s has no remedy", word)
		}
	}
}
