package shard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"decoy/io/bucket"
)

// MarkerName is the file by which decoy knows a folder as its own.
const MarkerName = ".decoy.json"

// Kinds of folders of decoy's.
const (
	KindBuild = "build" // OUT
	KindLoad  = "load"  // Parquet files of decoy load
	KindRun   = "run"   // of decoy train
)

// marker is the content of the marker file, the same for every folder of a kind.
type marker struct {
	Decoy  string `json:"decoy"`
	Format int    `json:"format"`
}

// Refusal is the error of a folder or file that decoy leaves alone because it is not its
// own. It is an error of the command line: nothing was written.
type Refusal struct{ text string }

// Error names what is there and the remedy.
func (r *Refusal) Error() string { return r.text }

// Refuse makes a Refusal.
func Refuse(format string, a ...any) error { return &Refusal{fmt.Sprintf(format, a...)} }

// InTheWay is the Refusal of files that decoy would write over and has not written.
func InTheWay(paths ...string) error {
	const shown = 5
	more := ""
	if n := len(paths) - shown; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return Refuse("decoy would write over what it did not make in this build (%s%s): move away what is yours and run "+
		"the same command again", strings.Join(paths[:min(len(paths), shown)], ", "), more)
}

// Owner says which folder decoy wants to write to.
type Owner struct {
	Dir  string
	Kind string
	// Earlier tells whether the folder without a marker is nevertheless of this kind,
	// made by a version that wrote none; nil stands for no.
	Earlier func(ctx context.Context) (bool, error)
	// Adopt, if set, is called before such a folder gets its marker.
	Adopt func(ctx context.Context) error
}

// Inspect tells whether decoy may write to the folder: it is absent and its parent is
// there, or nothing lies in it, or it is decoy's. Otherwise the error is a *Refusal. It
// writes nothing.
func (o Owner) Inspect(ctx context.Context) error {
	_, err := o.inspect(ctx)
	return err
}

// Claim makes the folder decoy's, or gives the error of Inspect: it makes the folder,
// but not its parent, and writes the marker before anything else but what Adopt notes.
func (o Owner) Claim(ctx context.Context) error {
	s, err := o.inspect(ctx)
	if err != nil || s == stateOurs {
		return err
	}
	if s == stateAbsent {
		if err := os.Mkdir(o.Dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("create folder %q: %w", o.Dir, withRemedy(err))
		}
	}
	if s == stateEarlier && o.Adopt != nil {
		if err := o.Adopt(ctx); err != nil {
			return err
		}
	}
	err = writeJSON(ctx, Join(o.Dir, MarkerName), marker{o.Kind, 1})
	if errors.Is(err, fs.ErrNotExist) {
		// Another process that claims the folder too may have cleaned up here.
		if ours, merr := o.marked(ctx); merr != nil || ours {
			return merr
		}
	}
	return err
}

// Held tells whether the folder is decoy's already.
func (o Owner) Held(ctx context.Context) (bool, error) {
	s, err := o.inspect(ctx)
	var refused *Refusal
	if errors.As(err, &refused) {
		return false, nil
	}
	return s == stateOurs || s == stateEarlier, err
}

// ownerState is what a folder is to decoy.
type ownerState int

const (
	stateEmpty ownerState = iota
	stateAbsent
	stateOurs
	stateEarlier // it has no marker yet
)

func (o Owner) inspect(ctx context.Context) (ownerState, error) {
	if ours, err := o.marked(ctx); err != nil || ours {
		return stateOurs, err
	}
	if !bucket.In(o.Dir) {
		if s, err := o.onDisk(); err != nil || s == stateAbsent {
			return s, err
		}
	}
	found, more, err := strangers(ctx, o.Dir)
	if err != nil {
		return 0, fmt.Errorf("look into %q: %w", o.Dir, withRemedy(err))
	}
	if len(found) == 0 {
		return stateEmpty, nil
	}
	// Another process may have claimed the folder since and be writing there.
	if ours, err := o.marked(ctx); err != nil || ours {
		return stateOurs, err
	}
	if o.Earlier != nil {
		if earlier, err := o.Earlier(ctx); err != nil || earlier {
			return stateEarlier, err
		}
	}
	return 0, Refuse("%q is neither empty nor a %s of decoy: it holds %s; nothing was written: name a new or an "+
		"empty folder", o.Dir, kindNames[o.Kind], some(found, more))
}

var kindNames = map[string]string{KindBuild: "build", KindLoad: "folder of tables", KindRun: "run folder"}

