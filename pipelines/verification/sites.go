package verification

import (
	"slices"

	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/schemas"
	"decoy/transforms/verify"
)

// certifyInput is a negative with what its repository declares.
type certifyInput struct {
	Context  schemas.Context  `json:"context"`
	Negative schemas.Negative `json:"negative"`
	Symbols  []schemas.Symbol `json:"symbols"`
}

var siteCertify = bug.NewSite("certificate", func(in certifyInput, _ string) error {
	c := verify.New()
	defer c.Close()
	_, err := c.Certify(verify.NewRepo(slices.Values(in.Symbols)), &in.Context, &in.Negative)
	return err
})

var siteVerifyRepo = bug.NewSite("index of a repository for certificates", func(in join.Repo, _ string) error {
	verify.NewRepo(slices.Values(in.Symbols))
	return nil
})
