package tfrecord

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math"
	mathrand "math/rand"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/quick"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/gzip"
	"google.golang.org/protobuf/encoding/protowire"

	"decoy/schemas"
)

func encode[T any](t testing.TB, records []T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter[T](&b)
	for _, v := range records {
		if err := w.Write(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode[T any](data []byte) ([]T, error) {
	var out []T
	for v, err := range Read[T](bytes.NewReader(data)) {
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func zip(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// CRC-32C values of RFC 3720 B.4 and of the usual check string, masked by hand:
//
//	0xe3069283 rotated right by 15 = 0x2507c60d, + 0xa282ead8 = 0xc78ab0e5
//	0x8a9136aa rotated right by 15 = 0x6d551522, + 0xa282ead8 = 0x0fd7fffa
func TestMaskedCRC(t *testing.T) {
	if got := masked([]byte("123456789")); got != 0xc78ab0e5 {
		t.Errorf("masked(123456789) = %#x", got)
	}
	if got := masked(make([]byte, 32)); got != 0x0fd7fffa {
		t.Errorf("masked(32 zeros) = %#x", got)
	}
}

// golden is Name{"a", "", "b", 3}, put together from the two specifications by a
// separate program with a bitwise CRC.
const golden = "3f00000000000000" + "51657661" +
	"0a3d" +
	"0a0e" + "0a05" + "636f756e74" + "1205" + "1a03" + "0a01" + "03" + // count: int64_list
	"0a0d" + "0a04" + "6e616d65" + "1205" + "0a03" + "0a01" + "61" + // name: bytes_list
	"0a0e" + "0a05" + "6f776e6572" + "1205" + "0a03" + "0a01" + "62" + // owner
	"0a0c" + "0a04" + "726f6c65" + "1204" + "0a02" + "0a00" + // role: one empty value
	"4cc37e11"

func TestGoldenBytes(t *testing.T) {
	file := encode(t, []schemas.Name{{Name: "a", Owner: "b", Count: 3}})
	if got := hex.EncodeToString(unzip(t, file)); got != golden {
		t.Errorf("got  %s\nwant %s", got, golden)
	}
	// RFC 1952: magic, deflate, no flags, mtime 0, unknown system.
	if head := file[:8]; !bytes.Equal(head, []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0}) || file[9] != 255 {
		t.Errorf("gzip header % x", file[:10])
	}
}

func ptr[T any](v T) *T { return &v }

func TestNullsAndLists(t *testing.T) {
	rows := []schemas.Row{
		{ID: "general"},
		{ID: "pair", Type: ptr(schemas.Type("")), Rejected: ptr("x\x00\xff"), FoolRate: ptr(0.0), Margin: ptr(-1.5), Judges: -3},
	}
	got, err := decode[schemas.Row](encode(t, rows))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Error(diff)
	}
	if raw := unzip(t, encode(t, rows[:1])); bytes.Contains(raw, []byte("fool_rate")) {
		t.Error("a null has a feature")
	}
	lists := []schemas.Context{{Types: []schemas.Type{"method", "", "import"}, PrefixCut: true}, {Types: []schemas.Type{}}, {Types: []schemas.Type{""}}}
	back, err := decode[schemas.Context](encode(t, lists))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lists, back); diff != "" {
		t.Error(diff)
	}
}

// Records of random content come back, floats rounded to 32 bits.
func TestRoundTrip(t *testing.T) {
	check[schemas.Row](t)
	check[schemas.Context](t)
	check[schemas.Negative](t)
	check[schemas.Verdict](t)
	check[schemas.Blob](t)
}

func check[T any](t *testing.T) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	property := func(records []T) bool {
		got, err := decode[T](encode(t, records))
		if err != nil {
			t.Error(err)
			return false
		}
		diff := cmp.Diff(records, got, cmpopts.EquateEmpty(),
			cmp.Comparer(func(a, b float64) bool { return float32(a) == float32(b) }))
		if diff != "" {
			t.Error(diff)
		}
		return diff == ""
	}
	config := &quick.Config{MaxCount: 30, Values: func(args []reflect.Value, _ *mathrand.Rand) {
		list := make([]T, r.IntN(5))
		for i := range list {
			fill(r, reflect.ValueOf(&list[i]).Elem())
		}
		args[0] = reflect.ValueOf(list)
	}}
	if err := quick.Check(property, config); err != nil {
		t.Error(err)
	}
}

// fill sets every field to a random value, pointers to nil every third time.
func fill(r *rand.Rand, v reflect.Value) {
	text := func() string {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		return string(b)
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	case reflect.Pointer:
		if r.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.String:
		v.SetString(text())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(text()))
			return
		}
		for range r.IntN(4) {
			v.Set(reflect.Append(v, reflect.ValueOf(text()).Convert(v.Type().Elem())))
		}
	case reflect.Int64:
		v.SetInt(int64(r.Uint64()))
	case reflect.Float64:
		v.SetFloat([]float64{r.NormFloat64(), 0, math.Copysign(0, -1), math.Inf(1), math.MaxFloat32, 1e-40}[r.IntN(6)])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 1)
	}
}

