package docker

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// user that ECR's passwords are for.
const user = "AWS"

// config is the part of docker's config.json that holds log-ins.
type config struct {
	Auths map[string]auth `json:"auths"`
}

type auth struct {
	Auth string `json:"auth"`
}

func (c *Call) configFile() string { return filepath.Join(c.Home, ".docker", "config.json") }

func (c *Call) credentials(user, password string) auth {
	return auth{base64.StdEncoding.EncodeToString([]byte(user + ":" + password))}
}

func (c *Call) login(_ context.Context, args []string) error {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	name := set.String("username", "", "")
	fromStdin := set.Bool("password-stdin", false, "")
	hosts, err := parse(set, args)
	if err != nil {
		return err
	}
	if !*fromStdin {
		return errors.New("want --password-stdin: other processes can read arguments")
	}
	if len(hosts) != 1 || hosts[0] != c.Registry.Host {
		return fmt.Errorf("want the registry %s, got %q", c.Registry.Host, hosts)
	}
	text, err := io.ReadAll(c.Stdin)
	if err != nil {
		return err
	}
	password := strings.TrimSpace(string(text))
	if *name != user || password != c.Registry.Password {
		return fmt.Errorf("login attempt to https://%s/v2/ failed with status: 400 Bad Request", c.Registry.Host)
	}
	return writeJSON(c.configFile(), config{map[string]auth{c.Registry.Host: c.credentials(*name, password)}})
}

// loggedIn is what a push needs.
func (c *Call) loggedIn() error {
	text, err := os.ReadFile(c.configFile())
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("push access denied: no basic auth credentials")
	}
	if err != nil {
		return err
	}
	var known config
	if err := json.Unmarshal(text, &known); err != nil {
		return fmt.Errorf("%s: %w", c.configFile(), err)
	}
	if known.Auths[c.Registry.Host] != c.credentials(user, c.Registry.Password) {
		return fmt.Errorf("push access denied: no credentials for %s", c.Registry.Host)
	}
	return nil
}

// writeJSON writes a file that only the user may read, and the folders above it.
func writeJSON(path string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
