# What a user runs is here; the README explains each.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CDK := npx --no-install cdk
# Narrow to one environment: make deploy ENV=prod
CONTEXT := $(if $(ENV),-c 'env=$(ENV)')
# Stacks to work on: make deploy STACKS='dev-*'
STACKS ?= --all

# In quotes, so that no file of this folder takes the place of a pattern.
quoted = $(patsubst %,'%',$(1))
NAMED = $(call quoted,$(filter-out --all,$(STACKS)))
# What make destroy takes down.
DOOMED = $(or $(NAMED),$(if $(ENV),'$(ENV)-*'))

# The template validator takes six seconds a process. It stays on where a
# template leaves this machine, and off in loops.
QUICK := CDK_VALIDATION=false JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20

# Go answers from its cache when no file of the test's own module has changed. It
# does not see what is read outside of it, such as manifests/ by test/manifests,
# nor what a program reads that a test runs.
# https://github.com/golang/go/blob/go1.26.0/src/cmd/go/internal/test/test.go (computeTestInputsID)
TEST := go test -count=1

# What would stop the CDK's command line at once, such as missing credentials: in
# our words, with the fix, and before anything is synthesized. Built and not run
# by `go run`, which adds a line to every failure.
READY := node_modules/.cache/ready
ready = (cd test/preflight && go build -o '$(CURDIR)/$(READY)' ./ready) && $(READY) $(if $(ENV),-env '$(ENV)')

# A copy of the seeds, so that the tests of the tools do not depend on what
# manifests/ and app/ become.
PROJECT := test/testdata/project

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

node_modules: package.json package-lock.json
	npm ci
	@touch node_modules

test/gates/node_modules: test/gates/package.json test/gates/package-lock.json
	cd test/gates && npm ci
	@touch $@

bootstrap: node_modules ## Bootstrap the accounts of the settings that the credentials are of, once; ENV=name narrows.
	@places="$$($(ready) -bootstrap)"; \
	while read -r place; do test -z "$$place" || $(CDK) bootstrap $$place </dev/null; done <<<"$$places"

# What an earlier destroy retained under an explicit name is taken back, where CloudFormation can.
deploy: node_modules ## Deploy; ENV=name narrows to an environment, STACKS='dev-*' to stacks.
	@$(ready) $(NAMED)
	$(CDK) deploy $(call quoted,$(STACKS)) $(CONTEXT) --import-existing-resources

# Without BASE it compares templates: for a change set, a role would have to write.
# The review compares with where the branch left BASE. It runs as a program of
# its own, and not by `go run`, whose exit code is always 1. HEAD and ASSEMBLY
# review another checkout without running its code.
diff: node_modules $(if $(BASE),test/gates/node_modules) ## Show what a deployment would change, reading only; BASE=origin/main reviews the change since there, offline.
ifdef BASE
	cd test/gates && go build -o node_modules/.cache/review ./review/cmd
	test/gates/node_modules/.cache/review -root '$(CURDIR)' $(if $(HEAD),-head '$(HEAD)') $(if $(ASSEMBLY),-assembly '$(ASSEMBLY)') -base '$(BASE)' $(if $(OUT),-out '$(OUT)') $(if $(ALLOW),-allow '$(ALLOW)')
else
	@$(ready) $(NAMED)
	$(CDK) diff $(NAMED) $(CONTEXT) --method=template
endif

drift: node_modules ## Show what was changed by hand, in every account.
	@$(ready)
	@$(MAKE) --no-print-directory synth
	.github/scripts/drift.sh

synth: node_modules ## Write the templates to cdk.out, strictly validated, without credentials.
	$(CDK) synth --quiet $(CONTEXT)

preflight: synth ## Say what would stop a deployment in the accounts, reading only: quotas, zones, names that are taken.
	@cd test/preflight && go build -o $(CURDIR)/node_modules/.cache/preflight .
	@node_modules/.cache/preflight -root '$(CURDIR)' -assembly cdk.out

gates: $(if $(ASSEMBLY),,synth) test/gates/node_modules ## Review the templates before a deployment; ASSEMBLY=folder takes others. V=1 lists what is accepted, and why.
	assembly="$$(realpath '$(or $(ASSEMBLY),cdk.out)')" && cd test/gates && go run . -root '$(CURDIR)' -assembly "$$assembly" $(if $(V),-v)

check: ## Review a clone of the config repository: make check CONFIG=folder; ASSEMBLY=folder takes its clusters instead of the settings'.
	cd test/gates && go run ./seed/cmd -root '$(CURDIR)' -config '$(CONFIG)' $(if $(ASSEMBLY),-assembly '$(ASSEMBLY)')

