package main

import (
	"errors"
	"reflect"

	"github.com/alecthomas/kong"

	"decoy/io/bucket"
)

// outFlags makes type:"out" the folder of a build: a path as type:"path" takes it, or
// gs://BUCKET/FOLDER, of which a path would make another.
func outFlags() kong.Option {
	return kong.NamedMapper("out", kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		var out string
		if err := ctx.Scan.PopValueInto("folder", &out); err != nil {
			return err
		}
		if out == "" {
			return errors.New("the folder is empty, perhaps an unset variable: name one")
		}
		if !bucket.In(out) {
			out = kong.ExpandPath(out)
		} else {
			out = bucket.Join(out)
		}
		target.SetString(out)
		return nil
	}))
}
