package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"decoy/io/archives"
	"decoy/schemas"
	"decoy/transforms/screen"
)

// moduleZips are the zips of dependencies, as the go command has them.
func moduleZips(ctx context.Context, modules ...string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", append([]string{"mod", "download", "-json"}, modules...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("find the zips of %v: %w; name archives instead", modules, err)
	}
	var zips []string
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var m struct{ Zip string }
		if err := dec.Decode(&m); err != nil {
			return nil, err
		}
		zips = append(zips, m.Zip)
	}
	return zips, nil
}

// gather sorts the source files of archives into one tar.gz a language. Files that
// extraction would reject are left out: the contenders must read the same.
func gather(ctx context.Context, specs []string, dir string, limit int) (map[schemas.Language]string, error) {
	sources, _, err := archives.Resolve(ctx, specs, archives.ResolveConfig{})
	if err != nil {
		return nil, err
	}
	corpora := map[schemas.Language]*corpus{}
	for _, src := range sources {
		err := archives.Walk(ctx, src, archives.Limits{},
			func(p string, _ int64) bool { return screen.MaybeSource(p) },
			func(e archives.Entry) error {
				lang := screen.Language(e.Path, e.Data)
				if reason, _ := screen.File(e.Path, e.Data); reason != "" || !known(lang) {
					return nil
				}
				c := corpora[lang]
				if c == nil {
					if c, err = newCorpus(filepath.Join(dir, string(lang)+".tar.gz")); err != nil {
						return err
					}
					corpora[lang] = c
				}
				if c.bytes+len(e.Data) > limit {
					return nil
				}
				return c.add(src.Repo+"/"+e.Path, e.Data)
			}, func(schemas.Reject) {})
		if err != nil {
			return nil, err
		}
	}
	paths := map[schemas.Language]string{}
	for lang, c := range corpora {
		if err := c.close(); err != nil {
			return nil, err
		}
		paths[lang] = c.file.Name()
	}
	return paths, nil
}

func known(lang schemas.Language) bool {
	for _, l := range schemas.Languages {
		if l == lang {
			return true
		}
	}
	return false
}

// corpus is a tar.gz under construction.
type corpus struct {
	file  *os.File
	zip   *gzip.Writer
	tar   *tar.Writer
	bytes int
}

func newCorpus(path string) (*corpus, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	z := gzip.NewWriter(f)
	return &corpus{file: f, zip: z, tar: tar.NewWriter(z)}, nil
}

func (c *corpus) add(path string, data []byte) error {
	c.bytes += len(data)
	if err := c.tar.WriteHeader(&tar.Header{Name: "corpus/" + path, Mode: 0o644, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := c.tar.Write(data)
	return err
}

func (c *corpus) close() error {
	if err := c.tar.Close(); err != nil {
		return err
	}
	if err := c.zip.Close(); err != nil {
		return err
	}
	return c.file.Close()
}
