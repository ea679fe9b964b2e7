package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
)

// checks look at a place.
type checks struct {
	cfg       aws.Config
	partition string
	// all are the resources of the stacks there, fresh those that a deployment will make.
	all, fresh []resource
	// denied are zones without EKS.
	denied []string
}

// run gives the rows of what there is to look at.
func (c *checks) run(ctx context.Context) (rows []row) {
	rows = append(rows, c.builds(ctx)...)
	for _, check := range []func(context.Context) *row{c.addresses, c.vpcs, c.cpus, c.zones, c.region, c.provider} {
		if found := check(ctx); found != nil {
			rows = append(rows, *found)
		}
	}
	return append(rows, c.names(ctx)...)
}

// of are the resources of a type.
func of(resources []resource, kind string) []resource {
	return slices.DeleteFunc(slices.Clone(resources), func(r resource) bool { return r.Type != kind })
}

// result makes a row: an error means that nobody could look.
func result(check, problem string, err error) row {
	switch {
	case err != nil:
		return row{check: check, result: unknown, text: err.Error()}
	case problem != "":
		return row{check: check, result: stops, text: problem}
	}
	return row{check: check, result: ok}
}

func isCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

// deployed are the logical ids of what a stack has; none when there is no stack.
func (c *checks) deployed(ctx context.Context, stack string) (map[string]bool, error) {
	there := map[string]bool{}
	pages := cloudformation.NewListStackResourcesPaginator(cloudformation.NewFromConfig(c.cfg),
		&cloudformation.ListStackResourcesInput{StackName: aws.String(stack)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isCode(err, "ValidationError") && strings.Contains(err.Error(), "does not exist") {
			return there, nil
		}
		if err != nil {
			return nil, err
		}
		for _, r := range page.StackResourceSummaries {
			if r.ResourceStatus != types.ResourceStatusDeleteComplete && aws.ToString(r.PhysicalResourceId) != "" {
				there[aws.ToString(r.LogicalResourceId)] = true
			}
		}
	}
	return there, nil
}

// quota is a value of Service Quotas, the account's or AWS's default, by its code
// or its name.
func (c *checks) quota(ctx context.Context, service, codeOrName string) (value float64, code string, err error) {
	client := servicequotas.NewFromConfig(c.cfg)
	find := func(quotas []quotatypes.ServiceQuota) bool {
		i := slices.IndexFunc(quotas, func(q quotatypes.ServiceQuota) bool {
			return aws.ToString(q.QuotaCode) == codeOrName || strings.EqualFold(aws.ToString(q.QuotaName), codeOrName)
		})
		if i >= 0 {
			value, code = aws.ToFloat64(quotas[i].Value), aws.ToString(quotas[i].QuotaCode)
		}
		return i >= 0
	}
	applied := servicequotas.NewListServiceQuotasPaginator(client, &servicequotas.ListServiceQuotasInput{ServiceCode: &service})
	for applied.HasMorePages() {
		page, err := applied.NextPage(ctx)
		if err != nil {
			return 0, "", err
		}
		if find(page.Quotas) {
			return value, code, nil
		}
	}
	defaults := servicequotas.NewListAWSDefaultServiceQuotasPaginator(client, &servicequotas.ListAWSDefaultServiceQuotasInput{ServiceCode: &service})
	for defaults.HasMorePages() {
		page, err := defaults.NextPage(ctx)
		if err != nil {
			return 0, "", err
		}
		if find(page.Quotas) {
			return value, code, nil
		}
	}
	return 0, "", fmt.Errorf("service quotas of %s has no quota %s", service, codeOrName)
}

// raise is how to get more of a quota.
func (c *checks) raise(service, code string, to int) string {
	return fmt.Sprintf("aws service-quotas request-service-quota-increase --region %s --service-code %s --quota-code %s --desired-value %d",
		c.cfg.Region, service, code, to)
}

// builds looks whether CodeBuild may run a build at all: in new accounts, the quota
// can be 0. With 1, builds wait for each other.
// https://docs.aws.amazon.com/codebuild/latest/userguide/builds-working.html
func (c *checks) builds(ctx context.Context) (rows []row) {
	var sizes []string
	for _, r := range of(c.all, "AWS::CodeBuild::Project") {
		environment, _ := r.Properties["Environment"].(map[string]any)
		kind, _ := environment["Type"].(string)
		size, _ := environment["ComputeType"].(string)
		name := map[string]string{"LINUX_CONTAINER": "Linux", "ARM_CONTAINER": "ARM"}[kind] + "/" + strings.TrimPrefix(size, "BUILD_GENERAL1_")
		if !slices.Contains(sizes, name) {
			sizes = append(sizes, name)
		}
	}
	slices.Sort(sizes)
	for _, size := range sizes {
		value, code, err := c.quota(ctx, "codebuild", "Concurrently running builds for "+size+" environment")
		problem := ""
		if value < 1 {
			problem = "CodeBuild runs no build here, its quota is 0: " + c.raise("codebuild", code, 2)
		}
		rows = append(rows, result("builds "+size, problem, err))
	}
	return rows
}

// room looks whether what is new still fits into a quota.
func (c *checks) room(ctx context.Context, check, kind, service, code string, used func() (int, error)) *row {
	needed := len(of(c.fresh, kind))
	if needed == 0 {
		return nil
	}
	have, err := used()
	if err != nil {
		found := result(check, "", err)
		return &found
	}
	value, _, err := c.quota(ctx, service, code)
	problem := ""
	if have+needed > int(value) {
		problem = fmt.Sprintf("%d are in use and %d more are needed, the quota is %d: %s", have, needed, int(value), c.raise(service, code, have+needed))
	}
	found := result(check, problem, err)
	return &found
}

func (c *checks) addresses(ctx context.Context) *row {
	return c.room(ctx, "elastic IPs", "AWS::EC2::EIP", "ec2", "L-0263D0A3", func() (int, error) {
		answer, err := ec2.NewFromConfig(c.cfg).DescribeAddresses(ctx, nil)
		if err != nil {
			return 0, err
		}
		return len(answer.Addresses), nil
	})
}

func (c *checks) vpcs(ctx context.Context) *row {
	return c.room(ctx, "VPCs", "AWS::EC2::VPC", "vpc", "L-F678F1CE", func() (count int, err error) {
		pages := ec2.NewDescribeVpcsPaginator(ec2.NewFromConfig(c.cfg), nil)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, err
			}
			count += len(page.Vpcs)
		}
		return count, nil
	})
}

