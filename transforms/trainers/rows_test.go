package trainers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

var qwen = Models[0]

func TestByName(t *testing.T) {
	if m, err := ByName("qwen2.5-coder"); err != nil || m.StopID != 151643 || m.Stop == m.Pad || m.StopID == m.PadID {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := ByName("qwen"); err == nil || !strings.Contains(err.Error(), "qwen2.5-coder") {
		t.Errorf("%v", err)
	}
}

// Whatever a family adds to a text, the stages must reject where it stands in one.
func TestModelTokensAreRejectedUpstream(t *testing.T) {
	for _, m := range Models {
		for _, token := range append([]string{m.Prefix, m.Suffix, m.Middle, m.Stop, m.Pad}, m.Others...) {
			if !slices.Contains(schemas.SpecialTokens, token) {
				t.Errorf("%s: %s is not in schemas.SpecialTokens", m.Name, token)
			}
		}
	}
}

func TestRows(t *testing.T) {
	r := textRow("x.", "Close()", "Shut()", "\n}")
	r.Language, r.Split = schemas.Go, schemas.SplitTrain
	const prompt = "<|fim_prefix|>x.<|fim_suffix|>\n}<|fim_middle|>"
	sft, err := SFT(r, qwen)
	if want := (SFTRow{"c", "c", "go", "call", "train", prompt, "Close()<|endoftext|>"}); err != nil || sft != want {
		t.Errorf("%+v, %v", sft, err)
	}
	pair, err := Pair(r, qwen)
	if want := (PairRow{"r", "c", "go", "method", "train", prompt, "Close()<|endoftext|>", "Shut()<|endoftext|>"}); err != nil || pair != want {
		t.Errorf("%+v, %v", pair, err)
	}
	if _, ok := Mix(sft); ok {
		t.Error("a call is no general row")
	}
	general, err := SFT(textRow("x.", "Close()", "", "\n}"), qwen)
	if err != nil {
		t.Fatal(err)
	}
	mixed, ok := Mix(general)
	if !ok || mixed.Chosen != mixed.Rejected || mixed.Chosen != general.Completion || mixed.Prompt != general.Prompt || mixed.Type != TypeGeneral {
		t.Errorf("%+v, %v", mixed, ok)
	}
}

func TestRowsRefuse(t *testing.T) {
	tests := []struct {
		name string
		row  schemas.Row
		want string
	}{
		{"stop in prefix", textRow("<|endoftext|>", "a", "b", ""), "prefix holds"},
		{"FIM token in suffix", textRow("", "a", "b", "<|fim_middle|>"), "suffix holds"},
		{"stop in chosen", textRow("", "a<|endoftext|>", "b", ""), "chosen holds"},
		{"chat token in rejected", textRow("", "a", "b<|im_end|>", ""), "rejected holds"},
		{"empty chosen", textRow("x", "", "b", ""), "chosen is empty"},
		{"equal sides", textRow("x", "a", "a", ""), "equals chosen"},
	}
	for _, tt := range tests {
		if _, err := SFT(tt.row, qwen); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: SFT: %v", tt.name, err)
		}
		if _, err := Pair(tt.row, qwen); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Pair: %v", tt.name, err)
		}
	}
	if _, err := Pair(textRow("x", "a", "", ""), qwen); err == nil || !strings.Contains(err.Error(), "general") {
		t.Errorf("a general row became a pair: %v", err)
	}
}

func TestPick(t *testing.T) {
	num := func(v float64) *float64 { return &v }
	row := func(id string, fool, margin *float64) schemas.Row {
		r := textRow("", "a", "b", "")
		r.ID, r.FoolRate, r.Margin = id, fool, margin
		return r
	}
	tests := []struct {
		name string
		rows []schemas.Row
		want string
	}{
		{"fool rate", []schemas.Row{row("a", num(0.2), num(9)), row("b", num(0.8), num(-9))}, "b"},
		{"margin", []schemas.Row{row("a", num(1), num(1)), row("b", num(1), num(2))}, "b"},
		{"id", []schemas.Row{row("b", num(1), num(1)), row("a", num(1), num(1))}, "a"},
		{"unknown last", []schemas.Row{row("a", nil, nil), row("b", num(0), nil)}, "b"},
		{"general rows are none", []schemas.Row{textRow("", "a", "", ""), row("z", nil, nil)}, "z"},
	}
	for _, tt := range tests {
		for range 2 {
			if got, ok := Pick(tt.rows); !ok || got.ID != tt.want {
				t.Errorf("%s: %s, %v", tt.name, got.ID, ok)
			}
			slices.Reverse(tt.rows)
		}
	}
	if _, ok := Pick([]schemas.Row{textRow("", "a", "", "")}); ok {
		t.Error("a pair without a negative")
	}
}

func TestContexts(t *testing.T) {
	var rows []schemas.Row
	for i := range 6 {
		rows = append(rows, schemas.Row{ID: fmt.Sprint(9 - i), ContextID: fmt.Sprint(i % 3)})
	}
	var got []string
	for _, g := range Contexts(rows) {
		s := g[0].ContextID + ":"
		for _, r := range g {
			s += r.ID
		}
		got = append(got, s)
	}
	if want := []string{"1:58", "2:47", "0:69"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if rows[0].ID != "9" {
		t.Error("the caller's rows were sorted")
	}
	if len(Contexts(nil)) != 0 {
		t.Error("groups of nothing")
	}
}
