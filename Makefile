# What a user runs is here; the README explains each.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CDK := npx --no-install cdk
# Narrow to one environment: make deploy ENV=prod
CONTEXT := $(if $(ENV),-c env=$(ENV))
# Stacks to work on: make deploy STACKS='dev-*'
STACKS ?= --all

# The template validator takes six seconds a process. It stays on where a
# template leaves this machine, and off in loops.
QUICK := CDK_VALIDATION=false JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

node_modules: package.json package-lock.json
	npm ci
	@touch node_modules

deploy: node_modules ## Deploy; ENV=name narrows to an environment, STACKS='dev-*' to stacks.
	$(CDK) deploy $(STACKS) $(CONTEXT)

diff: node_modules ## Show what a deployment would change.
	$(CDK) diff $(STACKS) $(CONTEXT)

synth: node_modules ## Write the templates to cdk.out, strictly validated, without credentials.
	$(CDK) synth --quiet $(CONTEXT)

destroy: node_modules ## Take an environment down: make destroy ENV=dev. Asks first.
	@test -n "$(ENV)" || { echo "say which environment: make destroy ENV=dev" >&2; exit 1; }
	$(CDK) destroy '$(ENV)-*' $(CONTEXT)

test: node_modules ## Run every test that needs no cluster.
	$(QUICK) go test ./...
	cd test/manifests && go test ./...
	cd app && go test ./...

snapshot: node_modules ## Accept the templates of today as the snapshots.
	$(QUICK) go test ./test -run TestSnapshots -update

generate: ## Write platform.schema.json and the README's settings table anew.
	go generate ./stacks/config

fuzz: ## Look for settings that the parser mishandles, for a minute.
	go test -run '^$$' -fuzz FuzzParse -fuzztime 60s -fuzzminimizetime 10x ./stacks/config

lint: ## Run the linters; shellcheck where it is installed.
	test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	for module in . app test/manifests test/e2e; do (cd $$module && go vet ./... && go tool -modfile=$(CURDIR)/test/lint/go.mod golangci-lint run --config $(CURDIR)/.golangci.yml ./...); done
	for script in constructs/scripts/*.sh; do bash -n $$script; done
	if command -v shellcheck >/dev/null; then shellcheck --shell=bash constructs/scripts/*.sh; else echo "shellcheck is not installed: the build scripts were only parsed"; fi

# Narrow the bench to some tests: make e2e E2E='TestLoop/(Deploy|Git)'
e2e: node_modules ## Run the platform on a real control plane and real Flux, and hurt it.
	cd test/e2e && go test -count=1 -timeout 60m $(if $(E2E),-v -run '$(E2E)' .,./...)

preview: node_modules ## Bring the platform up on this machine to try it; Ctrl-C ends it.
	cd test/e2e && go run ./preview -root $(CURDIR)

preview-image: ## Push an image to the preview's registry: make preview-image REGISTRY=host:port
	cd test/e2e && go run ./preview/image -registry "$(REGISTRY)"

bench-synth: node_modules ## Time the synthesis against an empty CDK program.
	go run ./test/benchsynth

clean: ## Remove what the targets made.
	rm -rf cdk.out node_modules

.PHONY: help deploy diff synth destroy test snapshot generate fuzz lint e2e preview preview-image bench-synth clean
