package fim

import "testing"

func TestManifestName(t *testing.T) {
	for _, c := range []struct{ path, data, want string }{
		{"a/go.mod", "// x\nmodule example.org/a/v2\n\ngo 1.20\n", "example.org/a/v2"},
		{"package.json", `{"version": "1", "name": "@a/b"}`, "@a/b"},
		{"package.json", `{"name": 3}`, ""},
		{"x/Cargo.toml", "[workspace]\nname = \"no\"\n[package]\n  name = \"yes\" \n[dependencies]\nname = \"no\"\n",
			"yes"},
		{"other.toml", "[package]\nname = \"x\"\n", ""},
	} {
		if got := ManifestName(c.path, []byte(c.data)); got != c.want {
			t.Errorf("%s %.20q: %q, want %q", c.path, c.data, got, c.want)
		}
	}
	if ManifestName("a/go.mod", nil) == "" || ManifestName("a/mod.go", nil) != "" {
		t.Error("without data it says whether a path is a manifest")
	}
}
