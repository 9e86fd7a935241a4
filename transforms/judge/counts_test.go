package judge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/text"
)

// corpus is n small files that share names.
func corpus(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("func get%d(user User) error {\n\tif err := user.Load(%d); err != nil {\n\t\treturn err\n\t}\n\treturn save(user, \"k%d\")\n}\n", i%7, i, i%3)
	}
	return out
}

func counts(t testing.TB, files ...string) []byte {
	t.Helper()
	c := &Counter{}
	for _, f := range files {
		c.Add(text.Tokens(f))
	}
	var b bytes.Buffer
	n, err := c.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo = %d, %v; wrote %d bytes", n, err, b.Len())
	}
	return b.Bytes()
}

func merge(t testing.TB, parts ...[]byte) []byte {
	t.Helper()
	var rs []io.Reader
	for _, p := range parts {
		rs = append(rs, bytes.NewReader(p))
	}
	var b bytes.Buffer
	if err := Merge(&b, rs...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMergeEqualsCountingAtOnce(t *testing.T) {
	files := corpus(40)
	whole := counts(t, files...)
	var parts [][]byte
	for i := 0; i < len(files); i += 5 {
		parts = append(parts, counts(t, files[i:i+5]...))
	}
	if got := merge(t, parts...); !bytes.Equal(got, whole) {
		t.Error("merging eight parts differs from counting at once")
	}
	if got := merge(t, merge(t, parts[4:]...), merge(t, parts[:4]...), counts(t)); !bytes.Equal(got, whole) {
		t.Error("merging in two steps differs from counting at once")
	}
	if bytes.Equal(merge(t, parts[1:]...), whole) {
		t.Error("a part left out is not seen")
	}
}

func TestLoadRefusesDamage(t *testing.T) {
	good := counts(t, corpus(3)...)
	for i := range good {
		for _, bad := range [][]byte{good[:i], append(append([]byte{}, good[:i]...), append([]byte{good[i] ^ 0x41}, good[i+1:]...)...)} {
			if _, err := Load([]io.Reader{bytes.NewReader(bad)}); err == nil {
				t.Fatalf("byte %d of %d: damage not seen (%d bytes)", i, len(good), len(bad))
			}
		}
	}
	if _, err := Load([]io.Reader{bytes.NewReader(append(good, 0))}); err == nil || !strings.Contains(err.Error(), "after the end") {
		t.Errorf("bytes after the end: %v", err)
	}
	if _, err := Load([]io.Reader{strings.NewReader("")}); err == nil || !strings.Contains(err.Error(), "fold 0") {
		t.Errorf("an empty file: %v", err)
	}
}

func TestCountOverflow(t *testing.T) {
	var tab table
	if err := tab.add(7, 1<<32-1); err != nil {
		t.Fatal(err)
	}
	if err := tab.add(7, 1); err == nil {
		t.Error("a count beyond 32 bits is no error")
	}
	if err := tab.add(8, 1<<63); err == nil {
		t.Error("a huge count is no error")
	}
}

type fullDisk struct{ left int }

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	c := &Counter{}
	c.Add(text.Tokens(corpus(1)[0]))
	if _, err := c.WriteTo(&fullDisk{100}); err == nil {
		t.Error("WriteTo hides a full disk")
	}
	if err := Merge(&fullDisk{100}, bytes.NewReader(counts(t, corpus(2)...))); err == nil {
		t.Error("Merge hides a full disk")
	}
}

func FuzzCountsReader(f *testing.F) {
	f.Add(counts(f, corpus(2)...))
	f.Add(counts(f))
	f.Add([]byte("DNGR\x01\x04\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second bytes.Buffer
		if Merge(&first, bytes.NewReader(data)) != nil {
			return
		}
		if err := Merge(&second, bytes.NewReader(first.Bytes())); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("rewriting what was read: %v", err)
		}
	})
}

func TestSampleIgnoresOrder(t *testing.T) {
	files := corpus(60)
	sample := func(step int) (out [schemas.Folds][]byte, tokens int64) {
		s := NewSample(600)
		for i := range files {
			j := i * step % len(files)
			s.Offer(j%3, files[j])
			s.Offer(j%3, files[j])
		}
		for f, c := range s.Counters() {
			if c != nil {
				var b bytes.Buffer
				if _, err := c.WriteTo(&b); err != nil {
					t.Fatal(err)
				}
				out[f] = b.Bytes()
				tokens += c.Tokens()
			}
		}
		return out, tokens
	}
	want, n := sample(1)
	for _, step := range []int{7, 11, 59} {
		got, _ := sample(step)
		for f := range got {
			if !bytes.Equal(got[f], want[f]) {
				t.Errorf("step %d: fold %d differs", step, f)
			}
		}
	}
	if n < 600 || n > 700 {
		t.Errorf("sampled %d tokens for a quota of 600", n)
	}
}
