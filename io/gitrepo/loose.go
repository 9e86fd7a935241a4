package gitrepo

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/klauspost/compress/zlib"

	"decoy/io/archives/inputs"
)

// maxLooseHead is more than the longest header of a loose object.
const maxLooseHead = 64

// looseObject is an open loose object, read up to the end of its header.
type looseObject struct {
	*os.File
	body *bufio.Reader
}

func (d *database) loose(id plumbing.Hash) (*looseObject, header, *bufio.Reader, error) {
	name := hex.EncodeToString(id[:])
	for _, folder := range d.folders {
		f, _, err := openRegular(filepath.Join(folder, name[:2], name[2:]))
		if isAbsent(err) {
			continue
		}
		if err != nil {
			return nil, header{}, nil, err
		}
		h, body, err := looseHeader(f)
		if err != nil {
			return nil, h, nil, errors.Join(corruptf("loose object %s: %v; run git fsck", id, err), f.Close())
		}
		return &looseObject{f, body}, h, body, nil
	}
	return nil, header{}, nil, corruptf("object %s is missing; run git fsck, or fetch it if the clone is partial", id)
}

// looseHeader reads "TYPE SIZE\0".
func looseHeader(r io.Reader) (header, *bufio.Reader, error) {
	z, err := zlib.NewReader(r)
	if err != nil {
		return header{}, nil, err
	}
	body := bufio.NewReader(z)
	head, err := body.Peek(maxLooseHead)
	if err != nil && err != io.EOF {
		return header{}, nil, err
	}
	end := bytes.IndexByte(head, 0)
	word, digits, ok := strings.Cut(string(head[:max(end, 0)]), " ")
	if end < 0 || !ok {
		return header{}, nil, errors.New("no header of type and size")
	}
	kind, err := plumbing.ParseObjectType(word)
	if err != nil {
		return header{}, nil, fmt.Errorf("type %q", word)
	}
	size, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || size < 0 {
		return header{}, nil, fmt.Errorf("size %q", digits)
	}
	_, err = body.Discard(end + 1)
	return header{kind, size}, body, err
}

func (d *database) readLoose(id plumbing.Hash) (data []byte, kind plumbing.ObjectType, err error) {
	f, h, body, err := d.loose(id)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if h.size > maxObjectBytes {
		return nil, 0, corruptf("object %s has %d bytes, at most %d are read", id, h.size, int64(maxObjectBytes))
	}
	if data, err = inputs.ReadExactly(body, h.size); err != nil {
		return nil, 0, corruptf("loose object %s: %v; run git fsck", id, err)
	}
	return data, h.kind, nil
}
