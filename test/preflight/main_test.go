package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/require"

	"gitops-eks/test/preflight/standin"
)

const root = "../.."

// assemble makes an assembly of the templates that were reviewed last, in the
// account and the Region of the credentials.
func assemble(t *testing.T, variant string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files, err := filepath.Glob(filepath.Join(root, "test/testdata/snapshots", variant, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	artifacts := map[string]any{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".template.json"), text, 0o600))
		artifacts[name] = map[string]any{
			"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
			"properties": map[string]any{"templateFile": name + ".template.json", "requiresBootstrapStackVersion": 6},
		}
	}
	index, err := json.Marshal(map[string]any{"version": "1", "artifacts": artifacts})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.json"), index, 0o600))
	return dir
}

func quotas(values map[string]float64) func(standin.Request) (string, error) {
	names := map[string]string{
		"L-9D07B6EF": "Concurrently running builds for Linux/Small environment", "L-ARM": "Concurrently running builds for ARM/Small environment",
		"L-0263D0A3": "EC2-VPC Elastic IPs", "L-F678F1CE": "VPCs per Region",
		"L-1216C47A": "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
	}
	return func(standin.Request) (string, error) {
		var list []string
		for _, code := range slices.Sorted(maps.Keys(values)) {
			list = append(list, fmt.Sprintf(`{"QuotaCode": %q, "QuotaName": %q, "Value": %v}`, code, names[code], values[code]))
		}
		return `{"Quotas": [` + strings.Join(list, ",") + `]}`, nil
	}
}

func zones(count int) func(standin.Request) (string, error) {
	var list strings.Builder
	for i := range count {
		fmt.Fprintf(&list, "<item><zoneName>eu-west-1%c</zoneName><zoneId>euw1-az%d</zoneId></item>", 'a'+i, i+1)
	}
	return standin.Say("<DescribeAvailabilityZonesResponse><availabilityZoneInfo>" + list.String() + "</availabilityZoneInfo></DescribeAvailabilityZonesResponse>")
}

func addresses(count int) func(standin.Request) (string, error) {
	return standin.Say("<DescribeAddressesResponse><addressesSet>" + strings.Repeat("<item><publicIp>192.0.2.1</publicIp></item>", count) + "</addressesSet></DescribeAddressesResponse>")
}

// empty is a new account where everything fits.
func empty() standin.Answers {
	answers := standin.Identity("111111111111")
	maps.Copy(answers, standin.Answers{
		"GetParameter":                standin.Bootstrap("30"),
		"ListStackResources":          standin.Refuse("ValidationError", "Stack with id x does not exist"),
		"ListServiceQuotas":           quotas(map[string]float64{"L-9D07B6EF": 1, "L-0263D0A3": 5, "L-1216C47A": 8}),
		"ListAWSDefaultServiceQuotas": quotas(map[string]float64{"L-ARM": 1, "L-F678F1CE": 5}),
		"DescribeAddresses":           addresses(3),
		"DescribeVpcs":                standin.Say("<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>"),
		"DescribeAvailabilityZones":   zones(3),
		"GetParameters":               standin.Say(`{"Parameters": [], "InvalidParameters": []}`),
		"ListRepositories":            standin.Say(`{"repositories": [{"repositoryName": "other"}]}`),
		"DescribeRepositories":        standin.Say(`{"repositories": [{"repositoryName": "other"}]}`),
		"GET /clusters":               standin.Say(`{"clusters": ["other"]}`),
		"GetRole":                     standin.Refuse("NoSuchEntity", ""),
		"ListOpenIDConnectProviders": standin.Say("<ListOpenIDConnectProvidersResponse><ListOpenIDConnectProvidersResult><OpenIDConnectProviderList>" +
			"<member><Arn>arn:aws:iam::111111111111:oidc-provider/example.com</Arn></member></OpenIDConnectProviderList></ListOpenIDConnectProvidersResult></ListOpenIDConnectProvidersResponse>"),
	})
	return answers
}

// preflight runs the checks and gives the results, by check.
func preflight(t *testing.T, variant string, answers standin.Answers) (results, texts map[string]string, err error) {
	t.Helper()
	standin.Start(t, answers)
	var out strings.Builder
	err = run(t.Context(), &out, root, assemble(t, variant))
	results, texts = map[string]string{}, map[string]string{}
	for line := range strings.Lines(out.String()) {
		found := regexp.MustCompile(`^111111111111/eu-west-1  (.+?)  +(ok|would stop|could not look)  *(.*)\n$`).FindStringSubmatch(line)
		if strings.HasPrefix(line, "WHERE ") {
			continue
		}
		require.NotNil(t, found, line)
		results[found[1]], texts[found[1]] = found[2], found[3]
	}
	return results, texts, err
}