gates-test: node_modules test/gates/node_modules ## Seed faults into the platform, and print the score of the gates.
	cd test/gates && $(TEST) -timeout 30m ./...

destroy: node_modules ## Take an environment down: make destroy ENV=dev, or STACKS='app-* delivery'. Asks first.
	@test -n "$(DOOMED)" || { echo "say which environment or stacks: make destroy ENV=dev, or STACKS='app-* delivery'" >&2; exit 1; }
	@test -t 0 || { echo "make destroy asks first, and needs a terminal; without one: npx --no-install cdk destroy --force" $(DOOMED) >&2; exit 1; }
	@$(ready) $(DOOMED)
	$(CDK) destroy $(DOOMED) $(CONTEXT)

test: node_modules ## Run every test that needs no cluster.
	$(QUICK) $(TEST) ./...
	cd test/manifests && $(TEST) ./...
	cd test/preflight && $(TEST) ./...
	if test -f app/go.mod; then cd app && $(TEST) ./...; fi

snapshot: node_modules ## Accept the templates of today as the snapshots.
	$(QUICK) $(TEST) ./test -run TestSnapshots -update

project: ## Copy the seeds of the repositories to where the tests of the tools take them from.
	rm -rf $(PROJECT)/manifests $(PROJECT)/app
	cp -R manifests app $(PROJECT)

generate: ## Write platform.schema.json and the README's settings table anew.
	go generate ./stacks/config

fuzz: ## Look for settings that the parser mishandles, for a minute.
	$(TEST) -run '^$$' -fuzz FuzzParse -fuzztime 60s -fuzzminimizetime 10x ./stacks/config

SCRIPTS := constructs/scripts/*.sh .github/scripts/*.sh .ci/run

lint: ## Run the linters; shellcheck where it is installed.
	test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	for module in . $(wildcard app/go.mod) test/manifests/go.mod test/gates/go.mod test/preflight/go.mod test/e2e/go.mod; do (cd $${module%go.mod} && go vet ./... && go tool -modfile=$(CURDIR)/test/lint/go.mod golangci-lint run --config $(CURDIR)/.golangci.yml ./...); done
	for script in $(SCRIPTS); do bash -n $$script; done
	if command -v shellcheck >/dev/null; then shellcheck --shell=bash $(SCRIPTS); else echo "shellcheck is not installed: the scripts were only parsed"; fi

# Narrow the bench to some tests: make e2e E2E='TestLoop/(Deploy|Git)'
e2e: node_modules ## Run the platform on a real control plane and real Flux, and hurt it.
	cd test/e2e && $(TEST) -timeout 60m -parallel 8 -skip TestFigures $(if $(E2E),-v -run '$(E2E)') .

bench-test: node_modules ## Test the parts of the bench by themselves.
	cd test/e2e && $(TEST) -timeout 30m -parallel 8 $$(go list ./... | grep -v 'test/e2e$$')

e2e-report: node_modules ## Measure the bench, and draw what the README shows of it.
	cd test/e2e && $(TEST) -timeout 60m -v -run TestFigures .
	cd test/e2e && go run ./figures/draw -docs $(CURDIR)/docs -readme $(CURDIR)/README.md

# A KUBECONFIG or REGISTRY of the environment is not meant for this: only what
# stands on make's command line is.
given = $(if $(findstring command,$(origin $(1))),$($(1)))

# Built and not run by `go run`, which calls every Ctrl-C a failure.
preview: node_modules ## Bring the platform up on this machine; Ctrl-C ends it. KUBECONFIG=file REGISTRY=host:port: on that cluster.
	@cd test/e2e && go build -o $(CURDIR)/node_modules/.cache/preview ./preview
	@node_modules/.cache/preview -root '$(CURDIR)' -kubeconfig '$(call given,KUBECONFIG)' -registry '$(call given,REGISTRY)'

preview-image: ## Build the app and push its image: make preview-image APP=folder REGISTRY=host:port
	@cd test/e2e && go run ./preview/image -registry '$(REGISTRY)' -app '$(if $(APP),$(APP),$(CURDIR)/app)' $(if $(ARCH),-arch '$(ARCH)')

bench-synth: node_modules ## Time the synthesis against an empty CDK program.
	go run ./test/benchsynth

clean: ## Remove what the targets made.
	rm -rf cdk.out node_modules test/gates/node_modules

.PHONY: help bootstrap deploy diff drift synth preflight gates check gates-test destroy test snapshot project generate fuzz lint e2e bench-test e2e-report preview preview-image bench-synth clean
