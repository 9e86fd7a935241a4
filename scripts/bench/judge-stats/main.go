// Command judge-stats prints what package judge makes of verdicts, for check.py to
// compare with scipy and statsmodels.
//
//	judge-stats < VERDICTS > STATISTICS
//
// VERDICTS are JSON lines {"negative": …, "cell": …, "verdicts": […]}, one a negative;
// with "controls": true the verdicts are those on a golden.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"decoy/schemas"
	"decoy/transforms/judge"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "judge-stats:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	type line struct {
		Negative string            `json:"negative"`
		Cell     judge.Cell        `json:"cell"`
		Controls bool              `json:"controls"`
		Verdicts []schemas.Verdict `json:"verdicts"`
	}
	var tally judge.Tally
	var negatives []line
	for dec := json.NewDecoder(bufio.NewReader(in)); ; {
		var l line
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read verdicts: %w", err)
		}
		if l.Controls {
			for _, v := range l.Verdicts {
				tally.Control(v)
			}
			continue
		}
		tally.Pool(l.Cell)
		tally.Negative(l.Cell, l.Verdicts)
		negatives = append(negatives, l)
	}
	const least = 0.8
	weights := judge.Weights(tally.Controls(), least)
	rates := map[string]judge.Summary{}
	for _, l := range negatives {
		rates[l.Negative] = judge.Summarize(l.Verdicts, weights)
	}
	return json.NewEncoder(out).Encode(map[string]any{
		"tally": tally, "cohen": tally.Cohen(), "fleiss": tally.Fleiss(), "controls": tally.Controls(),
		"least": least, "weights": weights, "rates": rates,
	})
}
