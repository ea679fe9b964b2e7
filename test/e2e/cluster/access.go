package cluster

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// pollInterval of the waits for the API's objects.
const pollInterval = 50 * time.Millisecond

// tokenLifetime outlasts any run: unlike a kubelet, nobody renews the token.
const tokenLifetime = 24 * time.Hour

// clientAccess is a user with a certificate, as a configuration and a kubeconfig.
func (c *Cluster) clientAccess(name, user string, groups ...string) (*rest.Config, string, error) {
	pair, err := c.authority.Client(user, groups...)
	if err != nil {
		return nil, "", err
	}
	path, err := c.writeKubeconfig(name, "", &api.AuthInfo{ClientCertificateData: pair.Certificate, ClientKeyData: pair.Key})
	if err != nil {
		return nil, "", err
	}
	return &rest.Config{
		Host: c.Server(),
		// Tests poll; the default of 5 requests a second would slow them, and not what they measure.
		QPS:             500,
		Burst:           1000,
		TLSClientConfig: rest.TLSClientConfig{CAData: c.authority.Certificate, CertData: pair.Certificate, KeyData: pair.Key},
	}, path, nil
}

// ServiceAccountKubeconfig writes a kubeconfig with a token of a service
// account, the identity that its pods would have, and answers its path.
func (c *Cluster) ServiceAccountKubeconfig(ctx context.Context, namespace, name string) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	seconds := int64(tokenLifetime.Seconds())
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	if err := c.Client.SubResource("token").Create(ctx, account, request); err != nil {
		return "", fmt.Errorf("token of service account %s/%s: %w", namespace, name, err)
	}
	return c.writeKubeconfig(namespace+"."+name, namespace, &api.AuthInfo{Token: request.Status.Token})
}

func (c *Cluster) writeKubeconfig(name, namespace string, user *api.AuthInfo) (string, error) {
	path := c.path(name + ".kubeconfig")
	return path, clientcmd.WriteToFile(api.Config{
		Clusters:       map[string]*api.Cluster{"bench": &c.entry},
		AuthInfos:      map[string]*api.AuthInfo{name: user},
		Contexts:       map[string]*api.Context{"bench": {Cluster: "bench", AuthInfo: name, Namespace: namespace}},
		CurrentContext: "bench",
	}, path)
}

// connect makes the administrator's client, which needs a running API server.
func (c *Cluster) connect() (err error) {
	// Kinds that are deprecated, pods that another policy would refuse: not the reader's.
	c.Config.WarningHandlerWithContext = rest.NoWarnings{}
	c.Client, err = client.NewWithWatch(c.Config, client.Options{Scheme: scheme.Scheme})
	return err
}