func TestSameBytes(t *testing.T) {
	rows := []schemas.Row{{ID: "a", Prefix: strings.Repeat("x = 1\n", 1e4)}, {ID: "b", Type: ptr(schemas.TypeImport)}}
	if !bytes.Equal(encode(t, rows), encode(t, rows)) {
		t.Error("the same records gave other bytes")
	}
}

// example is an Example of one feature "v" whose list is given in wire format.
func example(kind protowire.Number, list []byte) []byte {
	f := appendMessage(nil, kind, list)
	entry := protowire.AppendTag(nil, entryKey, protowire.BytesType)
	entry = protowire.AppendString(entry, "v")
	entry = appendMessage(entry, entryValue, f)
	return appendMessage(nil, exampleFeatures, appendMessage(nil, featuresFeature, entry))
}

type ints struct {
	V int64 `json:"v"`
}

type floats struct {
	V *float64 `json:"v"`
}

func TestUnpackedNumbers(t *testing.T) {
	list := protowire.AppendVarint(protowire.AppendTag(nil, listValue, protowire.VarintType), 300)
	got, err := decode[ints](zip(t, appendFrame(nil, example(int64List, list))))
	if err != nil || len(got) != 1 || got[0].V != 300 {
		t.Errorf("int64: %v, %v", got, err)
	}
	list = protowire.AppendFixed32(protowire.AppendTag(nil, listValue, protowire.Fixed32Type), math.Float32bits(1.5))
	back, err := decode[floats](zip(t, appendFrame(nil, example(floatList, list))))
	if err != nil || len(back) != 1 || back[0].V == nil || *back[0].V != 1.5 {
		t.Errorf("float: %v, %v", back, err)
	}
}

