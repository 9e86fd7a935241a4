package inputs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Expand returns the files that a path, URL or glob names, sorted where it is a
// glob. A glob without a match is an error.
func (f *Files) Expand(ctx context.Context, spec string) ([]string, error) {
	var found []string
	switch {
	case IsURL(spec) && !hasGlob(spec):
		return []string{spec}, nil
	case IsURL(spec):
		var err error
		if found, err = f.Glob(ctx, spec); err != nil {
			return nil, err
		}
	default:
		if _, err := os.Stat(spec); err == nil {
			return []string{spec}, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%q: %w", spec, err)
		}
		if !hasGlob(spec) {
			return nil, fmt.Errorf("%q: no such file; give an existing path, a URL, a glob, or %sFILE for a list", spec,
				ListMark)
		}
		matches, err := filepath.Glob(spec)
		if err != nil {
			return nil, fmt.Errorf("%q: %w; quote '[' and '*' with a backslash if they are meant", spec, err)
		}
		for _, p := range matches {
			if info, err := os.Stat(p); err == nil && info.IsDir() {
				continue
			}
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%q: the glob matches no file; check the folder and the quotes round it", spec)
	}
	return found, nil
}
