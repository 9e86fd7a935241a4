package dataflow

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ImageGLIBC is the version of the C library in Beam's image of its Go SDK, which is
// Debian 12. It has nothing else that a worker could be linked with.
const ImageGLIBC = "2.36"

// Needs is what a program needs of the machine that it runs on.
type Needs struct {
	Arch      string   // as GOARCH has it
	GLIBC     string   // the newest version of a symbol, "" for a static program
	Libraries []string // beside those of the C library
}

// ReadNeeds reads the head of an ELF file.
func ReadNeeds(file string) (Needs, error) {
	f, err := elf.Open(file)
	if err != nil {
		return Needs{}, fmt.Errorf("%s is no program for Linux: %w", file, err)
	}
	defer f.Close()
	var n Needs
	switch f.Machine {
	case elf.EM_X86_64:
		n.Arch = "amd64"
	case elf.EM_AARCH64:
		n.Arch = "arm64"
	default:
		n.Arch = f.Machine.String()
	}
	if f.Section(".dynamic") == nil {
		return n, nil
	}
	versions, err := f.DynamicVersionNeeds()
	if err != nil {
		return n, fmt.Errorf("%s: %w", file, err)
	}
	for _, lib := range versions {
		for _, v := range lib.Needs {
			if number, ok := strings.CutPrefix(v.Dep, "GLIBC_"); ok && newer(number, n.GLIBC) {
				n.GLIBC = number
			}
		}
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return n, fmt.Errorf("%s: %w", file, err)
	}
	for _, l := range libraries {
		base, _, _ := strings.Cut(l, ".so")
		if !slices.Contains([]string{"libc", "libm", "libpthread", "libdl", "librt", "libresolv", "ld-linux-x86-64",
			"ld-linux-aarch64"}, base) {
			n.Libraries = append(n.Libraries, l)
		}
	}
	return n, nil
}

// newer reports whether version a is above b.
func newer(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	return slices.CompareFunc(x, y, func(a, b string) int {
		m, _ := strconv.Atoi(a)
		n, _ := strconv.Atoi(b)
		return cmp.Compare(m, n)
	}) > 0
}

func (l Launch) worker() Check {
	const name, build = "worker", "build one with runners/worker/build and name it in --worker_binary"
	if l.Worker == "" {
		return Check{name, Missing, "not given", build}
	}
	n, err := ReadNeeds(l.Worker)
	if err != nil {
		return Check{name, Missing, err.Error(), build}
	}
	arch := "amd64"
	for _, arm := range []string{"t2a-", "c4a-", "n4a-"} {
		if strings.HasPrefix(l.MachineType, arm) {
			arch = "arm64"
		}
	}
	switch {
	case n.Arch != arch:
		return Check{name, Missing, fmt.Sprintf("%s is for linux/%s and the machines are linux/%s", l.Worker, n.Arch,
			arch), build + ", on a machine of that architecture"}
	case newer(n.GLIBC, ImageGLIBC):
		return Check{name, Missing, fmt.Sprintf("%s needs glibc %s and the image has %s", l.Worker, n.GLIBC,
			ImageGLIBC), "build it in Debian 12, or with runners/worker/build --static"}
	case len(n.Libraries) > 0:
		return Check{name, Missing, fmt.Sprintf("%s needs %s, which the image has not", l.Worker,
			strings.Join(n.Libraries, ", ")), build}
	case n.GLIBC == "":
		return Check{name, OK, fmt.Sprintf("%s, linux/%s, static", l.Worker, n.Arch), ""}
	}
	return Check{name, OK, fmt.Sprintf("%s, linux/%s, needs glibc %s of %s", l.Worker, n.Arch, n.GLIBC, ImageGLIBC), ""}
}
