package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// decoder fills the settings from JSON and goes on after a mistake.
// encoding/json cannot do this: it stops at the first one, ignores case in
// keys, takes the last of two equal keys and takes null for nothing at all.
type decoder struct {
	problems Problems
	// emptied are the lists that were written as []: whether that is what is
	// in force shows once the defaults are filled in.
	emptied []emptied
}

type emptied struct {
	path  string
	value reflect.Value
}

func (d *decoder) add(path, value, want, fix string) {
	d.problems = append(d.problems, Problem{Path: path, Value: value, Want: want, Fix: fix})
}

// decode stores valid JSON in a setting, or reports why it cannot.
func (d *decoder) decode(raw json.RawMessage, into reflect.Value, path string) {
	switch into.Kind() {
	case reflect.Struct:
		if raw[0] != '{' {
			d.wrongType(raw, into.Type(), path)
			return
		}
		for _, m := range d.members(raw, path) {
			if i, ok := fieldIndex(into.Type(), m.key); ok {
				d.decode(m.value, into.Field(i), below(path, m.key))
				continue
			}
			d.unknown(m.key, into.Type(), path)
		}
	case reflect.Map:
		if raw[0] != '{' {
			d.wrongType(raw, into.Type(), path)
			return
		}
		for _, m := range d.members(raw, path) {
			value := reflect.New(into.Type().Elem()).Elem()
			d.decode(m.value, value, below(path, m.key))
			if into.IsNil() {
				into.Set(reflect.MakeMap(into.Type()))
			}
			into.SetMapIndex(reflect.ValueOf(m.key), value)
		}
	case reflect.Slice:
		var items []json.RawMessage
		if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
			d.wrongType(raw, into.Type(), path)
			return
		}
		if len(items) == 0 {
			d.emptied = append(d.emptied, emptied{path, into})
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(items), len(items)))
		for i, raw := range items {
			d.decode(raw, into.Index(i), item(path, i))
		}
	default:
		d.scalar(raw, into, path)
	}
}

func (d *decoder) scalar(raw json.RawMessage, into reflect.Value, path string) {
	ok := false
	switch into.Kind() {
	case reflect.Bool:
		ok = raw[0] == 't' || raw[0] == 'f'
		into.SetBool(raw[0] == 't')
	case reflect.Int:
		n, err := strconv.Atoi(string(raw))
		// An explicit 0 would read as "not set" and turn into the default.
		ok = err == nil && n != 0
		if ok {
			into.SetInt(int64(n))
		}
	case reflect.String:
		var s string
		ok = raw[0] == '"' && json.Unmarshal(raw, &s) == nil
		// So would "", except as a tag's value, which may be empty.
		if ok && s == "" && !strings.HasPrefix(path, root+".tags") {
			d.add(path, `""`, wantOf(path, into.Type()), "give a value, or remove the key")
			return
		}
		into.SetString(s)
	}
	if !ok {
		d.wrongType(raw, into.Type(), path)
	}
}

type member struct {
	key   string
	value json.RawMessage
}

// members are the keys of an object in the order of the document, each once.
func (d *decoder) members(raw json.RawMessage, path string) []member {
	var found []member
	seen := map[string]bool{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, _ = dec.Token() // the brace; the text is known to be valid
	for dec.More() {
		token, _ := dec.Token()
		key, _ := token.(string)
		var value json.RawMessage
		_ = dec.Decode(&value)
		if seen[key] {
			d.add(below(path, key), "a second "+show(key), "each key once", "remove one of the two")
			continue
		}
		seen[key] = true
		found = append(found, member{key, value})
	}
	return found
}

// unknown reports a key that no setting has. Its value stays out of the line:
// it may be a secret in the wrong place.
func (d *decoder) unknown(key string, t reflect.Type, path string) {
	known := keysOf(t)
	fix := "remove it"
	if near := nearest(key, known); near != "" {
		fix = "rename it to " + show(near)
	}
	d.add(below(path, key), "the key "+show(key), "a known key ("+strings.Join(known, ", ")+")", fix)
}

// wrongType reports a value of another JSON type than the setting's, or a
// number that is none of its values.
func (d *decoder) wrongType(raw json.RawMessage, t reflect.Type, path string) {
	d.add(path, show(raw), wantOf(path, t), typeFix(raw, t, path))
}

// wantOf says what a setting takes.
func wantOf(path string, t reflect.Type) string {
	if r, ok := rules[settingOf(path)]; ok && r.want != "" && t.Kind() != reflect.Slice {
		return r.want
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		switch t.Elem().Kind() {
		case reflect.Struct:
			return "a list of objects"
		default:
			return "a list of strings"
		}
	case reflect.String:
		return "a string"
	}
	return "an object"
}

// typeFix says how to get from the JSON that was found to the type wanted.
func typeFix(raw json.RawMessage, t reflect.Type, path string) string {
	text := string(raw)
	inner := strings.Trim(text, `"`)
	number := text[0] == '-' || text[0] >= '0' && text[0] <= '9'
	switch kind := t.Kind(); {
	case text == "null":
		return "give a value, or remove the key"
	case kind == reflect.Bool && (inner == "true" || inner == "false"):
		return "remove the quotes"
	case kind == reflect.Bool:
		return "use true or false"
	case kind == reflect.Int && text[0] == '"' && isNumber(inner):
		return "remove the quotes"
	case kind == reflect.Int && text == "0":
		return "give a value, or remove the key for the default"
	case kind == reflect.Int:
		return "use a whole number without quotes, fraction or exponent"
	case kind == reflect.String && (number || text == "true" || text == "false"):
		return "put it in quotes"
	case kind == reflect.Slice && text[0] != '{' && text[0] != '[' && t.Elem().Kind() == reflect.String:
		return "put it in brackets"
	case kind == reflect.Slice && text[0] == '{' && t.Elem().Kind() == reflect.Struct:
		return "put it in brackets"
	case path == root && text[0] == '"':
		return "write the object into cdk.json, because -c on the command line gives a string"
	}
	return "change it to " + wantOf("", t)
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

// refuseReplaced reports each [] in whose place a default stands: an empty list
// cannot be told from one that is not set, and must not turn into another
// silently. Where the default is empty too, [] means what it says.
func (d *decoder) refuseReplaced(v *validator) {
	for _, e := range d.emptied {
		if e.value.Len() > 0 {
			v.add(e.path, json.RawMessage("[]"), "at least one item", "give one, or remove the key for the default, "+show(e.value.Interface()))
		}
	}
}
