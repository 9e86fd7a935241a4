package fim

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"decoy/schemas"
)

// Cuts are, by kind of span, the shares in which its goldens are cut. A kind that is
// absent has its default shares.
type Cuts map[schemas.Kind]map[schemas.Cut]float64

// DefaultCuts are the shares of the kinds that can be cut in more than one way. Imports are
// mostly cut as Delulu's public rows are, at the line; general lines half as the goldens of
// HumanEval-Infilling and half as an editor completes.
var DefaultCuts = Cuts{
	schemas.KindImport: {schemas.CutLine: 0.7, schemas.CutCursor: 0.3},
	schemas.KindLine:   {schemas.CutLine: 0.5, schemas.CutCursor: 0.5},
	schemas.KindLines:  {schemas.CutLine: 0.5, schemas.CutCursor: 0.5},
}

// CallForms are the shares in which the goldens of calls begin at the name, at the head of
// its path and at the expression, where a call has these: one without a path or a receiver
// begins at its name. Statement is, by language, the share of the calls whose end a ";"
// follows that ends their statement which takes it in; of the other languages none does.
// Where no share of a begin is given, or no Statement, it is the default.
type CallForms struct {
	Name       float64                      `json:"name" yaml:"name"`
	Path       float64                      `json:"path" yaml:"path"`
	Expression float64                      `json:"expression" yaml:"expression"`
	Statement  map[schemas.Language]float64 `json:"statement" yaml:"statement"`
}

// DefaultCallForms are the forms of Delulu's public rows: of its goldens of calls in C++, C#
// and TypeScript 8 of 9 end in ";".
var DefaultCallForms = CallForms{
	Name: 0.7, Path: 0.15, Expression: 0.15,
	Statement: map[schemas.Language]float64{schemas.Cpp: 0.89, schemas.CSharp: 0.89, schemas.TypeScript: 0.89},
}

// filled are the shares with the defaults of the kinds that are absent.
func (c Cuts) filled() (Cuts, error) {
	out := maps.Clone(DefaultCuts)
	for kind, shares := range c {
		at := fmt.Sprintf("extract.cuts.%s", kind)
		def, ok := DefaultCuts[kind]
		if !ok {
			return nil, fmt.Errorf("%s: only %s are cut in more than one way; leave %s out", at,
				schemas.Join(slices.Sorted(maps.Keys(DefaultCuts)), ", "), kind)
		}
		sum := 0.0
		for cut, share := range shares {
			if _, ok := def[cut]; !ok {
				return nil, fmt.Errorf("%s.%s: unknown cut; use %s", at, cut,
					schemas.Join(slices.Sorted(maps.Keys(def)), ", "))
			}
			if err := isShare(at+"."+string(cut), share); err != nil {
				return nil, err
			}
			sum += share
		}
		if err := isWhole(at, sum); err != nil {
			return nil, err
		}
		out[kind] = maps.Clone(shares)
	}
	return out, nil
}

// filled are the shares, or the defaults where none is given.
func (f CallForms) filled() (CallForms, error) {
	begins := []struct {
		name  string
		share float64
	}{{"name", f.Name}, {"path", f.Path}, {"expression", f.Expression}}
	sum := 0.0
	for _, b := range begins {
		if err := isShare("extract.call_forms."+b.name, b.share); err != nil {
			return f, err
		}
		sum += b.share
	}
	if sum == 0 {
		f.Name, f.Path, f.Expression = DefaultCallForms.Name, DefaultCallForms.Path, DefaultCallForms.Expression
	} else if err := isWhole("extract.call_forms: name, path and expression", sum); err != nil {
		return f, err
	}
	if f.Statement == nil {
		f.Statement = DefaultCallForms.Statement
	}
	f.Statement = maps.Clone(f.Statement)
	for _, l := range slices.Sorted(maps.Keys(f.Statement)) {
		at := fmt.Sprintf("extract.call_forms.statement.%s", l)
		if !slices.Contains(schemas.Languages, l) {
			return f, fmt.Errorf("%s: unknown language; use %s", at, schemas.Join(schemas.Languages, ", "))
		}
		if err := isShare(at, f.Statement[l]); err != nil {
			return f, err
		}
	}
	return f, nil
}

func isShare(field string, v float64) error {
	if !(v >= 0 && v <= 1) {
		return fmt.Errorf("%s: %v is not between 0 and 1", field, v)
	}
	return nil
}

func isWhole(field string, sum float64) error {
	if math.Abs(sum-1) > 1e-6 {
		return fmt.Errorf("%s: the shares sum to %.4g and not to 1", field, sum)
	}
	return nil
}