func TestReadErrors(t *testing.T) {
	raw := unzip(t, encode(t, []schemas.Name{{Name: "a"}, {Name: "b"}}))
	change := func(at int) []byte {
		b := bytes.Clone(raw)
		b[at] ^= 1
		return b
	}
	length := binary.LittleEndian.AppendUint64(nil, 1<<60)
	length = binary.LittleEndian.AppendUint32(length, masked(length))
	two := protowire.AppendVarint(protowire.AppendVarint([]byte{0x0a, 2}, 1), 2)
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"length", change(0), "1: the length's CRC"},
		{"data", change(20), "1: the data's CRC"},
		{"second record", change(len(raw) - 1), "2: the data's CRC"},
		{"cut", raw[:len(raw)-1], "2: unexpected EOF"},
		{"cut in the head", raw[:5], "1: unexpected EOF"},
		{"cut after the head", raw[:12], "1: unexpected EOF"},
		{"lying length", length, "more than"},
		{"absent feature", appendFrame(nil, nil), `"count" is absent`},
		{"other record", unzip(t, encode(t, []schemas.Reject{{}})), `is absent`},
		{"no protobuf", appendFrame(nil, []byte{0x0a, 0x7f}), "1: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decode[schemas.Name](zip(t, tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	for name, data := range map[string][]byte{
		`"v": 2 values`:       example(int64List, two),
		`"v": 0 values`:       example(int64List, nil),
		`"v": list of kind 1`: example(bytesList, nil),
	} {
		if _, err := decode[ints](zip(t, appendFrame(nil, data))); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q", err, name)
		}
	}
	extra := unzip(t, encode(t, []schemas.Name{{}}))
	if _, err := decode[struct {
		Name string `json:"name"`
	}](zip(t, extra)); err == nil || !strings.Contains(err.Error(), `"count" is not one of this record`) {
		t.Errorf("unknown feature: %v", err)
	}
	file := encode(t, []schemas.Name{{Name: "a"}})
	for _, cut := range []int{0, 5, len(file) - 1} {
		if _, err := decode[schemas.Name](file[:cut]); err == nil {
			t.Errorf("a gzip stream cut at %d of %d was read", cut, len(file))
		}
	}
}

// A length that lies below the limit allocates by what is there, not by what it
// says.
func TestLyingLengthIsCheap(t *testing.T) {
	head := binary.LittleEndian.AppendUint64(nil, maxRecord)
	head = binary.LittleEndian.AppendUint32(head, masked(head))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readFrame(bytes.NewReader(append(head, "short"...)), nil)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 8*step {
		t.Errorf("allocated %d bytes", got)
	}
}

func TestErrorsOfTheDiskAreKept(t *testing.T) {
	w := NewWriter[schemas.Name](full{})
	w.Write(schemas.Name{Name: "a"})
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close: %v", err)
	}
	w = NewWriter[schemas.Name](io.Discard)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(schemas.Name{}); err == nil {
		t.Error("Write after Close succeeded")
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// FuzzExample: no input panics, and what decodes survives another round.
func FuzzExample(f *testing.F) {
	for _, row := range []schemas.Row{{}, {ID: "a", Type: ptr(schemas.Type("x")), FoolRate: ptr(0.5)}} {
		e := encoder{fields: columns[schemas.Row]()}
		f.Add(e.example(reflect.ValueOf(row)))
	}
	f.Add(example(int64List, []byte{8, 1}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var row schemas.Row
		if err := decodeExample(data, columns[schemas.Row](), reflect.ValueOf(&row).Elem()); err != nil {
			return
		}
		again, err := decode[schemas.Row](encode(t, []schemas.Row{row}))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]schemas.Row{row}, again, cmpopts.EquateNaNs()); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzRead: no stream panics or makes the reader allocate what it does not hold.
func FuzzRead(f *testing.F) {
	raw, err := hex.DecodeString(golden)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:30])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		decode[schemas.Name](data)
		records, err := decode[schemas.Name](zip(t, data))
		if err == nil && len(records) == 0 && len(data) > 0 {
			t.Error("bytes without a record or an error")
		}
		for r := bytes.NewReader(data); ; {
			frame, err := readFrame(r, nil)
			if err != nil {
				break
			}
			if len(frame) > len(data) {
				t.Errorf("a record of %d bytes from %d", len(frame), len(data))
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	text := strings.Repeat("	for i := range xs {\n		total += xs[i].value(ctx)\n	}\n", 220)
	row := schemas.Row{ID: "a", Prefix: text, Suffix: text[:4096], Rejected: ptr("y")}
	b.SetBytes(int64(len(text) + 4096))
	b.ReportAllocs()
	w := NewWriter[schemas.Row](io.Discard)
	for b.Loop() {
		if err := w.Write(row); err != nil {
			b.Fatal(err)
		}
	}
}
