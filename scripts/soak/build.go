package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// soak holds what all builds have in common.
type soak struct {
	binary, recipe, keep, work string
	seconds                    float64
	memory                     int64
}

func (s *soak) open(ctx context.Context) (err error) {
	if s.work, err = os.MkdirTemp("", "decoy-soak-"); err != nil {
		return err
	}
	if s.keep == "" {
		if s.keep, err = os.MkdirTemp("", "decoy-soak-faults-"); err != nil {
			return err
		}
	}
	if s.binary != "" {
		s.binary, err = filepath.Abs(s.binary)
		return err
	}
	s.binary = filepath.Join(s.work, "decoy")
	c := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "./runners/decoy")
	c.Stderr = os.Stderr
	return c.Run()
}

func (s *soak) close() { _ = os.RemoveAll(s.work) }

// The faults, as they stand in the table.
const (
	panicked = "panic"
	internal = "internal_error"
	slow     = "slow"
	large    = "large"
)

// The outcomes.
const (
	done   = "done"
	empty  = "empty"
	failed = "failed"
	hung   = "hung"
)

// measured is one build.
type measured struct {
	Name           string   `json:"name"`
	Outcome        string   `json:"outcome"`
	Exit           int      `json:"exit"`
	SourceMB       float64  `json:"source_mb"`
	Wall           float64  `json:"wall_s"`
	CPU            float64  `json:"cpu_s"`
	MiB            int64    `json:"mib"`
	Contexts       int64    `json:"contexts"`
	Negatives      int64    `json:"negatives"`
	Certified      int64    `json:"certified"`
	Pairs          int64    `json:"pairs"`
	InternalErrors int64    `json:"internal_errors"`
	Panics         int      `json:"panics"`
	Faults         []string `json:"faults"`
	Last           string   `json:"last"` // line that it printed
}

const header = "outcome\texit\tMB\twall_s\tcpu_s\tMiB\tcontexts\tnegatives\tcertified\tpairs\tinternal\tpanics\tfaults\tname\tlast line"

// String is a line of the table.
func (m measured) String() string {
	last := ""
	if m.Outcome != done || len(m.Faults) > 0 {
		last = m.Last
	}
	return fmt.Sprintf("%s\t%d\t%.2f\t%.1f\t%.1f\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s", m.Outcome, m.Exit,
		m.SourceMB, m.Wall, m.CPU, m.MiB,
		m.Contexts, m.Negatives, m.Certified, m.Pairs, m.InternalErrors, m.Panics, strings.Join(m.Faults, ","), m.Name,
		last)
}

func (m measured) secondsAMB() float64 { return m.CPU / max(1, m.SourceMB) }

var panics = regexp.MustCompile(`(?m)^(panic:|fatal error:|unexpected fault address|SIG(SEGV|BUS|ABRT|ILL|FPE))`)

// build builds archives in a new process and measures it.
func (s *soak) build(ctx context.Context, name string, archives []string, shards int) measured {
	m := measured{Name: name, Outcome: failed, Exit: -1}
	out, err := os.MkdirTemp(s.work, "out-")
	if err != nil {
		m.Last = err.Error()
		m.Faults = []string{failed}
		return m
	}
	defer os.RemoveAll(out)
	var size int64
	for _, a := range archives {
		if i, err := os.Stat(a); err == nil {
			size += i.Size()
		}
	}
	list := filepath.Join(s.work, filepath.Base(out)+".list")
	defer os.Remove(list)
	if err := os.WriteFile(list, []byte(strings.Join(archives, "\n")+"\n"), 0o644); err != nil {
		m.Last = err.Error()
		m.Faults = []string{failed}
		return m
	}
	limit, cancel := context.WithTimeout(ctx, allowed(size, s.seconds))
	defer cancel()
	c := exec.CommandContext(limit, s.binary, "build", "--recipe", s.recipe, "--archives", "@"+list, "--shards",
		strconv.Itoa(shards), "--out", out)
	var printed bytes.Buffer
	c.Stdout, c.Stderr = &printed, &printed
	began := time.Now()
	err = c.Run()
	m.Wall = time.Since(began).Seconds()
	if p := c.ProcessState; p != nil {
		m.Exit = p.ExitCode()
		m.CPU = (p.UserTime() + p.SystemTime()).Seconds()
		if u, ok := p.SysUsage().(*syscall.Rusage); ok {
			m.MiB = u.Maxrss >> 10
		}
	} else {
		fmt.Fprintln(&printed, err)
	}
	m.Panics = len(panics.FindAll(printed.Bytes(), -1))
	lines := strings.Split(strings.TrimSpace(printed.String()), "\n")
	m.Last = lines[len(lines)-1]
	m.count(filepath.Join(out, "run.json"))
	switch {
	case limit.Err() != nil && ctx.Err() == nil:
		m.Outcome = hung
	case m.Exit == 0:
		m.Outcome = done
	case m.Exit == 1 && m.Pairs == 0 && m.Panics == 0 && m.Last != "" && nothingCame.MatchString(printed.String()):
		m.Outcome = empty
	}
	m.judge(s)
	if len(m.Faults) > 0 {
		at := filepath.Join(s.keep, name+".txt")
		if err := os.WriteFile(at, printed.Bytes(), 0o644); err != nil {
			m.Last = err.Error()
		}
	}
	return m
}

// nothingCame is what decoy says of an empty result.
var nothingCame = regexp.MustCompile(`(?m)no (contexts|negatives|pairs|rows)|none of the archives can be read`)

// count reads what the build counted.
func (m *measured) count(path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return
	}
	var run struct {
		Stages []struct {
			Stage   string           `json:"stage"`
			Counts  map[string]int64 `json:"counts"`
			Rejects map[string]int64 `json:"rejects"`
		} `json:"stages"`
	}
	if err := json.Unmarshal(raw, &run); err != nil {
		m.Last = "run.json: " + err.Error()
		return
	}
	for _, st := range run.Stages {
		m.InternalErrors += st.Rejects["internal_error"]
		switch st.Stage {
		case "extract":
			m.SourceMB = float64(st.Counts["bytes"]) / 1e6
			m.Contexts = st.Counts["contexts"]
		case "generate":
			m.Negatives = st.Counts["negatives"]
		case "verify":
			m.Certified = st.Counts["certified"]
		case "curate":
			m.Pairs = st.Counts["pairs"]
		}
	}
}

// judge says what should not have happened.
func (m *measured) judge(s *soak) {
	if m.Panics > 0 {
		m.Faults = append(m.Faults, panicked)
	}
	if m.InternalErrors > 0 {
		m.Faults = append(m.Faults, internal)
	}
	if m.Outcome == failed || m.Outcome == hung {
		m.Faults = append(m.Faults, m.Outcome)
	}
	if m.secondsAMB() > s.seconds {
		m.Faults = append(m.Faults, slow)
	}
	if m.MiB > s.memory {
		m.Faults = append(m.Faults, large)
	}
}