// cpus looks whether EC2 would start nodes at all. How many there will be is the
// pods' business; two of the smallest are the least.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
func (c *checks) cpus(ctx context.Context) *row {
	const code, least = "L-1216C47A", 4
	clusters := len(of(c.all, "AWS::EKS::Cluster"))
	if clusters == 0 {
		return nil
	}
	value, _, err := c.quota(ctx, "ec2", code)
	problem := ""
	if int(value) < clusters*least {
		problem = fmt.Sprintf("EC2 starts on-demand instances of %d vCPUs in all, the clusters need %d at least: %s",
			int(value), clusters*least, c.raise("ec2", code, 8*clusters*least))
	}
	found := result("vCPUs", problem, err)
	return &found
}

// zones looks whether there are as many availability zones with EKS as wanted.
func (c *checks) zones(ctx context.Context) *row {
	wanted, named := 0, []string{}
	for _, r := range of(c.fresh, "Custom::AvailabilityZones") {
		count, _ := r.Properties["Count"].(float64)
		wanted = max(wanted, int(count))
	}
	for _, r := range of(c.fresh, "AWS::EC2::Subnet") {
		if zone := r.literal("AvailabilityZone"); zone != "" && !slices.Contains(named, zone) {
			named = append(named, zone)
		}
	}
	if wanted == 0 && len(named) == 0 {
		return nil
	}
	answer, err := ec2.NewFromConfig(c.cfg).DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{Filters: []ec2types.Filter{
		{Name: aws.String("state"), Values: []string{"available"}},
		{Name: aws.String("zone-type"), Values: []string{"availability-zone"}},
		{Name: aws.String("opt-in-status"), Values: []string{"opt-in-not-required", "opted-in"}},
	}})
	if err != nil {
		found := result("zones", "", err)
		return &found
	}
	var offered []string
	for _, zone := range answer.AvailabilityZones {
		if !slices.Contains(c.denied, aws.ToString(zone.ZoneId)) {
			offered = append(offered, aws.ToString(zone.ZoneName))
		}
	}
	slices.Sort(offered)
	list := strings.Join(offered, ", ")
	missing := slices.DeleteFunc(named, func(zone string) bool { return slices.Contains(offered, zone) })
	problem := ""
	switch {
	case len(missing) > 0:
		slices.Sort(missing)
		problem = fmt.Sprintf("EKS does not run in %s here, but in %s: change network.availabilityZones", strings.Join(missing, ", "), list)
	case wanted > len(offered):
		problem = fmt.Sprintf("%d are wanted, and EKS runs in %d (%s): set network.availabilityZoneCount to %d, or choose another Region",
			wanted, len(offered), list, max(len(offered), 2))
	}
	found := result("zones", problem, nil)
	return &found
}

