package main

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/cloudformationinclude"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"gitops-eks/test/gates/nag/report"
)

// said are the types of metadata that are words to a reader.
var said = map[string]bool{"aws:cdk:error": true, "aws:cdk:warning": true, "aws:cdk:info": true}

// look loads one template into an app of its own, so that a template that
// cannot be loaded leaves the others in peace.
func look(folder string, stack report.Stack) (result report.Result) {
	result.Stack = stack.ID
	defer func() {
		if reason := recover(); reason != nil {
			result.Error = fmt.Sprint(reason)
		}
	}()
	out := filepath.Join(folder, stack.ID+".out")
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(out), AnalyticsReporting: jsii.Bool(false), TreeMetadata: jsii.Bool(false),
		Context: &map[string]any{"aws:cdk:disable-stack-trace": true}, // nobody reads them, and they take time
	})
	scope := awscdk.NewStack(app, jsii.String(stack.ID), &awscdk.StackProps{
		// The default one would add what the template has already.
		Synthesizer: awscdk.NewLegacyStackSynthesizer(),
	})
	cloudformationinclude.NewCfnInclude(scope, jsii.String("Template"), &cloudformationinclude.CfnIncludeProps{
		TemplateFile: jsii.String(stack.File), AllowCyclicalReferences: jsii.Bool(true), // another gate says where
	})
	awscdk.Aspects_Of(scope).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Verbose: jsii.Bool(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_CSV},
	}), nil)
	app.Synth(nil)
	if err := read(out, stack, &result); err != nil {
		result.Error = err.Error()
	}
	return result
}

// read puts together what cdk-nag wrote: the report knows what was looked at,
// the annotations know the details and the explanation.
func read(out string, stack report.Stack, result *report.Result) error {
	if err := complete(out, stack); err != nil {
		return err
	}
	info, err := readReport(out, result)
	if err != nil {
		return err
	}
	annotations, err := readAnnotations(out, stack.ID)
	if err != nil {
		return err
	}
	for _, construct := range slices.Sorted(maps.Keys(annotations)) {
		for _, entry := range annotations[construct] {
			if !said[entry.Type] {
				continue
			}
			text, _ := entry.Data.(string)
			f, ok := parse(text, info)
			if !ok {
				return fmt.Errorf("cdk-nag said of %s what is not understood: %s", construct, text)
			}
			f.LogicalID = path.Base(construct)
			result.Findings = append(result.Findings, f)
		}
	}
	return nil
}
