package syntax

import "regexp"

var goGenerate = regexp.MustCompile(`(?m)^//go:generate\s+(.+)$`)

// goMarker matches the comments by which Kubernetes' generators are told of a type.
var goMarker = regexp.MustCompile(`(?m)^//\s*\+(?:k8s:deepcopy-gen|kubebuilder:object)\b`)

// goOpenings: a directive that generates code into the package. Which file it writes
// its line may say; readers look for that file.
func goOpenings(f *Facts, add func(Opening)) {
	for _, m := range goGenerate.FindAllSubmatchIndex(f.Src, -1) {
		line := string(f.Src[m[2]:m[3]])
		add(Opening{At: m[0], Reach: OpenPackage, Owner: line, Name: Any, What: "go:generate " + line})
	}
	if m := goMarker.FindIndex(f.Src); m != nil {
		add(Opening{At: m[0], Reach: OpenPackage, Name: "DeepCop*", What: string(f.Src[m[0]:m[1]])})
	}
}
