package main

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// named are the types whose names may be taken, each with the property of the name
// and who knows which of the names are.
var named = []struct {
	kind, property, what string
	taken                func(ctx context.Context, cfg aws.Config, names []string) ([]string, error)
}{
	{"AWS::CodeCommit::Repository", "RepositoryName", "repository names", repositories},
	{"AWS::ECR::Repository", "RepositoryName", "image repository names", registries},
	{"AWS::EKS::Cluster", "Name", "cluster names", clusters},
	{"AWS::IAM::Role", "RoleName", "role names", roles},
}

// names looks for things that have the name of something new, and belong to no
// stack here. What stays when a stack is deleted is taken back by the next
// deployment: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
func (c *checks) names(ctx context.Context) (rows []row) {
	for _, n := range named {
		back := map[string]bool{}
		var names []string
		for _, r := range of(c.fresh, n.kind) {
			if name := r.literal(n.property); name != "" {
				names = append(names, name)
				back[name] = strings.HasPrefix(r.Deletion, "Retain")
			}
		}
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		taken, err := n.taken(ctx, c.cfg, names)
		kept := slices.DeleteFunc(slices.Clone(taken), func(name string) bool { return !back[name] })
		taken = slices.DeleteFunc(taken, func(name string) bool { return back[name] })
		problem := ""
		if len(taken) > 0 {
			problem = strings.Join(taken, ", ") + " exists, and is not of this stack: remove or rename it, or change name in the settings"
		}
		found := result(n.what, problem, err)
		if found.result == ok && len(kept) > 0 {
			found.text = strings.Join(kept, ", ") + " exists: the deployment takes it into the stack"
		}
		rows = append(rows, found)
	}
	return rows
}

func both(names, existing []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(existing, name) })
}

// pages is a paginator of AWS's SDK: O are its options, P is a page.
type pages[O, P any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*O)) (*P, error)
}

// listed are those of the names that the pages have.
func listed[O, P any](ctx context.Context, all pages[O, P], names []string, of func(*P) []string) ([]string, error) {
	var existing []string
	for all.HasMorePages() {
		page, err := all.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		existing = append(existing, of(page)...)
	}
	return both(names, existing), nil
}

func repositories(ctx context.Context, cfg aws.Config, names []string) ([]string, error) {
	all := codecommit.NewListRepositoriesPaginator(codecommit.NewFromConfig(cfg), nil)
	return listed(ctx, all, names, func(page *codecommit.ListRepositoriesOutput) (existing []string) {
		for _, repository := range page.Repositories {
			existing = append(existing, aws.ToString(repository.RepositoryName))
		}
		return existing
	})
}

func registries(ctx context.Context, cfg aws.Config, names []string) ([]string, error) {
	all := ecr.NewDescribeRepositoriesPaginator(ecr.NewFromConfig(cfg), nil)
	return listed(ctx, all, names, func(page *ecr.DescribeRepositoriesOutput) (existing []string) {
		for _, repository := range page.Repositories {
			existing = append(existing, aws.ToString(repository.RepositoryName))
		}
		return existing
	})
}

func clusters(ctx context.Context, cfg aws.Config, names []string) ([]string, error) {
	all := eks.NewListClustersPaginator(eks.NewFromConfig(cfg), nil)
	return listed(ctx, all, names, func(page *eks.ListClustersOutput) []string { return page.Clusters })
}

func roles(ctx context.Context, cfg aws.Config, names []string) (taken []string, err error) {
	client := iam.NewFromConfig(cfg)
	for _, name := range names {
		switch _, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)}); {
		case err == nil:
			taken = append(taken, name)
		case !isCode(err, "NoSuchEntity"):
			return nil, err
		}
	}
	return taken, nil
}