// services are those that not every Region has.
var services = map[string]string{
	"AWS::CodeBuild::Project":     "codebuild",
	"AWS::CodeCommit::Repository": "codecommit",
	"AWS::CodePipeline::Pipeline": "codepipeline",
	"AWS::ECR::Repository":        "ecr",
	"AWS::EKS::Cluster":           "eks",
}

// region looks whether the Region has the services. AWS says so in parameters
// that not every Region has; us-east-1 knows all Regions that are not in a
// partition of their own.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-global-infrastructure.html
func (c *checks) region(ctx context.Context) *row {
	if c.partition != "aws" {
		return nil
	}
	const prefix = "/aws/service/global-infrastructure/regions/"
	var names []string
	for kind, service := range services {
		if len(of(c.fresh, kind)) > 0 {
			names = append(names, prefix+c.cfg.Region+"/services/"+service)
		}
	}
	if len(names) == 0 {
		return nil
	}
	cfg := c.cfg.Copy()
	cfg.Region = "us-east-1"
	answer, err := ssm.NewFromConfig(cfg).GetParameters(ctx, &ssm.GetParametersInput{Names: names})
	problem := ""
	if err == nil && len(answer.InvalidParameters) > 0 {
		for i, name := range answer.InvalidParameters {
			answer.InvalidParameters[i] = name[strings.LastIndex(name, "/")+1:]
		}
		slices.Sort(answer.InvalidParameters)
		problem = fmt.Sprintf("%s has no %s: choose another Region, or in the settings another source of the code",
			c.cfg.Region, strings.Join(answer.InvalidParameters, ", "))
	}
	found := result("services", problem, err)
	return &found
}

// provider looks for the one OIDC provider of a URL that an account can have.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
func (c *checks) provider(ctx context.Context) *row {
	made := of(c.fresh, "AWS::IAM::OIDCProvider")
	if len(made) == 0 {
		return nil
	}
	host := strings.TrimPrefix(made[0].literal("Url"), "https://")
	answer, err := iam.NewFromConfig(c.cfg).ListOpenIDConnectProviders(ctx, nil)
	problem := ""
	if err == nil {
		for _, provider := range answer.OpenIDConnectProviderList {
			if arn := aws.ToString(provider.Arn); strings.HasSuffix(arn, ":oidc-provider/"+host) {
				problem = "the account has a provider for " + host + ": set github.oidcProviderArn to " + arn
			}
		}
	}
	found := result("OIDC provider", problem, err)
	return &found
}
