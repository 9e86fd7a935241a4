package flowtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"decoy/io/shard/flow"
)

// Trouble is what befalls steps. Its zero value is none.
type Trouble struct {
	// Ran is a local folder in which each shard that is worked on leaves a file.
	Ran string
	// Stop is a step of which one shard is left for later.
	Stop string
	// Kill are steps of which one shard ends its process, each once: Ran remembers it.
	Kill []string
	// Fail are steps of which one shard fails, each once.
	Fail []string
	// Broken is a step of which one shard fails each time.
	Broken string
	// Delay is how long each shard takes.
	Delay time.Duration
}

// Victim is the shard of a step that meets trouble, as in Works.
func Victim(step string) string {
	if step == "names" || step == "card" || strings.HasPrefix(step, "close-") {
		return step + "-00000" // there is no other
	}
	return step + "-00001"
}

func (t Trouble) meet(step string, number int) error {
	if t.Ran == "" {
		return nil
	}
	name := fmt.Sprintf("%s-%05d", step, number)
	if err := os.WriteFile(filepath.Join(t.Ran, fmt.Sprintf("%s.%016x", name, rand.Uint64())), nil, 0o666); err != nil {
		return err
	}
	time.Sleep(t.Delay)
	if name != Victim(step) {
		return nil
	}
	if step == t.Stop {
		return fmt.Errorf("%w: the budget of %s is spent", flow.ErrLater, name)
	}
	if step == t.Broken {
		return errors.New("fails for good: " + name)
	}
	if slices.Contains(t.Kill, step) && t.once(step+".killed") {
		os.Exit(3)
	}
	if slices.Contains(t.Fail, step) && t.once(step+".failed") {
		return errors.New("failed once: " + name)
	}
	return nil
}

// once tells the first caller of all processes from the others.
func (t Trouble) once(name string) bool {
	return os.Mkdir(filepath.Join(t.Ran, name), 0o777) == nil
}

// Works counts how often each shard was worked on, by step and shard: "judge-2-00001".
func (t Trouble) Works() (map[string]int, error) {
	entries, err := os.ReadDir(t.Ran)
	works := map[string]int{}
	for _, e := range entries {
		if name, random, ok := strings.Cut(e.Name(), "."); ok && len(random) == 16 {
			works[name]++
		}
	}
	return works, err
}
