package schemas

// Blob is one source file. License is an SPDX expression, SHA256 the hex hash of
// Content.
type Blob struct {
	Repo     string   `json:"repo"`
	Commit   string   `json:"commit"`
	Path     string   `json:"path"`
	License  string   `json:"license"`
	Language Language `json:"language"`
	Size     int64    `json:"size"`
	SHA256   string   `json:"sha256"`
	Content  []byte   `json:"content"`
}

// Context is a place in a file: Prefix + Golden + Suffix is a window of the file
// and Golden its bytes [StartByte, EndByte). Types are the hallucination types
// that Golden can carry; general rows have none. Cut says by which rule Golden was cut out,
// CallForm, of a call, what of it Golden holds. An edit has the commit that wrote
// the golden: OriginDate is its author date (RFC 3339, UTC), OriginKind what its
// message says that it does (fix, feature, …).
type Context struct {
	ID           string   `json:"id"`
	Repo         string   `json:"repo"`
	Commit       string   `json:"commit"`
	Path         string   `json:"path"`
	License      string   `json:"license"`
	Language     Language `json:"language"`
	Kind         Kind     `json:"kind"`
	Types        []Type   `json:"types"`
	Prefix       string   `json:"prefix"`
	Golden       string   `json:"golden"`
	Suffix       string   `json:"suffix"`
	StartByte    int64    `json:"start_byte"`
	EndByte      int64    `json:"end_byte"`
	Line         int64    `json:"line"`
	DeclStart    int64    `json:"decl_start"`
	DeclEnd      int64    `json:"decl_end"`
	PrefixCut    bool     `json:"prefix_cut"`
	SuffixCut    bool     `json:"suffix_cut"`
	Cut          Cut      `json:"cut"`
	CallForm     CallForm `json:"call_form"`
	Origin       Origin   `json:"origin"`
	OriginCommit string   `json:"origin_commit"`
	OriginDate   string   `json:"origin_date"`
	OriginKind   string   `json:"origin_kind"`
	SHA256       string   `json:"sha256"`
}

// WindowCut is which ends of the file the window lacks.
func (c *Context) WindowCut() WindowCut {
	switch {
	case c.PrefixCut && c.SuffixCut:
		return CutBoth
	case c.PrefixCut:
		return CutPrefix
	case c.SuffixCut:
		return CutSuffix
	}
	return CutNone
}

// Symbol is one declaration (Record "decl"), one imported name ("import") or one
// path of the archive ("file"). Locals and parameters of functions are not
// symbols. Code makes and reads it as a [Declaration], [Import], [Opening] or [SourceFile].
//
// decl: Role is a syntax.Role ("function", "method", "class", …), Owner the
// enclosing type or namespace path joined by "." ("" at file level), Arity the
// number of parameters (-1 where no parameter list is written), Params one string
// a parameter as syntax.Param.String writes it, Target the written result, field
// or underlying type and, for types, the supertypes joined by ",". Flags: static,
// decorated, open as in syntax.Decl.
//
// import: Name is the local name ("*" for a wildcard, "" for none), Target the
// module as written, Owner the imported name ("" for the module as a whole).
// Flags: relative, static, type, global (C#: every file of the project has it).
//
// open: a construct through which names come that are not written as declarations
// (syntax.Opening). Role is how far it reaches, Owner whose members it adds, Name the
// name, with "*" for any text, Target the construct as written.
//
// file: every regular file of the archive, so that a closed world can be told from
// an open one. Role is its language ("" for no source file). Flags: unread where
// its declarations are not among the symbols; one with an empty Path says that an
// archive broke off, so that any file may be missing. Owner is the file's sha256 and Arity
// its size in bytes, for source files. Target, for a package manifest
// (go.mod, package.json, Cargo.toml), is the name that it gives its folder.
type Symbol struct {
	Repo     string   `json:"repo"`
	Record   string   `json:"record"`
	Path     string   `json:"path"`
	Line     int64    `json:"line"`
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	Owner    string   `json:"owner"`
	Arity    int64    `json:"arity"`
	Params   []string `json:"params"`
	Variadic bool     `json:"variadic"`
	Target   string   `json:"target"`
	Flags    []string `json:"flags"`
}

// Records of a symbol.
const (
	SymbolDecl   = "decl"
	SymbolImport = "import"
	SymbolFile   = "file"
	SymbolOpen   = "open"
)

// Name is a real name of a language with the role it was seen in and how often.
// Owner is, for role "import", the module the name comes from; for the others "".
type Name struct {
	Name  string `json:"name"`
	Role  string `json:"role"`
	Owner string `json:"owner"`
	Count int64  `json:"count"`
}

// Negative is one wrong completion of a context. Text replaces Golden.
// Introduced are the names or tokens that make it wrong. Sampled says that a model
// meant it to be right, so that only a certificate makes it a negative. Minimal says
// that outside of one error it is the golden; else it is a sample that differs from the
// golden in anything, and has one certified error all the same. Repair is such a sample
// with that one error mended, "" where no repair is known to be right. CostUSD is null
// where the price is unknown.
type Negative struct {
	ID             string   `json:"id"`
	ContextID      string   `json:"context_id"`
	Type           Type     `json:"type"`
	Generator      string   `json:"generator"`
	Sample         int64    `json:"sample"`
	Text           string   `json:"text"`
	Introduced     []string `json:"introduced"`
	Trick          string   `json:"trick"` // of the rules; "" of a model
	Invented       bool     `json:"invented"`
	Sampled        bool     `json:"sampled"`
	Minimal        bool     `json:"minimal"`
	Repair         string   `json:"repair"`
	EditSimilarity float64  `json:"edit_similarity"`
	PromptVersion  string   `json:"prompt_version"`
	RequestKey     string   `json:"request_key"`
	InputTokens    int64    `json:"input_tokens"`
	OutputTokens   int64    `json:"output_tokens"`
	CostUSD        *float64 `json:"cost_usd"`
}