func TestNothingStopsADeploymentToAnEmptyAccount(t *testing.T) {
	for variant, checks := range map[string][]string{
		"default": {
			"VPCs", "bootstrap", "builds Linux/SMALL", "cluster names", "elastic IPs", "image repository names", "repository names",
			"services", "vCPUs", "zones",
		},
		"two-platforms": nil,
		"github":        nil,
		"existing-vpc":  nil,
	} {
		results, texts, err := preflight(t, variant, empty())
		require.NoError(t, err, "%s: %v", variant, texts)
		for check, result := range results {
			require.Equal(t, ok, result, "%s: %s: %s", variant, check, texts[check])
		}
		if checks != nil {
			require.Equal(t, checks, slices.Sorted(maps.Keys(results)), variant)
		}
	}
}

func TestWhatWouldStopADeploymentIsSaidWithTheFix(t *testing.T) {
	for name, c := range map[string]struct {
		variant, check string
		change         func(standin.Answers)
		want           string
	}{
		"no builds": {
			"default", "builds Linux/SMALL",
			func(a standin.Answers) {
				a["ListServiceQuotas"] = quotas(map[string]float64{"L-9D07B6EF": 0, "L-0263D0A3": 5, "L-1216C47A": 8})
			},
			"CodeBuild runs no build here, its quota is 0: aws service-quotas request-service-quota-increase --region eu-west-1 " +
				"--service-code codebuild --quota-code L-9D07B6EF --desired-value 2",
		},
		"no builds on Arm": {
			"two-platforms", "builds ARM/SMALL",
			func(a standin.Answers) {
				a["ListAWSDefaultServiceQuotas"] = quotas(map[string]float64{"L-ARM": 0, "L-F678F1CE": 5})
			},
			"--quota-code L-ARM --desired-value 2",
		},
		"no addresses": {
			"default", "elastic IPs", func(a standin.Answers) { a["DescribeAddresses"] = addresses(5) },
			"5 are in use and 1 more are needed, the quota is 5: aws service-quotas request-service-quota-increase --region eu-west-1 " +
				"--service-code ec2 --quota-code L-0263D0A3 --desired-value 6",
		},
		"no VPC": {
			"default", "VPCs",
			func(a standin.Answers) {
				a["ListAWSDefaultServiceQuotas"] = quotas(map[string]float64{"L-F678F1CE": 1})
			},
			"1 are in use and 1 more are needed, the quota is 1: ",
		},
		"no nodes": {
			"default", "vCPUs",
			func(a standin.Answers) {
				a["ListServiceQuotas"] = quotas(map[string]float64{"L-9D07B6EF": 1, "L-0263D0A3": 5, "L-1216C47A": 1})
			},
			"EC2 starts on-demand instances of 1 vCPUs in all, the clusters need 4 at least: ",
		},
		"an old bootstrap": {
			"default", "bootstrap", func(a standin.Answers) { a["GetParameter"] = standin.Bootstrap("5") },
			"the CDK's bootstrap is of version 5, wanted is 8: run make bootstrap",
		},
		"few zones": {
			"default", "zones", func(a standin.Answers) { a["DescribeAvailabilityZones"] = zones(2) },
			"3 are wanted, and EKS runs in 2 (eu-west-1a, eu-west-1b): set network.availabilityZoneCount to 2, or choose another Region",
		},
		"a zone without EKS": {
			"default", "zones",
			func(a standin.Answers) {
				a["DescribeAvailabilityZones"] = func(r standin.Request) (string, error) {
					said, err := zones(3)(r)
					return strings.Replace(said, "euw1-az1", "use1-az3", 1), err
				}
			},
			"3 are wanted, and EKS runs in 2 (eu-west-1b, eu-west-1c): ",
		},
		"no CodeCommit": {
			"default", "services",
			func(a standin.Answers) {
				a["GetParameters"] = func(r standin.Request) (string, error) {
					if r.Region != "us-east-1" || !strings.Contains(r.Body, "/regions/eu-west-1/services/eks") {
						return "", &standin.Refusal{Code: "InternalServerError"}
					}
					return `{"InvalidParameters": ["/aws/service/global-infrastructure/regions/eu-west-1/services/codecommit"]}`, nil
				}
			},
			"eu-west-1 has no codecommit: choose another Region, or in the settings another source of the code",
		},
		"a provider": {
			"github", "OIDC provider",
			func(a standin.Answers) {
				said, _ := a["ListOpenIDConnectProviders"](standin.Request{})
				a["ListOpenIDConnectProviders"] = standin.Say(strings.Replace(said, "example.com", "token.actions.githubusercontent.com", 1))
			},
			"set github.oidcProviderArn to arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com",
		},
		"a role": {
			"github", "role names",
			func(a standin.Answers) {
				a["GetRole"] = func(r standin.Request) (string, error) {
					if !strings.Contains(r.Body, "RoleName=acme-github-diff") {
						return "", &standin.Refusal{Code: "NoSuchEntity"}
					}
					return "<GetRoleResponse><GetRoleResult><Role><RoleName>acme-github-diff</RoleName></Role></GetRoleResult></GetRoleResponse>", nil
				}
			},
			"acme-github-diff exists, and is not of this stack: remove or rename it, or change name in the settings",
		},
		"a cluster": {
			"default", "cluster names", func(a standin.Answers) { a["GET /clusters"] = standin.Say(`{"clusters": ["platform-dev"]}`) },
			"platform-dev exists, and is not of this stack: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			answers := empty()
			c.change(answers)
			results, texts, err := preflight(t, c.variant, answers)
			require.EqualError(t, err, "a deployment would stop: see above")
			require.Contains(t, texts[c.check], c.want)
			for check, result := range results {
				require.Equal(t, check == c.check, result == stops, "%s: %s", check, texts[check])
			}
		})
	}
}

