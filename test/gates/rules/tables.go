package rules

import (
	"fmt"
	"path"
	"time"

	"gitops-eks/test/gates/finding"
)

// table is knowledge about AWS that changes with time.
type table struct {
	name string
	// source to look it up again.
	source string
	// checked is the day on which it was last compared with the source.
	checked string
	// file that holds it, from here.
	file string
}

var tables = []table{
	{"Kubernetes versions of EKS", "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html", "2026-11-23", "../../../stacks/config/versions.go"},
	{"runtimes of Lambda", "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html", "2026-11-23", "runtimes.go"},
	{"images of CodeBuild", "https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html", "2026-11-23", "build.go"},
	{"add-ons of EKS", "https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html", "2026-11-23", "addons.go"},
	{"access policies of EKS", "https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html", "2026-11-23", "access.go"},
	{"instance families of EC2", "https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html", "2026-11-23", "instances.go"},
}

var tableRules = []rule{{"table-age", tableAge}}

// tableAge notes tables that nobody has looked at for a year: what they refuse
// may exist by now, and what they take may be gone.
func tableAge(v *review) {
	for _, t := range tables {
		checked := day(t.checked)
		if v.today.Sub(checked) > 366*24*time.Hour {
			v.add(finding.Finding{
				Severity: finding.Note, Path: path.Join("test/gates/rules", t.file),
				Problem: fmt.Sprintf("the table of %s was last checked on %s", t.name, t.checked),
				Fix:     "compare it with " + t.source + ", and set the day in test/gates/rules/tables.go",
			})
		}
	}
}

// day parses a date of a table.
func day(text string) time.Time {
	parsed, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err) // a table's own mistake; the tests read all of them
	}
	return parsed
}
