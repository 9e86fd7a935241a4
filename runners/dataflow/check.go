// Package dataflow is what a launch on Google Cloud Dataflow needs beside Beam's runner:
// checks before anything is submitted or paid, and (as files of this folder) the worker
// image and the flex template. README.md says how to run it.
//
//	Launch → []Check
//
// # Checks
//
// All of them are made and told together, each with its remedy. They look at what a
// launch names (project, region, buckets, worker, image, machines), at what the present
// credentials may do as far as that can be asked for nothing (an object is written to
// each bucket and removed, one page of jobs is listed), and at what only fails when
// workers start: archives and keys that are on the launcher's machine, a C library that
// is newer than the image's, limits of an account that divided by the workers are less
// than one request.
//
// # What they cannot know
//
// Quotas, capacity of a zone, the permissions of the workers' service account, whether
// the image can be pulled. A check that the credentials do not allow says so and does
// not stop the launch.
package dataflow

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"decoy/pipelines/recipe"

	"decoy/schemas"
	"decoy/transforms/panel"
)

// Launch is what is to be submitted.
type Launch struct {
	Project, Region string
	Endpoint        string // of Dataflow's interface, "" for Google's
	Staging, Temp   string
	Worker          string // file of the worker binary
	Image           string
	MachineType     string
	MaxWorkers      int
	Out             string
	Stages          []string // that would run
	Recipe          recipe.Recipe
	Workers         int // that share the panel's limits, 0 for MaxWorkers
	// PaidOnWorkers says that workers ask paid models, and not the launcher.
	PaidOnWorkers bool
}

// States of a check.
const (
	OK      = "ok"
	Missing = "missing"
	Unknown = "unknown" // the credentials do not tell
)

// Check is the answer to one question.
type Check struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Fact   string `json:"fact"`
	Remedy string `json:"remedy,omitempty"`
}

// String is the check in one line.
func (c Check) String() string {
	line := fmt.Sprintf("%-7s %s: %s", c.State, c.Name, c.Fact)
	if c.Remedy != "" {
		line += "; " + c.Remedy
	}
	return line
}

var (
	projectPattern = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	regionPattern  = regexp.MustCompile(`^[a-z]+(-[a-z]+)+[0-9]+$`)
	machinePattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	digestPattern  = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
	tagPattern     = regexp.MustCompile(`^[^@]+/[^/:@]+:([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$`)
)

// Check asks everything.
func (l Launch) Check(ctx context.Context) []Check {
	form := func(name, value string, ok bool, remedy string) Check {
		switch {
		case value == "":
			return Check{name, Missing, "not given", remedy}
		case !ok:
			return Check{name, Missing, fmt.Sprintf("%q is not one", value), remedy}
		}
		return Check{name, OK, value, ""}
	}
	checks := []Check{
		form("project", l.Project, projectPattern.MatchString(l.Project), "give the project's id in --project"),
		form("region", l.Region, regionPattern.MatchString(l.Region), "give a region such as --region=europe-west4"),
	}
	checks = append(checks, l.folders(ctx)...)
	checks = append(checks, l.service(ctx), l.worker(), l.image(),
		form("machine type", l.MachineType, machinePattern.MatchString(l.MachineType), "give --worker_machine_type, "+
			"such as n2-standard-4: without it the service chooses"))
	if l.MaxWorkers > 0 {
		checks = append(checks, Check{"workers", OK, fmt.Sprintf("at most %d", l.MaxWorkers), ""})
	} else {
		checks = append(checks, Check{"workers", Missing, "no bound given", "give --max_num_workers: it bounds the " +
			"cost, and the panel's limits are divided by it"})
	}
	if slices.Contains(l.Stages, schemas.StageExtract) {
		checks = append(checks, l.archives())
	}
	return append(checks, l.paid(ctx)...)
}

// Failed counts the checks that stop a launch.
func Failed(checks []Check) (n int) {
	for _, c := range checks {
		if c.State == Missing {
			n++
		}
	}
	return n
}

func (l Launch) image() Check {
	const name, remedy = "image", "give --sdk_container_image by version or digest: runners/dataflow/Containerfile " +
		"makes one"
	tag := tagPattern.FindStringSubmatch(l.Image)
	switch {
	case l.Image == "":
		return Check{name, Missing, "not given", remedy}
	case digestPattern.MatchString(l.Image), tag != nil && tag[1] != "latest":
		return Check{name, OK, l.Image, ""}
	case tag != nil:
		return Check{name, Missing, l.Image + " changes under a running job", remedy}
	}
	return Check{name, Missing, l.Image + " names no version", remedy}
}

// archives looks at what workers have to read.
func (l Launch) archives() Check {
	var local []string
	names := slices.Clone(l.Recipe.Archives)
	for _, r := range l.Recipe.Rows {
		names = append(names, r.Path)
	}
	for _, a := range names {
		// a list is read here; what it names is looked at when it is resolved
		if !Reachable(a) && !strings.HasPrefix(a, "@") {
			local = append(local, a)
		}
	}
	if len(local) > 0 {
		return Check{"archives", Missing, fmt.Sprintf("%d are on this machine alone, the first is %s", len(local),
			local[0]), "copy them to a bucket and name them by gs://"}
	}
	return Check{"archives", OK, fmt.Sprintf("%d entries of the recipe, none on this machine", len(names)), ""}
}

// Reachable reports whether workers can read an address.
func Reachable(address string) bool {
	return strings.HasPrefix(address, "gs://") || strings.HasPrefix(address, "https://")
}

// members are those that the stages would ask over the network, once each.
func (l Launch) members() (members []panel.Member) {
	for _, stage := range l.Stages {
		for _, m := range l.Recipe.Members(stage) {
			if m.Paid() && !m.Offline {
				members = append(members, m.Defaults())
			}
		}
	}
	slices.SortFunc(members, func(a, b panel.Member) int { return strings.Compare(a.Name, b.Name) })
	return members
}
