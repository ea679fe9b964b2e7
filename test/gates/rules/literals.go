package rules

import (
	"regexp"
	"slices"
	"strings"

	"gitops-eks/test/gates/assembly"
)

// literalRules are about accounts and Regions that are written out.
var literalRules = []rule{
	{"literal-account", literals(foreignAccount)},
	{"literal-region", literals(foreignRegion)},
	{"literal-partition", literals(foreignPartition)},
}

// literals makes a check of one that looks at each rendered text of a resource's properties.
func literals(check func(v *review, r *assembly.Resource, text string)) func(*review) {
	return func(v *review) {
		for _, r := range v.assembly.All() {
			visit(r.Properties, func(value any) {
				function, _ := intrinsic(value)
				if literalText(value) || function == "Fn::Join" || function == "Fn::Sub" {
					check(v, r, v.text(r.Stack, value))
				}
			})
		}
	}
}

var (
	// arnWithAccount has partition, service, Region and account.
	arnWithAccount = regexp.MustCompile(`arn:([a-z${}:A-Z-]+?):([a-z0-9-]+):([a-z0-9-]*|\$\{AWS::Region\}):([0-9]{12}):`)
	registryHost   = regexp.MustCompile(`([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.`)
	assetBucket    = regexp.MustCompile(`^cdk-[a-z0-9]+-assets-([0-9]{12})-([a-z0-9-]+)$`)
	gitHost        = regexp.MustCompile(`git-codecommit\.([a-z0-9-]+)\.amazonaws\.`)
)

// given are properties that hold ARNs from the settings, which may be of any account.
func given(r *assembly.Resource, service string) bool {
	return r.Type == "AWS::EKS::AccessEntry" || service == "codeconnections" || service == "codestar-connections" || service == "iam" && r.Type == "AWS::IAM::Role"
}

func foreignAccount(v *review, r *assembly.Resource, text string) {
	var accounts []string
	for _, match := range arnWithAccount.FindAllStringSubmatch(text, -1) {
		if !given(r, match[2]) {
			accounts = append(accounts, match[4])
		}
	}
	for _, match := range registryHost.FindAllStringSubmatch(text, -1) {
		if r.Type != "Custom::AWSCDK-EKS-HelmChart" { // charts may come from a mirror in any account
			accounts = append(accounts, match[1])
		}
	}
	if match := assetBucket.FindStringSubmatch(text); match != nil && match[1] != r.Stack.Account {
		v.wrong(r, "use the account of the stack", "the bucket of assets %s is not of the stack's account %s", text, shown(r.Stack.Account))
	}
	for _, account := range accounts {
		if !slices.ContainsFunc(v.assembly.Stacks, func(s *assembly.Stack) bool { return s.Account == account }) {
			v.wrong(r, "use the account of the stack (AWS::AccountId)", "it names the account %s in %s, and no stack is of that account", account, shown(text))
		}
	}
}

func foreignRegion(v *review, r *assembly.Resource, text string) {
	var regions []string
	for _, match := range arnWithAccount.FindAllStringSubmatch(text, -1) {
		if !given(r, match[2]) && match[3] != "" && !strings.HasPrefix(match[3], "$") {
			regions = append(regions, match[3])
		}
	}
	for _, match := range gitHost.FindAllStringSubmatch(text, -1) {
		regions = append(regions, match[1])
	}
	if match := assetBucket.FindStringSubmatch(text); match != nil && match[2] != r.Stack.Region {
		v.wrong(r, "use the Region of the stack", "the bucket of assets %s is not of the stack's Region %s", text, shown(r.Stack.Region))
	}
	for _, region := range regions {
		if !slices.ContainsFunc(v.assembly.Stacks, func(s *assembly.Stack) bool { return s.Region == region }) {
			v.wrong(r, "use the Region of the stack (AWS::Region)", "it names the Region %s in %s, and no stack is of that Region", region, shown(text))
		}
	}
}

var partition = regexp.MustCompile(`arn:(aws[a-z-]*):[a-z0-9-]+:`)

func foreignPartition(v *review, r *assembly.Resource, text string) {
	if r.Stack.Region == "" {
		return
	}
	for _, match := range partition.FindAllStringSubmatch(text, -1) {
		if want := v.named(r.Stack, "AWS::Partition"); match[1] != want {
			v.wrong(r, "use the partition of the stack (AWS::Partition)", "it names the partition %s, the stack's Region %s is of %s", match[1], r.Stack.Region, want)
		}
	}
}
