package main

import (
	"context"
	"errors"
	"os"

	"decoy/pipelines/bug"
)

type bugCmd struct {
	Bundle string `arg:"" help:"A file below OUT/bugs; a path or gs://BUCKET/FOLDER/bugs/FILE." type:"out"`
}

// Help is the example that --help shows.
func (bugCmd) Help() string {
	return "Example:\n  decoy bug OUT/bugs/FILE.json\n\nA record over which decoy itself fails is left out of a " +
		"build as internal_error, with a bundle below OUT/bugs. This runs what failed again over that record alone " +
		"and prints the panic with its stack: exit code 1 if it fails still, 0 if it is mended. A bundle holds " +
		"source code from your inputs and no keys; look at it before you give it to others."
}

// errStillFails is the end of the command over a bundle that reproduces its failure.
var errStillFails = errors.New("it fails still; give the bundle to who maintains decoy, if its source code may be " +
	"given away")

// Run runs the record of a bundle again.
func (c *bugCmd) Run(ctx context.Context) error {
	failed, err := bug.Reproduce(ctx, c.Bundle, os.Stdout)
	if err == nil && failed {
		return errStillFails
	}
	return err
}
