package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed page/*.tmpl page/style.css
var page embed.FS

var pageTemplate = template.Must(template.New("report.tmpl").Funcs(template.FuncMap{
	"num": Number, "pct": Percent, "sec": seconds, "mem": memory, "signed": signed,
	"quantile":  shownQuantile,
	"optpct":    func(x *float64) string { return optional(x, Percent) },
	"optsigned": func(x *float64) string { return optional(x, signed) },
	"weight":    func(w float64) string { return fmt.Sprintf("%.2f", w) },
	"title":     func(s string) string { return strings.ToUpper(s[:1]) + s[1:] },
	"auc":       AUC,
	"part":      func(n, of int) string { return Percent(float64(n) / float64(max(1, of))) },
	"inc":       func(i int) int { return i + 1 },
	"longer":    longer,
	"optusd":    Dollars,
	"usd":       func(x float64) string { return Dollars(&x) },
	"perrow":    PerRow,
	"num64":     func(n int) string { return Number(int64(n)) },
	"x":         func(share float64) string { return fmt.Sprintf("%.2f", share*100) },
	"wide":      func(from, to float64) string { return fmt.Sprintf("%.2f", (to-from)*100) },
}).ParseFS(page, "page/*.tmpl"))

// Render renders the report as one HTML file.
func Render(d Data) ([]byte, error) {
	css, err := page.ReadFile("page/style.css")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	v := newView(d)
	v.Style = template.CSS(css)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("render the report of build %q: %w", d.Name, err)
	}
	return []byte(visible(b.String())), nil
}
