package cluster

import (
	"gitops-eks/test/e2e/loopback"
	"gitops-eks/test/e2e/proc"
)

func (c *Cluster) controllerManager() (proc.Spec, error) {
	return c.component(ControllerManager, c.endpoints.controllerManager,
		"--use-service-account-credentials=true",
		"--service-account-private-key-file="+c.path("pki/sa.key"),
		"--root-ca-file="+c.path("pki/ca.crt"),
		"--cluster-signing-cert-file="+c.path("pki/ca.crt"),
		"--cluster-signing-key-file="+c.path("pki/ca.key"),
		// The default of 20 requests a second is what a bring-up would wait for.
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	)
}

func (c *Cluster) scheduler() (proc.Spec, error) {
	return c.component(Scheduler, c.endpoints.scheduler, "--kube-api-qps=500", "--kube-api-burst=1000")
}

// component is what controller-manager and scheduler have in common.
func (c *Cluster) component(name, address string, args ...string) (proc.Spec, error) {
	_, kubeconfig, err := c.clientAccess(name, "system:"+name)
	if err != nil {
		return proc.Spec{}, err
	}
	client, err := c.httpClient()
	if err != nil {
		return proc.Spec{}, err
	}
	serving, err := c.authority.Server(name)
	if err != nil {
		return proc.Spec{}, err
	}
	if err := c.writePair(name, serving); err != nil {
		return proc.Spec{}, err
	}
	return proc.Spec{
		Name: name,
		Path: c.binaries.Path(name),
		Args: append([]string{
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			// It would look this up in a ConfigMap that the API server may not have made yet.
			"--authentication-skip-lookup=true",
			"--client-ca-file=" + c.path("pki/ca.crt"),
			"--tls-cert-file=" + c.path("pki/"+name+".crt"),
			"--tls-private-key-file=" + c.path("pki/"+name+".key"),
			"--bind-address=127.0.0.1",
			"--secure-port=" + loopback.Port(address),
			// There is one of each; after a kill a lease would only cost time.
			"--leader-elect=false",
			"--profiling=false",
		}, args...),
		Env:   c.env,
		Ready: healthy(client, "https://"+address+"/healthz"),
	}, nil
}
