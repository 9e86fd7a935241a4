package scorefiles

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/panel"
)

// Format is the version of the folder.
//
//	1: first.
const Format = 1

// ManifestName is the file that says what the others hold.
const ManifestName = "manifest.json"

// Manifest says what is in a folder. Round counts from 1, as in judge/rounds.
type Manifest struct {
	Format   int      `json:"decoy_scores"`
	Round    int      `json:"round"`
	Shards   int      `json:"shards"` // of the build
	Requests int64    `json:"requests"`
	Secrets  int64    `json:"secrets"` // requests that were left out, since their text holds one
	Members  []Member `json:"members"`
	Files    []File   `json:"files"`
}

// Member is a judge with the tokens of its family.
type Member struct {
	Name     string `json:"name"`
	Model    string `json:"model"`
	Revision string `json:"revision"`
	Family   string `json:"family"`
	Prefix   string `json:"prefix_token"`
	Suffix   string `json:"suffix_token"`
	Middle   string `json:"middle_token"`
	Stop     string `json:"stop_token"`
	Requests int64  `json:"requests"`
}

// File is a file of requests: of one member and one shard of the build. Scores names the
// file of their scores.
type File struct {
	Name     string `json:"name"`
	Scores   string `json:"scores"`
	Member   string `json:"member"`
	Shard    int    `json:"shard"`
	Requests int64  `json:"requests"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
}

// NewFile names the n-th file.
func NewFile(n int, member string, shard int) File {
	return File{
		Name: fmt.Sprintf("requests-%05d.jsonl.gz", n), Scores: fmt.Sprintf("scores-%05d.jsonl", n), Member: member,
		Shard: shard,
	}
}

// Request is a text to score. Key is the ledger's.
type Request struct {
	Key       string `json:"key"`
	ContextID string `json:"context_id"`
	SHA256    string `json:"request_sha256"`
	Prompt    string `json:"prompt"`
	Text      string `json:"text"`
}

// Score is what a model makes of a text, or the reason why nothing. Model is the member's.
// LogProb is the sum of TokenLogProbs and Tokens their number; InputTokens counts all that
// the model read, prompt and stop included.
type Score struct {
	Key           string    `json:"key"`
	Member        string    `json:"member"`
	Model         string    `json:"model"`
	LogProb       *float64  `json:"logprob"`
	Tokens        *int64    `json:"tokens"`
	Stop          *float64  `json:"stop"`
	TokenLogProbs []float64 `json:"token_logprobs"`
	InputTokens   int64     `json:"input_tokens"`
	Reason        string    `json:"reason,omitempty"`
	Detail        string    `json:"detail,omitempty"`
}

// Reasons are those of a text without numbers, with the reject that each means.
var Reasons = map[string]schemas.Reason{
	"too_long": panel.PromptTooLong,    // prompt, text and stop together have more tokens than the model takes
	"no_score": panel.AnswerNoLogProbs, // the stop is no token of its own behind it, or a number is not finite
}

// Reject is why there are no numbers, "" where there are.
func (s Score) Reject() schemas.Reason { return Reasons[s.Reason] }

// Answer is the score as the ledger keeps it.
func (s Score) Answer() ([]byte, error) { return panel.RecordScore(s.TokenLogProbs, *s.Stop) }

// maxLine bounds a line of scores.
const maxLine = 16 << 20

// Read reads the scores of a file's requests, which are asked, by key. An error begins with
// the line where there is one.
func Read(r io.Reader, member Member, asked map[string]bool) ([]Score, error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	var out []Score
	at := map[string]int{}
	for n := 1; ; n++ {
		line, err := readLine(lines)
		if err == io.EOF {
			break
		}
		var s Score
		if err == nil {
			if err = json.Unmarshal(line, &s); err != nil {
				err = fmt.Errorf("it is no JSON object of a score: %w", err)
			}
		}
		if err == nil {
			err = s.check(member, asked)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if i, twice := at[s.Key]; twice {
			if !s.same(out[i]) {
				return nil, fmt.Errorf("line %d: key %s has come before with other numbers", n, s.Key)
			}
			continue
		}
		at[s.Key] = len(out)
		out = append(out, s)
	}
	if len(out) < len(asked) {
		return nil, fmt.Errorf("it has scores of %d of %d requests", len(out), len(asked))
	}
	return out, nil
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		part, err := r.ReadSlice('\n')
		long = append(long, part...)
		switch {
		case err == nil:
			return long[:len(long)-1], nil
		case err == io.EOF && len(long) > 0:
			return nil, errors.New("it is cut: it has no end")
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(long) > maxLine:
			return nil, fmt.Errorf("it is longer than %d bytes", maxLine)
		}
	}
}

// tooFar is by how much a sum of n rounded numbers may differ from the rounded sum.
func tooFar(n int) float64 { return 1e-5 * float64(n+1) }

// above is how far above 0 rounding may bring a log-probability.
const above = 1e-3

func (s Score) check(member Member, asked map[string]bool) error {
	switch {
	case !asked[s.Key]:
		return fmt.Errorf("key %q is none of the file's requests", s.Key)
	case s.Member != member.Name:
		return fmt.Errorf("it is of member %q, the requests are %s's", s.Member, member.Name)
	case s.Model != member.Model:
		return fmt.Errorf("it is of model %q, %s is %s", s.Model, member.Name, member.Model)
	case s.Reason != "":
		if _, known := Reasons[s.Reason]; !known {
			return fmt.Errorf("reason %q is unknown, known are too_long and no_score", s.Reason)
		}
		if s.LogProb != nil || s.Stop != nil || s.Tokens != nil || s.TokenLogProbs != nil {
			return fmt.Errorf("it has numbers beside the reason %s", s.Reason)
		}
		return nil
	case s.LogProb == nil || s.Stop == nil || s.Tokens == nil || s.TokenLogProbs == nil:
		return errors.New("logprob, tokens, stop or token_logprobs is missing, and there is no reason")
	case *s.Tokens != int64(len(s.TokenLogProbs)):
		return fmt.Errorf("tokens is %d, token_logprobs has %d", *s.Tokens, len(s.TokenLogProbs))
	case s.InputTokens <= *s.Tokens:
		return fmt.Errorf("input_tokens is %d, of them %d are the text's", s.InputTokens, *s.Tokens)
	}
	sum := 0.0
	for _, p := range s.TokenLogProbs {
		sum += p
	}
	for _, p := range append([]float64{*s.LogProb, *s.Stop}, s.TokenLogProbs...) {
		if math.IsNaN(p) || math.IsInf(p, 0) || p > above {
			return fmt.Errorf("%v is no log-probability", p)
		}
	}
	if !(math.Abs(sum-*s.LogProb) <= tooFar(len(s.TokenLogProbs))) {
		return fmt.Errorf("logprob is %v, token_logprobs add up to %v", *s.LogProb, sum)
	}
	return nil
}

func (s Score) same(o Score) bool {
	return s.Reason == o.Reason && slices.Equal(s.TokenLogProbs, o.TokenLogProbs) &&
		(s.Stop == nil) == (o.Stop == nil) && (s.Stop == nil || *s.Stop == *o.Stop)
}

// Check is an error where a manifest cannot be read by this program, or names files that are
// not its own folder's.
func (m Manifest) Check() error {
	if m.Format != Format {
		return fmt.Errorf("its format is %d, this program reads %d: export again with this decoy", m.Format, Format)
	}
	for _, f := range m.Files {
		if f.Name == "" || f.Scores == "" || strings.ContainsAny(f.Name+f.Scores, `/\`) {
			return fmt.Errorf("file %q with scores %q is not of this folder: export again", f.Name, f.Scores)
		}
		if f.Shard < 0 || f.Shard >= m.Shards {
			return fmt.Errorf("file %s is of shard %d of %d: export again", f.Name, f.Shard, m.Shards)
		}
		if _, ok := m.Member(f.Member); !ok {
			return fmt.Errorf("file %s is of member %q, which it does not list: export again", f.Name, f.Member)
		}
	}
	return nil
}

// Member finds a member.
func (m Manifest) Member(name string) (Member, bool) {
	i := slices.IndexFunc(m.Members, func(x Member) bool { return x.Name == name })
	if i < 0 {
		return Member{}, false
	}
	return m.Members[i], true
}
