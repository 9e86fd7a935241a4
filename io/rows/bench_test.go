package rows

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
)

func BenchmarkJSONL(b *testing.B) {
	body := string(bytes.Repeat([]byte("\tif x := f(\"a\"); x != nil {\n\t\treturn x\n\t}\n"), 200))
	line, err := json.Marshal(map[string]string{"repo_name": "o/r", "ref": "c", "path": "a.go", "license": "mit", "content": body})
	must(b, err)
	data := bytes.Repeat(append(line, '\n'), 500)
	src := source(b, write(b, "x.jsonl", data))
	b.SetBytes(src.Bytes)
	for b.Loop() {
		for _, err := range Read(context.Background(), src, Config{Columns: preset(b, "github-repos")}, nil) {
			must(b, err)
		}
	}
}