// Free reports whether a negative is a sample that is no minimal pair with its golden.
// What is not sampled is always a minimal pair: a record that says nothing is one.
func (n *Negative) Free() bool { return n.Sampled && !n.Minimal }

// Unlabelled is a sample of a FIM endpoint that is no negative: it equals the golden,
// is right as far as is known, or has errors that nothing here decides. Reason
// and Detail are those of the check that it failed last.
type Unlabelled struct {
	ContextID    string   `json:"context_id"`
	Generator    string   `json:"generator"`
	Sample       int64    `json:"sample"`
	Text         string   `json:"text"`
	Reason       Reason   `json:"reason"`
	Detail       string   `json:"detail"`
	RequestKey   string   `json:"request_key"`
	InputTokens  int64    `json:"input_tokens"`
	OutputTokens int64    `json:"output_tokens"`
	CostUSD      *float64 `json:"cost_usd"`
}

// Certificate says what the static check shows about a negative. Rule names the
// rule that decided, Evidence the facts it rests on, in words.
type Certificate struct {
	NegativeID string `json:"negative_id"`
	ContextID  string `json:"context_id"`
	Status     Status `json:"status"`
	Rule       string `json:"rule"`
	Evidence   string `json:"evidence"`
}

// Verdict is one judge's answer. NegativeID is null for golden controls. Answer
// is "fooled", "caught" or "invalid" for negatives, "accepted", "rejected" or
// "invalid" for controls. Margin is the judge's log-odds in nats. Order is set where
// the judge was asked in both orders of two passages: "both", "first", "second" or
// "neither", those in which the negative (or the control's golden) won.
//
// A judge that scores says of what it was asked about LogProb, the sum over the Tokens
// of the text in nats, and Stop, that of what ends it; and the same of the golden. In a
// control the golden stands in the negative's place, and one from elsewhere in the
// golden's. Each is rounded to 1e-6, and null for judges that do not score. The n-gram judge's are
// parts of its score, which is in nats and no probability (package judge).
//
//	margin = (logprob + stop) − (golden_logprob + golden_stop)
type Verdict struct {
	NegativeID    *string  `json:"negative_id"`
	ContextID     string   `json:"context_id"`
	Judge         string   `json:"judge"`
	Protocol      string   `json:"protocol"`
	Answer        Answer   `json:"answer"`
	Margin        *float64 `json:"margin"`
	LogProb       *float64 `json:"logprob"`
	Tokens        *int64   `json:"tokens"`
	Stop          *float64 `json:"stop"`
	GoldenLogProb *float64 `json:"golden_logprob"`
	GoldenTokens  *int64   `json:"golden_tokens"`
	GoldenStop    *float64 `json:"golden_stop"`
	Order         string   `json:"order"`
	InputTokens   int64    `json:"input_tokens"`
	OutputTokens  int64    `json:"output_tokens"`
	CostUSD       *float64 `json:"cost_usd"`
}

// Row is one line of the export. Type, Rejected, Minimal, Generator, Certificate and
// FoolRate are null in general rows. Chosen is the golden; where Minimal is false it is
// the repair of what is rejected, unless the recipe asks for the golden, and what both
// sides begin with stands at the end of Prefix.
type Row struct {
	ID          string   `json:"id"`
	ContextID   string   `json:"context_id"`
	Language    Language `json:"language"`
	Type        *Type    `json:"type"`
	Kind        Kind     `json:"kind"`
	Cut         Cut      `json:"cut"`
	CallForm    CallForm `json:"call_form"`
	Repo        string   `json:"repo"`
	Commit      string   `json:"commit"`
	Path        string   `json:"path"`
	License     string   `json:"license"`
	Prefix      string   `json:"prefix"`
	Suffix      string   `json:"suffix"`
	Chosen      string   `json:"chosen"`
	Rejected    *string  `json:"rejected"`
	Minimal     *bool    `json:"minimal"`
	Generator   *string  `json:"generator"`
	Certificate *Status  `json:"certificate"`
	FoolRate    *float64 `json:"fool_rate"`
	Margin      *float64 `json:"margin"`
	Judges      int64    `json:"judges"`
	Split       Split    `json:"split"`
	Origin      Origin   `json:"origin"`
}

// Selected is one line of curate's selection: a negative (or, with NegativeID
// null, a general row) with what export needs to know beside the payload.
type Selected struct {
	ContextID  string   `json:"context_id"`
	NegativeID *string  `json:"negative_id"`
	Repo       string   `json:"repo"`
	Group      string   `json:"group"`
	Language   Language `json:"language"`
	Type       *Type    `json:"type"`
	Kind       Kind     `json:"kind"`
	Generator  *string  `json:"generator"`
	Status     *Status  `json:"status"`
	FoolRate   *float64 `json:"fool_rate"`
	Margin     *float64 `json:"margin"`
	Judges     int64    `json:"judges"`
	Split      Split    `json:"split"`
}

// Reject is a record that was dropped. ID names the record (a path for a file, an
// id for a context or negative), Reason is one of the stage's reasons, Detail is
// for a person. Generator, Type and Language are empty where they do not apply.
type Reject struct {
	Stage     string   `json:"stage"`
	ID        string   `json:"id"`
	Reason    Reason   `json:"reason"`
	Detail    string   `json:"detail"`
	Language  Language `json:"language"`
	Type      Type     `json:"type"`
	Generator string   `json:"generator"`
}
