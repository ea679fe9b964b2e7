package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// root is the path of the whole object, and what every path starts with.
const root = "platform"

// shownRunes is how much of a value an error line shows. Enough to find it,
// short enough that a pasted policy does not bury the other lines.
const shownRunes = 80

// Problem is one mistake in the settings.
type Problem struct {
	// Path of the setting, such as platform.environments[1].network.cidr.
	Path string
	// Value that was found, as JSON without its secrets. Empty when the
	// setting is missing.
	Value string
	// Want says what is allowed.
	Want string
	// Fix says what to do.
	Fix string
}

// Error gives the problem in one line: path, value, what is allowed, the fix.
func (p Problem) Error() string {
	found := "is missing"
	if p.Value != "" {
		found = p.Value + " is not allowed"
	}
	return fmt.Sprintf("%s: %s, want %s; %s", p.Path, found, p.Want, p.Fix)
}

// Problems are all the mistakes in the settings, in the order of the types'
// fields, and of the lists' items below them.
type Problems []Problem

// Error gives one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a [Problem].
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// asError is nil for no problems: a nil slice in an error interface would not be.
func (ps Problems) asError() error {
	if len(ps) == 0 {
		return nil
	}
	places := make(map[string][]int, len(ps))
	for _, p := range ps {
		places[p.Path] = position(p.Path)
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return slices.Compare(places[a.Path], places[b.Path]) })
	return ps
}

// credentials is the user and password part of a URL, in JSON, with or without
// the scheme in front.
var credentials = regexp.MustCompile(`://(?:[^"\\]|\\.)*@|[^"\s/:@]+:[^"\s/@]+@(sha256:)?`)

// tokens are the well-known shapes of access tokens, which end up in fields
// such as secretName by mistake.
var tokens = regexp.MustCompile(`(gh[pousr]_|github_pat_|glpat-|xox[abp]-|AKIA|ASIA)[A-Za-z0-9_-]+`)

// redact takes secrets out of JSON: error lines end in the logs of pipelines,
// where a secret must never be. The user git, as in ssh://git@host, is none, and
// neither is an image's tag in front of its digest.
func redact(text string) string {
	text = tokens.ReplaceAllString(text, "***")
	return credentials.ReplaceAllStringFunc(text, func(found string) string {
		if found == "://git@" || strings.HasSuffix(found, "@sha256:") {
			return found
		}
		if strings.HasPrefix(found, "://") {
			return "://***@"
		}
		return "***@"
	})
}

// words stand in a line for a value that is no JSON.
type words string

// show renders a value as JSON in one line of limited length.
func show(value any) string {
	if w, ok := value.(words); ok {
		return string(w)
	}
	var out bytes.Buffer
	if raw, ok := value.(json.RawMessage); ok {
		if json.Compact(&out, raw) != nil {
			out.Write(raw)
		}
	} else {
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false) // "<" must look as it was written
		if err := enc.Encode(value); err != nil {
			return fmt.Sprintf("%q", fmt.Sprint(value))
		}
	}
	text := redact(strings.TrimSpace(out.String()))
	if utf8.RuneCountInString(text) > shownRunes {
		text = string([]rune(text)[:shownRunes]) + "…"
	}
	return text
}

// list renders alternatives: "a", "b" or "c".
func list[T any](values []T) string { return enumerate(values, "or") }

// all renders things that are needed together: "a", "b" and "c".
func all[T any](values []T) string { return enumerate(values, "and") }

func enumerate[T any](values []T, last string) string {
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = show(v)
	}
	if n := len(shown); n > 1 {
		return strings.Join(shown[:n-1], ", ") + " " + last + " " + shown[n-1]
	}
	return strings.Join(shown, "")
}

// plainKey is a key that a path can carry as it is.
var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)

// below is the path of a key in an object.
func below(path, key string) string {
	if plainKey.MatchString(key) {
		return path + "." + key
	}
	return path + "[" + show(key) + "]"
}

// item is the path of an item in a list.
func item(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}

var itemIndex = regexp.MustCompile(`\[[0-9]+\]`)

// settingOf turns the path of a value into that of its setting:
// platform.environments[1].name into environments[].name.
func settingOf(path string) string {
	return strings.TrimPrefix(itemIndex.ReplaceAllString(path, "[]"), root+".")
}
