package schemas

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
)

// standard is what encoding/json writes.
func standard(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// TestAppendJSON: every field is written, in the order of the struct, as
// encoding/json writes it.
func TestAppendJSON(t *testing.T) {
	check := func(v interface{ AppendJSON([]byte) []byte }) bool {
		if got, want := string(v.AppendJSON(nil)), standard(t, v); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
			return false
		}
		return true
	}
	check(Context{})
	check(Symbol{})
	for _, v := range []any{Context{}, Symbol{}} { // one field at a time: none may be left out
		for i := range reflect.TypeOf(v).NumField() {
			p := reflect.New(reflect.TypeOf(v)).Elem()
			switch f := p.Field(i); f.Kind() {
			case reflect.String:
				f.SetString("<a&b> é")
			case reflect.Int64:
				f.SetInt(-1 << 40)
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Slice:
				list := reflect.MakeSlice(f.Type(), 2, 2)
				list.Index(0).SetString("x")
				f.Set(list)
			}
			check(p.Interface().(interface{ AppendJSON([]byte) []byte }))
		}
	}
	if err := quick.Check(func(c Context, s Symbol) bool { return check(c) && check(s) }, nil); err != nil {
		t.Error(err)
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\nb\tc\r\b\f\x00\x1f\x7f", `"\/`, "\u2028\u2029é世\xff\xc3", strings.Repeat("12345678", 9) + "\"", "1234567\x801234567é", strings.Repeat("0", 15) + "\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(appendString(nil, s)), standard(t, s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	})
}