// marked tells whether the marker is there. One of another kind is a Refusal.
func (o Owner) marked(ctx context.Context) (bool, error) {
	if err := o.markable(); err != nil {
		return false, err
	}
	raw, err := ReadFile(ctx, Join(o.Dir, MarkerName))
	if errors.Is(err, fs.ErrNotExist) || NoFolder(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var m marker
	switch err := json.Unmarshal(raw, &m); {
	case err != nil || kindNames[m.Decoy] == "":
		return false, Refuse("%q says not what it belongs to: if the folder is a %s of decoy, remove that file and "+
			"run the same command again; else name another folder", Join(o.Dir, MarkerName), kindNames[o.Kind])
	case m.Decoy != o.Kind:
		return false, Refuse("%q is a %s of decoy, not a %s: name another folder", o.Dir, kindNames[m.Decoy],
			kindNames[o.Kind])
	}
	return true, nil
}

// markable is a Refusal where something stands in the place of the marker that is no
// file: to read a pipe would be to wait for ever.
func (o Owner) markable() error {
	if bucket.In(o.Dir) {
		return nil
	}
	if _, err := os.Stat(o.Dir); errors.Is(err, syscall.ELOOP) {
		return Refuse("%q is a link to itself: name a new or an empty folder", o.Dir)
	}
	path := Join(o.Dir, MarkerName)
	if st, err := os.Stat(path); errors.Is(err, syscall.ELOOP) || err == nil && !st.Mode().IsRegular() {
		return Refuse("%q is not a file, and not decoy's: name another folder", path)
	}
	return nil
}

// onDisk tells an absent folder from one that cannot be made.
func (o Owner) onDisk() (ownerState, error) {
	st, err := os.Stat(o.Dir)
	switch {
	case err == nil && !st.IsDir():
		return 0, Refuse("%q is a file: name a new or an empty folder", o.Dir)
	case err == nil:
		return stateEmpty, nil
	case NoFolder(err):
		return 0, Refuse("a part of the path %q is a file: choose another output folder", o.Dir)
	case !errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("look into %q: %w", o.Dir, withRemedy(err))
	}
	if to, err := os.Readlink(o.Dir); err == nil {
		return 0, Refuse("%q is a link to %q, which is not there: mkdir -p %s makes it", o.Dir, to,
			quoted(linkTarget(o.Dir, to)))
	}
	return stateAbsent, Parent(o.Dir)
}

func linkTarget(link, to string) string {
	if filepath.IsAbs(to) {
		return to
	}
	return filepath.Join(filepath.Dir(link), to)
}

// Parent is a Refusal where the folder is missing in which a path lies: outside of its
// own folders decoy makes none. In a bucket there are no folders to make.
func Parent(path string) error {
	if bucket.In(path) {
		return nil
	}
	parent := filepath.Dir(filepath.Clean(path))
	st, err := os.Stat(parent)
	switch {
	case err == nil && st.IsDir():
		return nil
	case err == nil || NoFolder(err):
		return Refuse("%q cannot be made: %q is not a folder", path, parent)
	case errors.Is(err, fs.ErrNotExist):
		return Refuse("%q cannot be made: the folder %q is not there; mkdir -p %s makes it",
			path, parent, quoted(parent))
	}
	return fmt.Errorf("look into %q: %w", parent, withRemedy(err))
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

func quoted(word string) string {
	if plainWord.MatchString(word) && !strings.HasPrefix(word, "-") {
		return word
	}
	return "-- '" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// harmless are names that a system, a file manager or git leaves in a folder in which
// there is nothing yet. decoy writes to none of them.
var harmless = map[string]bool{
	".DS_Store": true, ".localized": true, ".fseventsd": true, ".Spotlight-V100": true, ".Trashes": true,
	".TemporaryItems": true, "Thumbs.db": true, "desktop.ini": true,
	"System Volume Information": true, "$RECYCLE.BIN": true,
	"lost+found": true, ".directory": true, ".snapshot": true, ".gitkeep": true, ".gitignore": true, ".keep": true,
}

// ourTrace tells decoy's own temporary names for the marker and the lock, and the empty lock
// that it leaves: a process may have been killed before it had anything else.
func ourTrace(name string, size int64) bool {
	if strings.HasPrefix(name, ".decoy-check-") { // of a launch on Dataflow
		return true
	}
	base := temporary.ReplaceAllString(name, "")
	return base != name && base == MarkerName || name == lockName && size == 0
}

const (
	mostFound = 1000 // files that are counted
	mostNamed = 5    // of them that are named
)

// some lists a few names and says how many there are.
func some(found []string, more bool) string {
	n := fmt.Sprint(len(found))
	if more {
		n += " and more"
	}
	things := "files"
	if len(found) == 1 && !more {
		things = "file"
	}
	// What begins with a dot says less about whose folder this is.
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(hidden(a), hidden(b)), cmp.Compare(a, b))
	})
	list := strings.Join(found[:min(len(found), mostNamed)], ", ")
	if len(found) > mostNamed {
		list += ", …"
	}
	return fmt.Sprintf("%s %s (%s)", n, things, list)
}

func hidden(name string) int {
	if strings.HasPrefix(name, ".") {
		return 1
	}
	return 0
}

// strangers are the files below a folder, up to mostFound, but for harmless ones.
// Folders without files count for nothing.
func strangers(ctx context.Context, dir string) (found []string, more bool, err error) {
	w := walker{dir: dir}
	if bucket.In(dir) {
		s, name := bucket.At(dir)
		err = w.bucket(ctx, s, name)
	} else {
		err = w.disk("")
	}
	if errors.Is(err, errEnough) {
		return w.found, true, nil
	}
	return w.found, false, err
}

var errEnough = errors.New("enough")

// NoFolder tells whether an error is that of a path a part of which is a file.
func NoFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
