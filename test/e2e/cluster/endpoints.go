package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"

	"gitops-eks/test/e2e/loopback"
)

// endpoints stay the same over restarts.
type endpoints struct {
	etcd, etcdPeer, apiserver, controllerManager, scheduler, kwok string
}

func newEndpoints() (e endpoints, err error) {
	for _, address := range []*string{&e.etcd, &e.etcdPeer, &e.apiserver, &e.controllerManager, &e.scheduler, &e.kwok} {
		if *address, err = loopback.Address(); err != nil {
			return e, err
		}
	}
	return e, nil
}

// healthy asks a health endpoint, once.
func healthy(client *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, response.Status)
		}
		return nil
	}
}

// httpClient trusts the cluster's authority and shows the administrator's certificate.
func (c *Cluster) httpClient() (*http.Client, error) {
	pair, err := tls.X509KeyPair(c.Config.CertData, c.Config.KeyData)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(c.authority.Certificate)
	return &http.Client{Transport: &http.Transport{
		// A connection of before a restart would fail the first probe after it.
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
	}}, nil
}
