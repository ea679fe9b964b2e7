package config

import (
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Validate reports everything that is wrong with the settings, all at once, as
// [Problems]. It expects the defaults to be filled in: see [Parse] and
// [Platform.SetDefaults].
func (p *Platform) Validate() error {
	v := newValidator(p, nil)
	v.run()
	return v.problems.asError()
}

// validator collects problems.
type validator struct {
	platform *Platform
	problems Problems
	// reported are the paths of the problems, and touched all paths above them:
	// settings can be long, and every check asks.
	reported, touched map[string]bool
	// derived are the settings that repeat another one's value, as defaults do:
	// a mistake there is reported once, where it was made.
	derived map[string]bool
}

// newValidator starts with the problems that are known already.
func newValidator(p *Platform, known Problems) *validator {
	v := &validator{platform: p, reported: map[string]bool{}, touched: map[string]bool{}}
	for _, problem := range known {
		v.report(problem)
	}
	return v
}

// run checks each setting by itself first, and then those that depend on each
// other: a check of the second kind is left out when a setting that it looks at
// is already reported, or one mistake would make several lines.
func (v *validator) run() {
	v.derive()
	v.each(reflect.ValueOf(v.platform).Elem(), root)
	v.tags()
	v.names()
	v.configSource()
	if first := item(root+".environments", 0); !v.derived[root+".delivery"] && v.ok(first+".account", first+".region") {
		v.together(root+".delivery", v.platform.Delivery.Account, v.platform.Delivery.Region)
	}
	for i, a := range v.platform.Apps {
		v.appSource(a, item(root+".apps", i))
	}
	for i, e := range v.platform.Environments {
		at := item(root+".environments", i)
		v.together(at, e.Account, e.Region)
		v.partitions(e, at)
		v.network(e, at)
		v.withoutNAT(e, at)
		v.versions(e, at)
		v.compute(e, at)
		v.endpoint(e, at)
		v.principals(e, at)
	}
	v.github()
	v.overlaps()
	v.architectures()
	v.branches()
}

func (v *validator) derive() {
	p := v.platform
	v.derived = map[string]bool{}
	if len(p.Environments) > 0 {
		account, region := p.Delivery.Account == p.Environments[0].Account, p.Delivery.Region == p.Environments[0].Region
		v.derived[root+".delivery.account"] = account
		v.derived[root+".delivery.region"] = region
		v.derived[root+".delivery"] = account && region
	}
	for i, e := range p.Environments {
		v.derived[item(root+".environments", i)+".flux.path"] = e.Flux.Path == "clusters/"+e.Name
	}
}

// add reports a problem, unless its setting is already reported. A value of nil
// says that the setting is missing.
func (v *validator) add(path string, value any, want, fix string) {
	if v.hidden(path) {
		return
	}
	found := ""
	if value != nil {
		found = show(value)
	}
	v.report(Problem{Path: path, Value: found, Want: want, Fix: fix})
}

func (v *validator) report(p Problem) {
	v.problems = append(v.problems, p)
	v.reported[p.Path] = true
	for at := range ancestors(p.Path) {
		v.touched[at] = true
	}
}

// ok tells whether nothing is reported at these paths, above or below them.
func (v *validator) ok(paths ...string) bool {
	for _, path := range paths {
		if v.touched[path] || v.hidden(path) {
			return false
		}
	}
	return true
}

// hidden tells whether a path, or one above it, is reported.
func (v *validator) hidden(path string) bool {
	if v.reported[path] {
		return true
	}
	for at := range ancestors(path) {
		if v.reported[at] {
			return true
		}
	}
	return false
}

// ancestors are the paths above a path.
func ancestors(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			i := strings.LastIndexAny(path, ".[")
			if i < 0 || !yield(path[:i]) {
				return
			}
			path = path[:i]
		}
	}
}

