package replay

// StandIns lists, a line each, what replay puts in the place of AWS.
func StandIns() []string {
	return []string{
		"CloudFormation: one resource at a time, in dependency order; AWS's resources are values that are made up, a failure is not rolled back",
		"Lambda and CDK's provider framework: AWS's Python handler as a process, with kubectl and helm of the layer and both timeouts",
		"AWS CLI: a script that writes the bench's kubeconfig, and boto3 with the one answer that the handler asks for",
	}
}
