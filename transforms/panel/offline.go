package panel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"decoy/transforms/trainers"
)

// A member that is offline is asked over no network: what it would be asked is written to
// a folder (decoy judge --export), scored there, and comes back as records of the ledger
// (--import). For everything else in this package it is a FIM endpoint whose requests are
// all answered from the ledger.

// ErrOffline says that the ledger lacks answers of a member that is offline.
var ErrOffline = errors.New("it is offline and the ledger lacks answers of it")

// offlineRemedy is what brings them.
const offlineRemedy = "run decoy judge --export FOLDER, score the folder as decoy judge --help says, then " +
	"decoy judge --import FOLDER"

// validateOffline names the field that an offline member cannot have.
func (m Member) validateOffline() error {
	if m.Provider != ProviderFIM {
		return fmt.Errorf("panel member %s: offline belongs to provider %s alone, this one's is %s", m.Name,
			ProviderFIM, m.Provider)
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"base_url", m.BaseURL != ""}, {"api_key_env", m.APIKeyEnv != ""},
		{"api_key_secret", m.APIKeySecret != ""},
		{"rpm", m.RPM != 0}, {"tpm", m.TPM != 0}, {"concurrency", m.Concurrency != 0}, {"timeout", m.Timeout != 0},
		{"temperature", m.Temperature != nil}, {"seed", m.Seed != nil},
		{"batch_usd_per_mtok", m.BatchUSDPerMTok != nil},
		{"usd_per_mtok", m.USDPerMTok != nil && !m.USDPerMTok.free()},
		{"parameters", m.Parameters != Parameters{}},
	} {
		if f.set {
			return fmt.Errorf("panel member %s: %s has no meaning where offline is true, since nothing is sent and "+
				"nothing is billed; remove one of the two", m.Name, f.name)
		}
	}
	return nil
}

func (p Price) free() bool { return p.In != nil && *p.In == 0 && p.Out != nil && *p.Out == 0 }

// Scored are the parts of a request that asks for a text's score: the prompt as the
// member's family renders it, and the text. The stop follows. ok is false for any other.
func (r Request) Scored() (prompt, text string, ok bool) {
	p, fim := r.protocol.(*fimEndpoint)
	if !fim || r.fill.scored == nil {
		return "", "", false
	}
	return p.family.Prompt(r.fill.prefix, r.fill.suffix), *r.fill.scored, true
}

// SHA256 is the hash of what would be sent, for a record of the ledger.
func (r Request) SHA256() string { return r.hash }

// recordedVersion is that of the form of an answer that came from a folder.
//
//	1: first.
const recordedVersion = 1

// recordedPrefix tells it from what a server says.
var recordedPrefix = []byte(`{"decoy_score":`)

// scoredAnswer is an answer that came from a folder, as the ledger keeps it.
type scoredAnswer struct {
	Version int       `json:"decoy_score"`
	Tokens  []float64 `json:"token_logprobs"` // of the text
	Stop    float64   `json:"stop"`
}

// RecordScore is the answer that stands for an echo with these log-probabilities.
func RecordScore(tokens []float64, stop float64) ([]byte, error) {
	if tokens == nil {
		tokens = []float64{}
	}
	return json.Marshal(scoredAnswer{recordedVersion, tokens, stop})
}

// readRecorded reads one; ok is false where raw is something else.
func readRecorded(raw []byte, family trainers.Model) (r reply, ok bool) {
	if !bytes.HasPrefix(raw, recordedPrefix) {
		return reply{}, false
	}
	var s scoredAnswer
	if err := json.Unmarshal(raw, &s); err != nil {
		return reply{cause: err.Error()}, true
	}
	if s.Version != recordedVersion {
		return reply{cause: fmt.Sprintf("its version is %d, this program reads %d", s.Version, recordedVersion)}, true
	}
	r = reply{ok: true}
	for _, p := range append(s.Tokens, s.Stop) {
		if math.IsNaN(p) || math.IsInf(p, 0) {
			return reply{cause: "it holds a number that is not finite"}, true
		}
		r.tokens = append(r.tokens, Token{LogProb: p})
	}
	r.tokens[len(r.tokens)-1].Text = family.Stop
	return r, true
}