// What a stack has already needs no more room, and is nobody else's.
func TestWhatIsDeployedIsNotLookedAt(t *testing.T) {
	answers := empty()
	answers["ListStackResources"] = func(r standin.Request) (string, error) {
		stack := regexp.MustCompile(`StackName=([\w-]+)`).FindStringSubmatch(r.Body)[1]
		text, err := os.ReadFile(filepath.Join(root, "test/testdata/snapshots/default", stack+".json"))
		require.NoError(t, err)
		var template struct{ Resources map[string]any }
		require.NoError(t, json.Unmarshal(text, &template))
		var list strings.Builder
		for id := range template.Resources {
			fmt.Fprintf(&list, "<member><LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>x</PhysicalResourceId>"+
				"<ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>", id)
		}
		return "<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>" + list.String() +
			"</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>", nil
	}
	answers["DescribeAddresses"] = addresses(5)
	answers["GET /clusters"] = standin.Say(`{"clusters": ["platform-dev"]}`)
	results, texts, err := preflight(t, "default", answers)
	require.NoError(t, err, texts)
	require.Equal(t, []string{"bootstrap", "builds Linux/SMALL", "vCPUs"}, slices.Sorted(maps.Keys(results)))
}

func sdk(t *testing.T) aws.Config {
	t.Helper()
	cfg, err := awsconfig.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	return cfg
}

// A repository that outlived its stack is taken back by the next deployment.
func TestWhatWasKeptIsTakenBack(t *testing.T) {
	standin.Start(t, standin.Answers{"ListRepositories": standin.Say(`{"repositories": [{"repositoryName": "a"}, {"repositoryName": "b"}]}`)})
	repository := func(name, deletion string) resource {
		return resource{Type: "AWS::CodeCommit::Repository", Properties: map[string]any{"RepositoryName": name}, Deletion: deletion}
	}
	c := &checks{cfg: sdk(t), fresh: []resource{repository("a", "RetainExceptOnCreate"), repository("b", "Delete")}}
	require.Equal(t, []row{{check: "repository names", result: stops, text: "b exists, and is not of this stack: remove or rename it, or change name in the settings"}}, c.names(t.Context()))
	c.fresh = c.fresh[:1]
	require.Equal(t, []row{{check: "repository names", result: ok, text: "a exists: the deployment takes it into the stack"}}, c.names(t.Context()))
}

// Without rights, nothing is known: that is no reason to stop.
func TestWhoMayNotLookIsTold(t *testing.T) {
	results, texts, err := preflight(t, "default", standin.Identity("111111111111"))
	require.NoError(t, err)
	require.Equal(t, unknown, results["bootstrap"])
	require.Equal(t, unknown, results["stack dev-network"])
	require.Contains(t, texts["stack dev-network"], "not authorized to perform ListStackResources")
	require.NotContains(t, slices.Collect(maps.Values(results)), ok)
}

func TestPreflightNeedsAnAssembly(t *testing.T) {
	standin.Start(t, empty())
	require.ErrorContains(t, run(t.Context(), os.Stdout, root, t.TempDir()), "manifest.json: no such file or directory: run make synth")
}
