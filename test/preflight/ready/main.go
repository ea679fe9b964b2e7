// Command ready says in the platform's words what would stop the CDK's command
// line at once: missing credentials, a wrong Region, a missing bootstrap. It only
// reads. Patterns of stacks' names narrow it to where those stacks are.
//
// With -bootstrap it prints the arguments of `cdk bootstrap`, a place a line, for
// what the credentials can bootstrap and is not bootstrapped yet.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"gitops-eks/test/preflight/account"
)

func main() {
	root := flag.String("root", ".", "folder of cdk.json")
	env := flag.String("env", "", "narrow to one environment")
	bootstrap := flag.Bool("bootstrap", false, "print what to bootstrap")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *root, *env, flag.Args(), *bootstrap); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, root, env string, patterns []string, bootstrap bool) error {
	settings, err := account.ReadSettings(root, env)
	if err != nil {
		return err
	}
	places := placesOf(settings.Stacks(), patterns)
	if len(places) == 0 {
		return nil // the CDK's command line says that no stack matches
	}
	caller, err := account.NewCaller(ctx, settings.Qualifier, places)
	if err != nil {
		return err
	}
	if bootstrap {
		return plan(ctx, out, caller, places, settings.Platform.Delivery.Account)
	}
	var problems []error
	for _, place := range places {
		if err := check(ctx, caller, caller.Resolve(place)); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// placesOf are where the stacks are that the patterns name, sorted, each once.
func placesOf(stacks map[string]account.Place, patterns []string) (places []account.Place) {
	for _, name := range slices.Sorted(maps.Keys(stacks)) {
		named := len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
			matches, _ := path.Match(pattern, name)
			return matches || pattern == "--all"
		})
		if named && !slices.Contains(places, stacks[name]) {
			places = append(places, stacks[name])
		}
	}
	slices.SortFunc(places, func(a, b account.Place) int { return strings.Compare(a.String(), b.String()) })
	return places
}

func check(ctx context.Context, caller *account.Caller, place account.Place) error {
	cfg, err := caller.At(ctx, place)
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	version, err := caller.Bootstrap(ctx, cfg)
	if err != nil {
		// Whoever may deploy need not be able to look: the CDK's command line will see.
		return nil
	}
	if problem := account.BootstrapProblem(version, account.MinBootstrap); problem != "" {
		return fmt.Errorf("%s: %s", place, problem)
	}
	return nil
}

// plan prints to out what to bootstrap, and to stderr what not, and why.
func plan(ctx context.Context, out io.Writer, caller *account.Caller, places []account.Place, delivery string) error {
	reached := false
	for _, open := range places {
		place := caller.Resolve(open)
		// Delivery's account deploys to the others, by what their bootstrap trusts.
		// Without policies, the CDK refuses to trust anybody.
		trust := ""
		if delivery != "" && delivery != place.Account {
			trust = fmt.Sprintf(" --trust %s --cloudformation-execution-policies arn:%s:iam::aws:policy/AdministratorAccess", delivery, caller.Partition)
		}
		if place.Account != caller.Account {
			fmt.Fprintf(os.Stderr, "%s: not with credentials of account %s; run make bootstrap with some of %s\n", place, caller.Account, place.Account)
			continue
		}
		reached = true
		cfg, err := caller.At(ctx, place)
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		version, err := caller.Bootstrap(ctx, cfg)
		switch {
		case err != nil:
			return fmt.Errorf("%s: the version of the CDK's bootstrap cannot be read: %w", place, err)
		case version >= account.MinBootstrap:
			fmt.Fprintf(os.Stderr, "%s: is bootstrapped, version %d\n", place, version)
			if trust != "" {
				// Others that it trusts would be forgotten: that is not for a program to do.
				fmt.Fprintf(os.Stderr, "  where it does not trust account %s: npx --no-install cdk bootstrap aws://%s%s\n", delivery, place, trust)
			}
		case version > 0:
			fmt.Fprintf(out, "aws://%s\n", place) // without a word of trust, the CDK keeps what is trusted
		default:
			fmt.Fprintf(out, "aws://%s%s\n", place, trust)
		}
	}
	if !reached {
		return fmt.Errorf("the settings name no place in account %s, whose credentials these are", caller.Account)
	}
	return nil
}
