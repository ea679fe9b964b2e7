package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"
)

// Parse reads the settings: the JSON of the object `platform`. Nothing and null
// are the empty object, because the CDK gives null for a context key that is
// not there. What is not set gets its default, see [Platform.SetDefaults].
//
// The error is of type [Problems] and names every mistake, not only the first:
// unknown and repeated keys, wrong types, and all that [Platform.Validate]
// finds. A value that could not be read counts as not set in the checks of the
// others, and is left out of checks that compare it with them, so that one
// mistake makes one line.
func Parse(data []byte) (*Platform, error) {
	p := new(Platform)
	d := &decoder{}
	if data = bytes.TrimSpace(data); len(data) > 0 && !bytes.Equal(data, []byte("null")) {
		if problem := syntax(data); problem != nil {
			return nil, Problems{*problem}.asError()
		}
		d.decode(data, reflect.ValueOf(p).Elem(), root)
	}
	p.SetDefaults()
	v := newValidator(p, d.problems)
	d.refuseReplaced(v)
	v.run()
	if err := v.problems.asError(); err != nil {
		return nil, err
	}
	return p, nil
}

// syntax reports text that is no single JSON value. It goes first and alone:
// behind a missing bracket every other finding would be a guess.
func syntax(data []byte) *Problem {
	if !utf8.Valid(data) {
		return &Problem{Path: root, Value: "text that is not UTF-8", Want: "JSON", Fix: "save the file as UTF-8"}
	}
	var first json.RawMessage
	dec := json.NewDecoder(bytes.NewReader(data))
	err := dec.Decode(&first)
	if err == nil {
		rest := bytes.TrimSpace(data[dec.InputOffset():])
		if len(rest) == 0 {
			return nil
		}
		at := int64(len(data) - len(rest)) // data ends in no space
		return &Problem{
			Path: root, Value: excerpt(rest) + " after the object's end" + place(data, at),
			Want: "one object", Fix: "remove what follows it",
		}
	}
	at := int64(len(data))
	var bad *json.SyntaxError
	if errors.As(err, &bad) {
		at = min(bad.Offset, at)
	}
	// The decoder's offset counts the byte that it stumbled over.
	if errors.Is(err, io.ErrUnexpectedEOF) || at == 0 || int(at) > len(data) {
		return &Problem{Path: root, Value: "text that ends too soon", Want: "one whole JSON object", Fix: "close what is open"}
	}
	return &Problem{
		Path: root, Value: excerpt(data[at-1:]) + place(data, at-1),
		Want: "JSON", Fix: "look there for a missing quote, comma or bracket, or one too many",
	}
}

// excerpt quotes the character that should not be there. Not more: a secret may
// follow it.
func excerpt(text []byte) string {
	r, _ := utf8.DecodeRune(text)
	return show(string(r))
}

// place says where an offset is, as editors count.
func place(data []byte, offset int64) string {
	before := data[:offset]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf(" at line %d, column %d", line, column)
}
