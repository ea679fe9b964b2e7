// Package account finds out which accounts and Regions the settings name, and
// reaches them as the CDK's command line does: by the lookup role that its
// bootstrap made there, which can only read.
package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"gitops-eks/stacks/config"
)

// MinBootstrap is the first version of the CDK's bootstrap whose lookup role may
// read the version. https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
const MinBootstrap = 8

// Settings are those of cdk.json that say where stacks are.
type Settings struct {
	Platform *config.Platform
	// Qualifier is a part of the names of what the bootstrap made.
	Qualifier string
}

// ReadSettings reads cdk.json in the folder root. Without a name of an
// environment, all stay.
func ReadSettings(root, env string) (*Settings, error) {
	text, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Context struct {
			Platform  json.RawMessage `json:"platform"`
			Qualifier string          `json:"@aws-cdk/core:bootstrapQualifier"`
		} `json:"context"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read cdk.json: %w", err)
	}
	platform, err := config.Parse(file.Context.Platform)
	if err != nil {
		return nil, err
	}
	if platform, err = platform.Select(env); err != nil {
		return nil, err
	}
	if file.Context.Qualifier == "" {
		file.Context.Qualifier = "hnb659fds" // the CDK's
	}
	return &Settings{Platform: platform, Qualifier: file.Context.Qualifier}, nil
}

// Place is an account and a Region. Both are empty where the settings leave them
// to the credentials.
type Place struct{ Account, Region string }

func (p Place) String() string { return p.Account + "/" + p.Region }

// Stacks are the names of all stacks, and where each is.
func (s *Settings) Stacks() map[string]Place {
	delivery := Place{s.Platform.Delivery.Account, s.Platform.Delivery.Region}
	stacks := map[string]Place{"delivery": delivery}
	for _, app := range s.Platform.Apps {
		stacks["app-"+app.Name] = delivery
	}
	if s.Platform.GitHub.Repository != "" {
		stacks["ci"] = delivery
	}
	for _, e := range s.Platform.Environments {
		for _, kind := range []string{"network", "cluster", "gitops"} {
			stacks[e.Name+"-"+kind] = Place{e.Account, e.Region}
		}
	}
	return stacks
}

// Caller is whom the credentials speak for.
type Caller struct {
	ARN, Account, Partition string

	config    aws.Config
	qualifier string
}

// NewCaller asks AWS whose the credentials are that go to places.
func NewCaller(ctx context.Context, qualifier string, places []Place) (*Caller, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("the AWS configuration cannot be read: %w", err)
	}
	open := slices.ContainsFunc(places, func(p Place) bool { return p.Region == "" })
	if err := checkRegion(cfg.Region, open); err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		cfg.Region = places[0].Region
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, noCredentials(err)
	}
	identity, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, refused(err, cfg.Region)
	}
	who, err := arn.Parse(aws.ToString(identity.Arn))
	if err != nil {
		return nil, fmt.Errorf("AWS says that the credentials are of %q: %w", aws.ToString(identity.Arn), err)
	}
	return &Caller{ARN: who.String(), Account: who.AccountID, Partition: who.Partition, config: cfg, qualifier: qualifier}, nil
}

// checkRegion looks at the Region of the environment or the profile. Without one,
// the CDK's command line would take us-east-1 without a word.
func checkRegion(region string, open bool) error {
	if region == "" && open {
		return errors.New("no Region is chosen: the settings leave it open, and neither AWS_REGION nor the profile names one; " +
			"export AWS_REGION=eu-west-1, for example, or set account and region of each environment")
	}
	if region != "" && !slices.Contains(config.Regions, region) {
		return fmt.Errorf("AWS has no Region %q, which AWS_REGION or the profile names; "+
			"correct it, or add it to stacks/config/regions.go where it is newer than this program", region)
	}
	return nil
}

func noCredentials(err error) error {
	// The last in the SDK's chain is the machine's role: then no other was there.
	if strings.Contains(err.Error(), "IMDS") {
		return errors.New("no AWS credentials were found: log in (aws configure sso, then export AWS_PROFILE=its name), " +
			"or export AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN")
	}
	return fmt.Errorf("the AWS credentials cannot be used: %w; log in again (aws sso login), or choose another AWS_PROFILE", err)
}

// code is AWS's name of an error; empty when AWS was not reached.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func refused(err error, region string) error {
	switch code(err) {
	case "":
		return fmt.Errorf("AWS cannot be reached in %s: %w; is there a way out of this machine?", region, err)
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return errors.New("the AWS credentials have expired: log in again (aws sso login), or export new ones")
	}
	return fmt.Errorf("AWS refuses the credentials in %s (%s): they are wrong, or the Region is not enabled in their account "+
		"(aws account enable-region --region-name %s)", region, code(err), region)
}

// Resolve fills in what the settings leave to the credentials.
func (c *Caller) Resolve(p Place) Place {
	if p.Account == "" {
		return Place{c.Account, c.config.Region}
	}
	return p
}

// At reaches a place by its lookup role, or else with the credentials themselves
// where they are the account's own.
func (c *Caller) At(ctx context.Context, p Place) (aws.Config, error) {
	cfg := c.config.Copy()
	cfg.Region = p.Region
	role := fmt.Sprintf("arn:%s:iam::%s:role/cdk-%s-lookup-role-%s-%s", c.Partition, p.Account, c.qualifier, p.Account, p.Region)
	taken := cfg.Copy()
	taken.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), role))
	_, err := taken.Credentials.Retrieve(ctx)
	switch {
	case err == nil:
		return taken, nil
	case p.Account == c.Account:
		return cfg, nil
	case code(err) == "":
		return cfg, fmt.Errorf("AWS cannot be reached in %s: %w", p.Region, err)
	}
	return cfg, fmt.Errorf("%s may not take the role %s: the account is not bootstrapped, or does not trust account %s; "+
		"run make bootstrap with credentials of %s", c.ARN, role, c.Account, p.Account)
}

// Bootstrap is the version of the CDK's bootstrap; 0 when there is none.
func (c *Caller) Bootstrap(ctx context.Context, cfg aws.Config) (int, error) {
	parameter, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{
		Name: aws.String("/cdk-bootstrap/" + c.qualifier + "/version"),
	})
	var missing *ssmtypes.ParameterNotFound
	if errors.As(err, &missing) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(aws.ToString(parameter.Parameter.Value))
}

// BootstrapProblem says what is wrong with a version, and the fix; empty when nothing is.
func BootstrapProblem(version, wanted int) string {
	switch {
	case version == 0:
		return "the CDK's bootstrap is missing: run make bootstrap"
	case version < wanted:
		return fmt.Sprintf("the CDK's bootstrap is of version %d, wanted is %d: run make bootstrap", version, wanted)
	}
	return ""
}
