// Command preflight says in a table what would stop a deployment of the
// synthesized stacks in their accounts, and the fix. It only reads. What
// CloudFormation itself says of a change set, before it changes anything, is not
// repeated here: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"gitops-eks/test/preflight/account"
)

func main() {
	root := flag.String("root", ".", "folder of cdk.json")
	assembly := flag.String("assembly", "cdk.out", "folder of the synthesized templates")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *root, *assembly); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The results of a check.
const (
	ok      = "ok"
	stops   = "would stop"
	unknown = "could not look"
)

// row is what a check found at a place.
type row struct{ at, check, result, text string }

func run(ctx context.Context, out io.Writer, root, assembly string) error {
	settings, err := account.ReadSettings(root, "")
	if err != nil {
		return err
	}
	denied, err := deniedZones(root)
	if err != nil {
		return err
	}
	stacks, err := readStacks(assembly)
	if err != nil {
		return err
	}
	var places []account.Place
	for _, s := range stacks {
		if !slices.Contains(places, s.place) {
			places = append(places, s.place)
		}
	}
	caller, err := account.NewCaller(ctx, settings.Qualifier, places)
	if err != nil {
		return err
	}
	var rows []row
	for _, open := range places {
		place := caller.Resolve(open)
		rows = append(rows, look(ctx, caller, place, denied, slices.DeleteFunc(slices.Clone(stacks), func(s stack) bool {
			return caller.Resolve(s.place) != place
		}))...)
	}
	return write(out, rows)
}

// look runs the checks at a place.
func look(ctx context.Context, caller *account.Caller, place account.Place, denied []string, stacks []stack) []row {
	at := func(rows ...row) []row {
		for i := range rows {
			rows[i].at = place.String()
		}
		return rows
	}
	cfg, err := caller.At(ctx, place)
	if err != nil {
		return at(row{check: "bootstrap", result: stops, text: err.Error()})
	}
	wanted := account.MinBootstrap
	for _, s := range stacks {
		wanted = max(wanted, s.bootstrap)
	}
	first := row{check: "bootstrap", result: ok}
	version, err := caller.Bootstrap(ctx, cfg)
	if err != nil {
		first.result, first.text = unknown, err.Error()
	} else if problem := account.BootstrapProblem(version, wanted); problem != "" {
		first.result, first.text = stops, problem
	}
	c := &checks{cfg: cfg, partition: caller.Partition, denied: denied}
	rows := []row{first}
	for _, s := range stacks {
		there, err := c.deployed(ctx, s.name)
		if err != nil {
			rows = append(rows, row{check: "stack " + s.name, result: unknown, text: err.Error()})
			continue
		}
		c.all = append(c.all, s.resources...)
		for _, r := range s.resources {
			if !there[r.id] {
				c.fresh = append(c.fresh, r)
			}
		}
	}
	return at(append(rows, c.run(ctx)...)...)
}

// write writes the table. It fails when something would stop a deployment.
func write(out io.Writer, rows []row) error {
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHERE\tCHECK\tRESULT\tWHAT TO DO, OR WHAT WAS SEEN")
	failed := 0
	for _, r := range rows {
		if r.result == stops {
			failed++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.at, r.check, r.result, strings.Join(strings.Fields(r.text), " "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return errors.New("a deployment would stop: see above")
	}
	return nil
}
