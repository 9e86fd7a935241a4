package archives

import "decoy/schemas"

// Formats of a Source.
const (
	FormatTar    = "tar"
	FormatTarGz  = "tar.gz"
	FormatTarZst = "tar.zst"
	FormatTarBz2 = "tar.bz2"
	FormatZip    = "zip"
)

// Source is one resolved archive, or one part of it. Path is absolute or a URL; it
// says where the bytes are and is no part of any output. Root is the leading folder
// that entry paths lose. Parts above 1 says that this is part Part of so many, see
// [Split].
type Source struct {
	Path   string `json:"path"`
	Format string `json:"format"`
	Repo   string `json:"repo"`
	Commit string `json:"commit"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Root   string `json:"root"`
	Part   int    `json:"part,omitempty"`
	Parts  int    `json:"parts,omitempty"`
	// License is what the recipe states for all files, whatever they say; "" is nothing.
	License string `json:"license,omitempty"`
}

// ID names the source in a reject: repo@commit, or repo where no commit is known.
func (s Source) ID() string {
	if s.Commit == "" {
		return s.Repo
	}
	return s.Repo + "@" + s.Commit
}

// FileID names a file of the source in a reject: repo@commit/path.
func (s Source) FileID(path string) string { return s.ID() + "/" + path }

// Input is the source as a manifest lists it: by identity and content.
func (s Source) Input() schemas.Input {
	return schemas.Input{Name: s.ID(), SHA256: s.SHA256, Bytes: s.Bytes}
}

// Identity is the repository and commit of an archive. An empty field is filled
// from the archive.
type Identity struct {
	Repo   string `json:"repo" yaml:"repo"`
	Commit string `json:"commit" yaml:"commit"`
	// License is an SPDX expression that the owner states for all files of the archive.
	// Only a recipe can: a file beside an archive may come from whoever made that.
	License string `json:"-" yaml:"license"`
}

// Fill returns i with its empty fields taken from next.
func (i Identity) Fill(next Identity) Identity {
	if i.Repo == "" {
		i.Repo = next.Repo
	}
	if i.Commit == "" {
		i.Commit = next.Commit
	}
	if i.License == "" {
		i.License = next.License
	}
	return i
}
