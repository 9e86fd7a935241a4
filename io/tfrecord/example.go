package tfrecord

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"decoy/schemas"
)

// Field numbers of tensorflow/core/example/{example,feature}.proto.
const (
	exampleFeatures protowire.Number = 1 // Example.features
	featuresFeature protowire.Number = 1 // Features.feature, map<string, Feature>
	entryKey        protowire.Number = 1
	entryValue      protowire.Number = 2
	bytesList       protowire.Number = 1 // Feature.kind
	floatList       protowire.Number = 2
	int64List       protowire.Number = 3
	listValue       protowire.Number = 1 // BytesList.value, FloatList.value, Int64List.value
)

// columns are a record's fields in the order of their names.
func columns[T any]() []schemas.Field {
	fields := schemas.Fields[T]()
	slices.SortFunc(fields, func(a, b schemas.Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// encoder builds Examples in memory that it uses again.
type encoder struct {
	fields                    []schemas.Field
	list, feature, entry, all []byte
}

// example encodes a record; the result is valid until the next call.
func (e *encoder) example(v reflect.Value) []byte {
	e.all = e.all[:0]
	for _, f := range e.fields {
		fv := v.Field(f.Index)
		if f.Nullable {
			if fv.IsNil() {
				continue
			}
			fv = fv.Elem()
		}
		kind := e.encodeList(f, fv)
		e.feature = appendMessage(e.feature[:0], kind, e.list)
		e.entry = protowire.AppendTag(e.entry[:0], entryKey, protowire.BytesType)
		e.entry = protowire.AppendString(e.entry, f.Name)
		e.entry = appendMessage(e.entry, entryValue, e.feature)
		e.all = appendMessage(e.all, featuresFeature, e.entry)
	}
	e.feature = appendMessage(e.feature[:0], exampleFeatures, e.all)
	return e.feature
}

// encodeList puts the field's values into e.list and returns which kind of list
// they are.
func (e *encoder) encodeList(f schemas.Field, v reflect.Value) protowire.Number {
	e.list = e.list[:0]
	switch {
	case f.Repeated:
		for i := range v.Len() {
			e.list = protowire.AppendTag(e.list, listValue, protowire.BytesType)
			e.list = protowire.AppendString(e.list, v.Index(i).String())
		}
		return bytesList
	case f.Kind == schemas.String:
		e.list = protowire.AppendTag(e.list, listValue, protowire.BytesType)
		e.list = protowire.AppendString(e.list, v.String())
		return bytesList
	case f.Kind == schemas.Bytes:
		e.list = appendMessage(e.list, listValue, v.Bytes())
		return bytesList
	case f.Kind == schemas.Float64:
		e.list = protowire.AppendTag(e.list, listValue, protowire.BytesType)
		e.list = protowire.AppendVarint(e.list, 4)
		e.list = protowire.AppendFixed32(e.list, math.Float32bits(float32(v.Float())))
		return floatList
	}
	var n uint64
	if f.Kind == schemas.Int64 {
		n = uint64(v.Int())
	} else if v.Bool() {
		n = 1
	}
	e.list = protowire.AppendTag(e.list, listValue, protowire.BytesType)
	e.list = protowire.AppendVarint(e.list, uint64(protowire.SizeVarint(n)))
	e.list = protowire.AppendVarint(e.list, n)
	return int64List
}

func appendMessage(b []byte, n protowire.Number, message []byte) []byte {
	b = protowire.AppendTag(b, n, protowire.BytesType)
	return protowire.AppendBytes(b, message)
}

// feature is a decoded Feature: its kind (0 if it has none) and values.
type feature struct {
	kind   protowire.Number
	bytes  [][]byte
	floats []float32
	ints   []int64
}

// decodeExample fills v, a struct with these fields, from an Example.
func decodeExample(data []byte, fields []schemas.Field, v reflect.Value) error {
	features := map[string]feature{}
	err := eachMessage(data, exampleFeatures, func(m []byte) error {
		return eachMessage(m, featuresFeature, func(entry []byte) error {
			var name string
			var f feature
			err := eachField(entry, func(n protowire.Number, t protowire.Type, value []byte) error {
				switch {
				case t != protowire.BytesType:
					return nil
				case n == entryKey:
					name = string(value)
				case n == entryValue:
					return decodeFeature(value, &f)
				}
				return nil
			})
			features[name] = f
			if err != nil {
				return fmt.Errorf("feature %q: %w", name, err)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, f := range fields {
		got, ok := features[f.Name]
		delete(features, f.Name)
		if !ok && f.Nullable {
			continue
		}
		if !ok {
			return fmt.Errorf("feature %q is absent", f.Name)
		}
		if err := assign(f, got, v.Field(f.Index)); err != nil {
			return fmt.Errorf("feature %q: %w", f.Name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(features)) {
		return fmt.Errorf("feature %q is not one of this record", name)
	}
	return nil
}

func assign(f schemas.Field, got feature, v reflect.Value) error {
	want := int64List
	switch f.Kind {
	case schemas.String, schemas.Bytes:
		want = bytesList
	case schemas.Float64:
		want = floatList
	}
	if got.kind != want {
		return fmt.Errorf("list of kind %d, want %d", got.kind, want)
	}
	if f.Repeated {
		v.Set(reflect.MakeSlice(v.Type(), len(got.bytes), len(got.bytes)))
		for i, b := range got.bytes {
			v.Index(i).SetString(string(b))
		}
		return nil
	}
	if n := len(got.bytes) + len(got.floats) + len(got.ints); n != 1 {
		return fmt.Errorf("%d values, want 1", n)
	}
	if f.Nullable {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch f.Kind {
	case schemas.String:
		v.SetString(string(got.bytes[0]))
	case schemas.Bytes:
		v.SetBytes(slices.Clone(got.bytes[0]))
	case schemas.Float64:
		v.SetFloat(float64(got.floats[0]))
	case schemas.Int64:
		v.SetInt(got.ints[0])
	case schemas.Bool:
		v.SetBool(got.ints[0] != 0)
	}
	return nil
}

// decodeFeature reads a Feature. Numbers may be packed, as proto3 writes them, or
// not, as older writers did.
func decodeFeature(data []byte, f *feature) error {
	return eachField(data, func(kind protowire.Number, t protowire.Type, list []byte) error {
		if t != protowire.BytesType || kind < bytesList || kind > int64List {
			return nil
		}
		*f = feature{kind: kind} // of a oneof the last wins
		return eachField(list, func(n protowire.Number, t protowire.Type, value []byte) error {
			switch {
			case n != listValue:
			case kind == bytesList && t == protowire.BytesType:
				f.bytes = append(f.bytes, value)
			case kind == floatList && (t == protowire.BytesType || t == protowire.Fixed32Type):
				for len(value) > 0 {
					bits, n := protowire.ConsumeFixed32(value)
					if n < 0 {
						return protowire.ParseError(n)
					}
					f.floats = append(f.floats, math.Float32frombits(bits))
					value = value[n:]
				}
			case kind == int64List && (t == protowire.BytesType || t == protowire.VarintType):
				for len(value) > 0 {
					x, n := protowire.ConsumeVarint(value)
					if n < 0 {
						return protowire.ParseError(n)
					}
					f.ints = append(f.ints, int64(x))
					value = value[n:]
				}
			default:
				return fmt.Errorf("value of wire type %d in a list of kind %d", t, kind)
			}
			return nil
		})
	})
}

// eachMessage calls do with every submessage n of data.
func eachMessage(data []byte, n protowire.Number, do func([]byte) error) error {
	return eachField(data, func(got protowire.Number, t protowire.Type, value []byte) error {
		if got != n || t != protowire.BytesType {
			return nil
		}
		return do(value)
	})
}

// eachField calls do with every field of a message: for BytesType its content, for
// the others its encoded value.
func eachField(data []byte, do func(protowire.Number, protowire.Type, []byte) error) error {
	for len(data) > 0 {
		n, t, size := protowire.ConsumeTag(data)
		if size < 0 {
			return protowire.ParseError(size)
		}
		data = data[size:]
		size = protowire.ConsumeFieldValue(n, t, data)
		if size < 0 {
			return protowire.ParseError(size)
		}
		value := data[:size]
		if t == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		if err := do(n, t, value); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}
