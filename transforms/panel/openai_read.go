package panel

// read reads a chat completion of OpenAI and of all that speak nearly like it.
func (p *openAI) read(raw []byte) reply {
	said := &spoken{}
	r, why := readChoice(raw, said)
	if !r.ok {
		return r
	}
	if why.kind == finishedFailed {
		return r.brokenOff(why, said.text.String(), raw)
	}
	said.reply(&r, why, raw)
	return r
}

// finishFields say why a model stopped.
var finishFields = []string{
	"finish_reason", "stop_reason", "native_finish_reason", "finishReason", "stopReason", "done_reason",
	"completionReason",
}

// readChoice reads the first choice, in pieces where it is streamed, and how it ended.
// Without ok it is no completion.
func readChoice(raw []byte, said *spoken) (r reply, why finish) {
	docs, err := answers(raw)
	if err != nil {
		return reply{cause: err.Error()}, why
	}
	why.field = "finish_reason"
	var wrong fault
	var used counts
	for _, doc := range docs {
		choices := doc.get("choices")
		switch choices.v.(type) {
		case []any, map[string]any:
			r.ok = true
		case nil:
			r.ok = r.ok || doc.has("choices") // null: the model said nothing
		}
		choice := choices.first()
		if inner := choice.get("0"); inner.v != nil {
			choice = inner // a list that was written as an object
		}
		message := choice.get("message", "delta")
		if choice.v != nil && message.v == nil {
			message = loose{choice.get("text").v}
		}
		if f, ok := faultOf(choice); ok && wrong.words == "" {
			wrong = f
		}
		if !doc.has("choices") { // a message of another API, from a gateway that should have translated it
			choice = doc
			if message = spokenAlone(doc); message.v != nil {
				r.ok = true
			}
			if said.says() && doc.has("output") { // the end of a stream, which repeats its pieces
				message = loose{}
			}
		}
		if f, ok := faultOf(doc); ok && wrong.words == "" {
			wrong = f
		}
		said.take(message, 0)
		if l := choice.get("logprobs"); l.v != nil {
			said.logProbs = l
		}
		for _, field := range finishFields {
			if word := choice.get(field).word(); word != "" {
				why = finishedBy(field, word, "")
				break
			}
		}
		if status := doc.get("incomplete_details").get("reason").word(); status != "" {
			why = finishedBy("incomplete_details", status, "")
		}
		used.take(flatCounts(doc))
		for _, of := range []loose{doc, choice, doc.get("x_groq")} {
			used.take(countsOf(of.get("usage")))
		}
		used.take(countsOf(doc.get("meta")))
	}
	r.in, r.out = used.tokens(said.says())
	if wrong.words != "" && (!r.ok || !said.says() || why.kind == finishedFailed || wrong.ofChoice) {
		return reply{fault: &wrong, in: r.in, out: r.out}, why
	}
	if !r.ok {
		return reply{cause: "it has no choices"}, why
	}
	return r, why
}

// brokenOff is the reply of a server that says itself that it did not finish.
func (r reply) brokenOff(why finish, text string, raw []byte) reply {
	words := why.detail(text)
	if text == "" {
		words += ": " + excerpt(string(raw))
	}
	return reply{fault: &fault{words: words, ofChoice: true}, in: r.in, out: r.out}
}

// read reads a completion: a sample of a middle, or the echo of a scored one, or what came
// in the place of one from a folder.
func (p *fimEndpoint) read(raw []byte) reply {
	if r, ok := readRecorded(raw, p.family); ok {
		return r
	}
	said := &spoken{}
	r, why := readChoice(raw, said)
	if !r.ok {
		return r
	}
	if why.kind == finishedFailed {
		return r.brokenOff(why, said.text.String(), raw)
	}
	r.text = said.text.String()
	if texts, probabilities := logProbs(said.logProbs); texts != nil {
		if r.tokens = scored(texts, probabilities, p.family); r.tokens != nil {
			return r // what came after the scored text was cut on purpose
		}
	}
	if why.kind != finishedWell {
		r.reason, r.detail = why.kind.reason(), why.detail(r.text)
	}
	return r
}

// logProbs are the tokens of a completion with their log-probabilities, in the form of
// completions or in that of chat completions.
func logProbs(l loose) (texts []string, probabilities []*float64) {
	if content := l.get("content"); content.v != nil {
		for _, token := range content.list() {
			text, _ := token.get("token").v.(string)
			texts, probabilities = append(texts, text), append(probabilities, token.get("logprob").float())
		}
		return texts, probabilities
	}
	for _, token := range l.get("tokens").list() {
		text, _ := token.v.(string)
		texts = append(texts, text)
	}
	for _, p := range l.get("token_logprobs").list() {
		probabilities = append(probabilities, p.float())
	}
	return texts, probabilities
}
