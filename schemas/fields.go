package schemas

import (
	"fmt"
	"reflect"
)

// FieldKind is the type of a column.
type FieldKind int

// Kinds of column. A String that holds bytes ([]byte) is Bytes.
const (
	String FieldKind = iota
	Bytes
	Int64
	Float64
	Bool
)

// Field is one column of a record: Nullable for pointers, Repeated for lists.
type Field struct {
	Name     string
	Kind     FieldKind
	Nullable bool
	Repeated bool
	Index    int
}

// Fields lists the columns of record type T in the order of its struct. It panics
// on a field that has no column type: that is a mistake in this package, found by
// its test.
func Fields[T any]() []Field {
	t := reflect.TypeFor[T]()
	var out []Field
	for i := range t.NumField() {
		sf := t.Field(i)
		f := Field{Name: sf.Tag.Get("json"), Index: i}
		ft := sf.Type
		if ft.Kind() == reflect.Pointer {
			f.Nullable, ft = true, ft.Elem()
		}
		switch {
		case ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Uint8:
			f.Kind = Bytes
		case ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.String:
			f.Kind, f.Repeated = String, true
		case ft.Kind() == reflect.String:
			f.Kind = String
		case ft.Kind() == reflect.Int64:
			f.Kind = Int64
		case ft.Kind() == reflect.Float64:
			f.Kind = Float64
		case ft.Kind() == reflect.Bool:
			f.Kind = Bool
		default:
			panic(fmt.Sprintf("schemas: %s.%s has no column type", t.Name(), sf.Name))
		}
		if f.Name == "" {
			panic(fmt.Sprintf("schemas: %s.%s has no json name", t.Name(), sf.Name))
		}
		out = append(out, f)
	}
	return out
}