// each applies the rules to a value and to all below it. What is not set is
// left alone, unless it is required.
func (v *validator) each(value reflect.Value, path string) {
	r, ruled := rules[settingOf(path)]
	switch value.Kind() {
	case reflect.Struct:
		for i := range value.NumField() {
			if name := jsonName(value.Type().Field(i)); name != "" {
				v.each(value.Field(i), below(path, name))
			}
		}
	case reflect.Slice:
		if n := value.Len(); ruled && n > 0 && (n < r.min || r.max > 0 && n > r.max) {
			fix := "remove some"
			if n < r.min {
				fix = "add some"
			}
			v.add(path, value.Interface(), r.want, fix)
		}
		for i := range value.Len() {
			v.each(value.Index(i), item(path, i))
		}
		if r.unique {
			v.unique(value, path)
		}
	case reflect.String:
		switch {
		case value.Len() > 0 && ruled && !v.derived[path]:
			if want, fix := r.refuse(value.String()); want != "" {
				v.add(path, value.Interface(), want, fix)
			}
		case value.Len() == 0 && r.required:
			v.add(path, nil, r.want, "add it")
		}
	case reflect.Int:
		n := int(value.Int())
		if n == 0 || !ruled {
			return
		}
		if fix := r.refuseNumber(n); fix != "" {
			v.add(path, n, r.want, fix)
		}
	}
}

// refuse says what is wrong with a text; nothing when it is allowed.
func (r rule) refuse(s string) (want, fix string) {
	if r.check != nil {
		if want, fix = r.check(s); want != "" {
			return want, fix
		}
	}
	if r.allows(s) {
		return "", ""
	}
	if r.fix != nil {
		if better := r.fix(s); better != s && better != "" && r.allows(better) {
			return r.want, "use " + show(better)
		}
	}
	switch n := len([]rune(s)); {
	case len(r.enum) > 0:
		return r.want, "choose one of them"
	case r.max > 0 && n > r.max:
		return r.want, "shorten it"
	}
	return r.want, "change it"
}

func (r rule) allows(s string) bool {
	n := len([]rune(s))
	return n >= r.min && (r.max == 0 || n <= r.max) &&
		(r.enum == nil || slices.Contains(r.enum, s)) &&
		(r.pattern == nil || r.pattern.MatchString(s))
}

// refuseNumber gives the nearest number that is allowed; nothing when n is.
func (r rule) refuseNumber(n int) (fix string) {
	best := min(max(n, r.min), r.max)
	if r.numbers != nil {
		// The next longer one: shorter would lose data.
		i, _ := slices.BinarySearch(r.numbers, n)
		best = r.numbers[min(i, len(r.numbers)-1)]
	}
	if best == n {
		return ""
	}
	return "use " + show(best)
}

// unique reports each item of a list of texts that an earlier one equals.
func (v *validator) unique(items reflect.Value, path string) {
	first := map[string]int{}
	for i := range items.Len() {
		text := items.Index(i).String()
		if earlier, again := first[text]; again {
			v.add(item(path, i), text, "each item once", "remove it, "+item("", earlier)+" is the same")
			continue
		}
		first[text] = i
	}
}

// choose turns alternatives into a fix.
func choose(value string, known []string) string {
	if near := nearest(value, known); near != "" {
		return "did you mean " + show(near) + "?"
	}
	return "choose one of them"
}

// tags checks what AWS asks of tags.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
func (v *validator) tags() {
	tags := v.platform.Tags
	at := root + ".tags"
	first := map[string]string{}
	if len(tags) > maxTags {
		v.add(at, len(tags), rules["tags"].want, "remove some")
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		path := below(at, key)
		folded := strings.ToLower(key)
		earlier, again := first[folded]
		if !again {
			first[folded] = key
		}
		switch {
		case again:
			// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules_creating
			v.add(path, words("the key "+show(key)), "keys that differ by more than case, IAM takes them for the same", "remove it, or "+show(earlier))
		case folded == "name" && key != "Name":
			// https://github.com/aws/aws-cdk/issues/26253
			v.add(path, words("the key "+show(key)), `another key: the CDK sets "Name", which IAM takes for the same`, "change the key")
		case !tagText.MatchString(key) || len([]rune(key)) > 128:
			v.add(path, words("the key "+show(key)), "a key of 1 to 128 letters, digits, spaces and _.:/=+-@", "change the key")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			v.add(path, words("the key "+show(key)), "a key without the prefix aws:, which AWS keeps to itself", "change the key")
		case value != "" && !tagText.MatchString(value) || len([]rune(value)) > 256:
			v.add(path, value, "at most 256 letters, digits, spaces and _.:/=+-@", "change the value")
		}
	}
}
