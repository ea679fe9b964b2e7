package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
)

// A tool that has to be installed, and from which version on.
type tool struct {
	name, why string
	// ask prints the version.
	ask          []string
	major, minor int
	// fix says how to get it.
	fix string
}

var tools = []tool{
	{name: "go", why: "builds the control plane and Flux", ask: []string{"version"}, major: 1, minor: 26, fix: "https://go.dev/dl"},
	{name: "node", why: "runs the CDK", ask: []string{"--version"}, major: 20, minor: 0, fix: "https://nodejs.org, version 22 or 24"},
	{name: "npx", why: "starts the CDK", ask: []string{"--version"}, major: 7, minor: 0, fix: "it comes with Node.js"},
	// For init --initial-branch.
	{name: "git", why: "serves the config repository", ask: []string{"--version"}, major: 2, minor: 28, fix: "the package git of your system"},
	{name: "make", why: "runs the things to try", ask: []string{"--version"}, major: 3, minor: 81, fix: "the package make of your system"},
	{name: "python3", why: "runs AWS's handler", ask: []string{"--version"}, major: 3, minor: 9, fix: "the package python3 of your system"},
}

// number is the first version in what a tool prints, such as "go version
// go1.26.8 linux/amd64".
var number = regexp.MustCompile(`(\d+)\.(\d+)`)

func (t tool) check(ctx context.Context, m machine) error {
	text, err := m.output(ctx, t.name, t.ask...)
	if err != nil {
		return fmt.Errorf("%s is not installed or does not run (%w): it %s; get it from %s", t.name, err, t.why, t.fix)
	}
	found := number.FindStringSubmatch(text)
	if found == nil {
		return fmt.Errorf("%s does not say its version but %q: is it another program of that name?", t.name, text)
	}
	major, _ := strconv.Atoi(found[1])
	minor, _ := strconv.Atoi(found[2])
	if major < t.major || major == t.major && minor < t.minor {
		return fmt.Errorf("%s is %s, at least %d.%d is needed: it %s; get it from %s", t.name, found[0], t.major, t.minor, t.why, t.fix)
	}
	return nil
}
