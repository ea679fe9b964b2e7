package config

import (
	"reflect"
	"strconv"
	"strings"
)

// lastPosition sorts keys that no type knows behind those that one does.
const lastPosition = 1 << 30

// position says where a path stands in the settings: one number a segment, a
// field's place in its type or an item's index. Two paths compare as their
// positions do, so the lines of an error follow the order in which the types
// document the settings, however the checks were run.
func position(path string) []int {
	var place []int
	t := reflect.TypeFor[Platform]()
	rest := strings.TrimPrefix(path, root)
	for rest != "" {
		var segment string
		segment, rest = nextSegment(rest)
		n := lastPosition
		switch {
		case t == nil:
		case t.Kind() == reflect.Struct:
			if i, ok := fieldIndex(t, segment); ok {
				n, t = i, t.Field(i).Type
			} else {
				t = nil
			}
		case t.Kind() == reflect.Slice:
			i, err := strconv.Atoi(segment)
			if err != nil {
				t = nil
				break
			}
			n, t = i, t.Elem()
		default:
			t = nil
		}
		place = append(place, n)
	}
	return place
}

// nextSegment splits ".key.rest", "[0].rest" and `["odd key"].rest`.
func nextSegment(path string) (segment, rest string) {
	if strings.HasPrefix(path, "[") {
		if end := strings.Index(path, "]"); end > 0 && !strings.HasPrefix(path, `["`) {
			return path[1:end], path[end+1:]
		}
		return path, "" // an odd key has nothing below it
	}
	path = strings.TrimPrefix(path, ".")
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end], path[end:]
	}
	return path, ""
}

// jsonName is the key of a field, "" for one that JSON does not see.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if !f.IsExported() || name == "-" {
		return ""
	}
	return name
}

// fieldIndex finds a field by its key. The case counts, unlike in encoding/json,
// which would take "NAME" for "name".
func fieldIndex(t reflect.Type, key string) (int, bool) {
	for i := range t.NumField() {
		if name := jsonName(t.Field(i)); name != "" && name == key {
			return i, true
		}
	}
	return 0, false
}

// keysOf are the keys of a struct type, in its order.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if name := jsonName(t.Field(i)); name != "" {
			keys = append(keys, name)
		}
	}
	return keys
}
