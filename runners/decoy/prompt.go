package main

import (
	"context"
	"fmt"
	"os"

	"decoy/pipelines"
	"decoy/schemas"
)

type promptCmd struct {
	Recipe   string `help:"The built-in recipe demo, or a file." default:"demo"`
	Out      string `help:"Folder of the build; a path or gs://BUCKET/FOLDER." default:"decoy-out" type:"out"`
	Context  string `help:"Id of the context." required:""`
	Type     string `help:"Type of the negative: import, method, parameter or undefinedvariable; the context's first by default."`
	Member   string `help:"Member of the panel; the first paid one by default."`
	Sample   int64  `help:"Number of the sample."`
	Judge    bool   `help:"What a judge is asked about the context's negative, in place of what a generator is asked."`
	Negative string `help:"Id of the negative that the judge is asked about."`
	Golden   bool   `help:"Let the judge be asked about the golden, as in a control."`
	Wire     bool   `help:"Print the request as JSON, as it is sent, and nothing else."`
}

// Help is the example that --help shows.
func (promptCmd) Help() string {
	return "Example:\n  decoy prompt --recipe my.yaml --out OUT --context 0078ce9ac5ba929cebb244e7ffeaaacb --type " +
		"method\n  decoy prompt --recipe my.yaml --out OUT --context 0078ce9ac5ba929cebb244e7ffeaaacb --judge " +
		"--wire\n\nNothing is sent. The API key is no part of a request's JSON; it goes into a header."
}

// Run prints the request.
func (c *promptCmd) Run(ctx context.Context) error {
	b, err := common{Recipe: c.Recipe, Out: c.Out}.open(inputs{}, spending{})
	if err != nil {
		return err
	}
	a, err := b.Prompt(ctx, pipelines.Question{
		Context: c.Context, Type: schemas.Type(c.Type), Member: c.Member, Sample: c.Sample,
		Judge: c.Judge || c.Golden || c.Negative != "", Negative: c.Negative, Golden: c.Golden,
	})
	if err != nil {
		return err
	}
	if c.Wire {
		_, err := fmt.Fprintf(os.Stdout, "%s\n", a.Wire)
		return err
	}
	fmt.Printf("# %s, member %s, key %s\n# %d bytes, %d tokens of the limit, %s US dollars at most\n", a.Stage,
		a.Member, a.Key, len(a.Wire), a.Tokens, dollars(a.MostUSD))
	if a.System == "" && a.User == "" {
		_, err := fmt.Fprintf(os.Stdout, "%s\n", a.Wire)
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "\n# system\n%s\n\n# user\n%s\n", a.System, a.User)
	return err
}
