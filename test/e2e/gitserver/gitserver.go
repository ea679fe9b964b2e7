// Package gitserver serves Git over HTTPS with `git http-backend`, in the place
// of CodeCommit. Reading and pushing both need the user and the password.
package gitserver

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"gitops-eks/test/e2e/loopback"
	"gitops-eks/test/e2e/pki"
)

// Branch is that of a seeded repository.
const Branch = "main"

// Server is a Git server. Down and Up simulate an outage.
type Server struct {
	*loopback.Server
	// User and Password of all repositories.
	User, Password string
	// CA is the certificate to trust, in PEM.
	CA []byte

	dir     string
	backend *cgi.Handler
	mu      sync.Mutex
	onPush  func(repository string)
}

// Start serves the repositories in a folder, which is made.
func Start(dir string) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	programs, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("the bench needs git: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	authority, err := pki.NewAuthority("git")
	if err != nil {
		return nil, err
	}
	pair, err := authority.Server("git")
	if err != nil {
		return nil, err
	}
	certificate, err := pair.TLS()
	if err != nil {
		return nil, err
	}
	s := &Server{User: "git", Password: rand.Text(), CA: authority.Certificate, dir: dir}
	if err := os.WriteFile(s.CAFile(), s.CA, 0o600); err != nil {
		return nil, err
	}
	s.backend = &cgi.Handler{
		// As `git http-backend`, without a git process around it.
		Path: filepath.Join(strings.TrimSpace(string(programs)), "git-http-backend"),
		Dir:  dir,
		Env: append([]string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1",
			// It lets only a known user push.
			"REMOTE_USER=" + s.User}, isolated(dir)...),
	}
	s.Server, err = loopback.Serve(http.HandlerFunc(s.serve), &certificate)
	return s, err
}

// CAFile is the certificate of the authority that the server is known by.
func (s *Server) CAFile() string { return filepath.Join(s.dir, "ca.crt") }

// RepositoryURL is the address of a repository.
func (s *Server) RepositoryURL(name string) string { return s.URL() + "/" + name + ".git" }

// SecretData is the Secret that a GitRepository refers to.
func (s *Server) SecretData() map[string]string {
	return map[string]string{"username": s.User, "password": s.Password, "ca.crt": string(s.CA)}
}

// OnPush sets what is called after each push that the server has taken, in the
// place of the events that CodeCommit sends.
func (s *Server) OnPush(call func(repository string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onPush = call
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	if subtle.ConstantTimeCompare([]byte(user+":"+password), []byte(s.User+":"+s.Password)) != 1 {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		http.Error(w, "user or password is wrong", http.StatusUnauthorized)
		return
	}
	s.backend.ServeHTTP(w, r)
	if repository, ok := strings.CutSuffix(r.URL.Path, ".git/git-receive-pack"); ok && r.Method == http.MethodPost {
		s.mu.Lock()
		call := s.onPush
		s.mu.Unlock()
		if call != nil {
			call(strings.TrimPrefix(repository, "/"))
		}
	}
}

// Seed makes a repository with the content of a folder as its one commit, as
// CodeCommit does with the code of a new repository. Edit may change the
// content before the commit; nil leaves it.
func (s *Server) Seed(ctx context.Context, name, folder string, edit func(dir string) error) error {
	if err := s.seed(ctx, name, folder, edit); err != nil {
		return fmt.Errorf("seed repository %s: %w", name, err)
	}
	return nil
}

func (s *Server) seed(ctx context.Context, name, folder string, edit func(dir string) error) (err error) {
	work, err := os.MkdirTemp(s.dir, ".seed-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.CopyFS(work, os.DirFS(folder)); err != nil {
		return err
	}
	if edit != nil {
		if err := edit(work); err != nil {
			return err
		}
	}
	bare := filepath.Join(s.dir, name+".git")
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=" + Branch, work},
		{"-C", work, "add", "--all", "--force"},
		{"-C", work, "commit", "--quiet", "--message=Seed the repository"},
		{"clone", "--quiet", "--bare", "--no-local", work, bare},
		{"-C", bare, "remote", "remove", "origin"},
	} {
		if _, err := s.git(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// Head is the commit that the branch of a repository points at.
func (s *Server) Head(ctx context.Context, name string) (string, error) {
	return s.git(ctx, "-C", filepath.Join(s.dir, name+".git"), "rev-parse", "refs/heads/"+Branch)
}
