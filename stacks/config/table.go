package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// SettingsTable gives all settings as a Markdown table: the README's. Names and
// meanings come from the schema, what is allowed from the rules.
func SettingsTable() (string, error) {
	s, err := Schema()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("| Setting | Default | Allowed | Meaning |\n| --- | --- | --- | --- |\n")
	rows(&out, s, reflect.TypeFor[Platform](), "")
	return out.String(), nil
}

// rows writes a row for each setting below an object, in the types' order.
func rows(out *strings.Builder, s *jsonschema.Schema, t reflect.Type, above string) {
	for _, key := range keysOf(t) {
		i, _ := fieldIndex(t, key)
		field, sub := t.Field(i).Type, s.Properties[key]
		switch path := above + key; {
		case field.Kind() == reflect.Struct:
			rows(out, sub, field, path+".")
		case field.Kind() == reflect.Slice && field.Elem().Kind() == reflect.Struct:
			row(out, sub, field, path)
			rows(out, sub.Items, field.Elem(), path+"[].")
		default:
			row(out, sub, field, path)
		}
	}
}

func row(out *strings.Builder, s *jsonschema.Schema, t reflect.Type, path string) {
	fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", path, cell(fallbackOf(s, path)), cell(allowedIn(t, path)), cell(s.Description))
}

// cell escapes what would end a cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func fallbackOf(s *jsonschema.Schema, path string) string {
	r := rules[path]
	switch {
	case r.required:
		return "required"
	case r.fallback != "":
		return r.fallback
	case s.Default != nil:
		return "`" + string(s.Default) + "`"
	}
	return "none"
}

func allowedIn(t reflect.Type, path string) string {
	switch r, each := rules[path], rules[path+"[]"]; {
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return r.want
	case t.Kind() == reflect.Slice && r.want != "" && r.want != each.want && each.enum == nil:
		return r.want + ", each " + each.want
	case t.Kind() == reflect.Slice && each.enum == nil:
		return "a list, each " + each.want
	default:
		return r.want
	}
}
