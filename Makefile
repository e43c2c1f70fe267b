# `make` lists what a person types. Needs Go and git.

PATTERN ?= fanout
N       ?= 1000
C       ?= 16
# The authorizer of the APIs: jwt, iam or none. Empty: the value in Pulumi.local.yaml.
AUTH    ?=
AUTHFLAG = $(if $(AUTH),--config 'auth=$(AUTH)')

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
export CGO_ENABLED ?= 0
# A zip must not depend on the folder in which it was built, nor on the state of git. Everything else is built with the same flags,
# so that each package is compiled once, and a commit alone links nothing again.
export GOFLAGS := $(GOFLAGS) -trimpath -buildvcs=false

# Where zips go, and the executables that go into them.
BUILD     ?= build
BOOTSTRAP ?= .local/bootstrap
BIN       := .tools/bin

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/; s/[$$][$$]/$$/' | expand -t 20

# --- Lambda packages ------------------------------------------------------------------------------------------------

# $(call package,ARCHITECTURE,GOOS,GOARCH[,EXAMPLE]) builds every function of handlers, or of an example, and zips it. The same source
# gives the same zip, byte for byte. Go relinks a function only if it has changed, and only a function that differs from the one in
# its zip is zipped again.
define package
	@folder=$(if $(4),$(4)/)$(1); built=$(abspath $(BOOTSTRAP))/$$folder; zips=$(abspath $(BUILD))/$$folder; \
	mkdir -p $$built $$zips && cd $(or $(4),handlers) && \
	GOOS=$(2) GOARCH=$(3) CGO_ENABLED=0 go build -tags lambda.norpc -ldflags '-s -w' -o $$built/ ./functions/... && \
	for f in $(call functions,$(or $(4),handlers)); do \
		zipped=$$built/$$f.zip/bootstrap; \
		if [ -e $$zips/$$f.zip ] && cmp -s $$built/$$f $$zipped; then continue; fi; \
		mkdir -p $$built/$$f.zip && cp $$built/$$f $$zipped && go tool build-lambda-zip -o $$zips/$$f.zip $$zipped 2>/dev/null || exit 1; \
	done
endef
functions = $(notdir $(patsubst %/main.go,%,$(wildcard $(1)/functions/*/main.go)))

# The embedded cloud runs functions as processes of this machine.
HOSTOS   = $(shell go env GOHOSTOS)
HOSTARCH = $(shell go env GOHOSTARCH)

.PHONY: build package-arm64 package-x86_64 package-local
build: package-arm64 package-x86_64 package-local ## Build the Lambda zips: build/arm64, build/x86_64, build/local
package-arm64:
	$(call package,arm64,linux,arm64)
package-x86_64:
	$(call package,x86_64,linux,amd64)
package-local:
	$(call package,local,$(HOSTOS),$(HOSTARCH))

.PHONY: examples examples-arm64 examples-x86_64 examples-local
examples: examples-arm64 examples-x86_64 examples-local ## Build the zips of the examples: build/examples/pictures/arm64, ...
examples-arm64:
	$(call package,arm64,linux,arm64,examples/pictures)
examples-x86_64:
	$(call package,x86_64,linux,amd64,examples/pictures)
examples-local:
	$(call package,local,$(HOSTOS),$(HOSTARCH),examples/pictures)

# --- The local stack ------------------------------------------------------------------------------------------------

# Describes orders to the page of the embedded cloud.
CONSOLE := --console cmd/orders/console.json

.PHONY: up preview demo down console outputs env
up: prepare ## Deploy PATTERN to the embedded cloud; AUTH=jwt or AUTH=iam with an authorizer
	@$(BIN)/local up --pattern '$(PATTERN)' $(AUTHFLAG) $(CONSOLE)
	@$(BIN)/orders curl >&2
preview: prepare ## Show what `make up` would change
	@$(BIN)/local preview --pattern '$(PATTERN)' $(AUTHFLAG) $(CONSOLE)
demo: up ## Deploy, place N orders in each pattern, C at a time, wait for them, and show the results
	@$(BIN)/orders demo --pattern '$(PATTERN)' -n $(N) -c $(C)
down: local-command ## Destroy the local stack and stop the embedded cloud
	@$(BIN)/local down
console: ## Print the address of the page of the local stack, and open it in a browser if there is one
	@if [ -x $(BIN)/local ]; then $(BIN)/local console; else echo 'nothing is deployed: run `make up`' >&2; exit 1; fi
outputs: ## Print the local stack's outputs as JSON
	@if [ -x $(BIN)/local ]; then $(BIN)/local outputs; else echo 'nothing is deployed: run `make up`' >&2; exit 1; fi
env: ## Print the environment for pulumi and aws: eval "$$(make -s env)"
	@if [ -x $(BIN)/local ]; then $(BIN)/local env; else echo 'nothing is deployed: run `make up`' >&2; exit 1; fi

# The stack of drift and policy.
STACK ?= local
.PHONY: drift
drift: cli ## Print what was changed in the local stack, or in STACK, outside of Pulumi; fail if anything was changed
	@$(if $(filter local,$(STACK)),env=$$($(MAKE) -s env); eval "$$env";) tools/drift '$(STACK)'

# The settings of the policy pack.
POLICY_CONFIG ?= $(if $(filter local,$(STACK)),policy/local.json)

.PHONY: policy policy-pack
policy: cli local-command policy-pack ## Run the policy pack on a preview of the local stack, or of STACK
	@$(if $(filter local,$(STACK)),env="$$($(BIN)/local env)"; eval "$$env"; set -- --config-file .local/Pulumi.local.yaml;) PATH="$$PATH:$(CURDIR)/$(BIN)" \
		pulumi preview --stack '$(STACK)' --policy-pack policy $(if $(POLICY_CONFIG),--policy-pack-config '$(POLICY_CONFIG)') "$$@"
policy-pack: ## Build the program of the policy pack for: pulumi preview --policy-pack policy
	@mkdir -p $(BIN)
	@go -C policy build -ldflags '-s -w' -o $(CURDIR)/$(BIN)/pulumi-analyzer-policy-order-patterns .

.PHONY: prepare program local-command
prepare: cli package-local program local-command
# Where the CLI puts the compiled program, by Pulumi.yaml. It compiles the program only if it has changed since.
program:
	@go build -o build/program .
local-command:
	@mkdir -p $(BIN)
	@go -C cmd build -o $(CURDIR)/$(BIN)/ ./local ./orders

# The Pulumi CLI of this machine is used if there is one.
.PHONY: cli
ifneq ($(shell command -v pulumi),)
cli:
else
cli: $(BIN)/pulumi $(BIN)/pulumi-language-go
endif
$(BIN)/pulumi: tools/pulumi/go.mod
	@echo 'There is no pulumi on the PATH: building it from its Go modules, once. This takes 2 to 5 minutes.' >&2
	@mkdir -p $(BIN)
	@cd tools/pulumi && go build -ldflags '-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$(shell cd tools/pulumi && go list -m -f '{{.Version}}' github.com/pulumi/pulumi/pkg/v3)' \
		-o $(CURDIR)/$@ github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
# The language host that can be built from Go modules reads its options from flags. The CLI passes those of Pulumi.yaml
# in a request, so this script repeats the one that matters.
$(BIN)/pulumi-language-go: $(BIN)/language-host
	@printf '#!/bin/sh\nexec "$${0%%/*}/language-host" -buildTarget build/program "$$@"\n' > $@ && chmod +x $@
$(BIN)/language-host: tools/pulumi-language-go/go.mod
	@mkdir -p $(BIN)
	@cd tools/pulumi-language-go && go build -ldflags '-s -w' \
		-o $(CURDIR)/$@ github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go

# The language host for programs in YAML. The CLI of a machine usually comes with one.
.PHONY: yaml
ifneq ($(shell command -v pulumi-language-yaml),)
yaml:
else
yaml: $(BIN)/pulumi-language-yaml
endif
$(BIN)/pulumi-language-yaml: tools/pulumi-language-yaml/go.mod
	@echo 'There is no pulumi-language-yaml on the PATH: building it from its Go modules, once. This takes 2 to 5 minutes.' >&2
	@mkdir -p $(BIN)
	@cd tools/pulumi-language-yaml && go build -ldflags '-s -w' -o $(CURDIR)/$@ github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml

# --- Pulumi package -------------------------------------------------------------------------------------------------

# Programs in other languages use the components through the plugin. It contains the Lambda zips for arm64 and x86_64. A plugin for macOS also
# contains the zips for the embedded cloud on macOS. On Linux the embedded cloud runs the zips for Lambda. On Windows there is no embedded cloud.
PLUGIN_VERSION ?= 0.0.0-dev
PLUGIN_SOURCE  := provider/cmd/pulumi-resource-order-patterns

# $(call build-plugin,GOOS,GOARCH,FOLDER) builds the plugin into a folder. The same source gives the same file, byte for byte.
define build-plugin
	embedded=$(PLUGIN_SOURCE)/lambda host=$(abspath .local/plugin)/$(1)-$(2); \
	rm -rf $$embedded/{arm64,x86_64,host} && cp -r $(BUILD)/arm64 $(BUILD)/x86_64 $$embedded && \
	if [ $(1) = darwin ]; then \
		$(MAKE) -s package-local HOSTOS=$(1) HOSTARCH=$(2) BUILD=$$host BOOTSTRAP=$$host/bootstrap && cp -r $$host/local $$embedded/host; \
	fi && \
	GOOS=$(1) GOARCH=$(2) go -C provider build -ldflags '-s -w -X main.version=$(PLUGIN_VERSION)' \
		-o $(abspath $(3))/ ./cmd/pulumi-resource-order-patterns
endef

.PHONY: plugin schema generate
plugin: package-arm64 package-x86_64 ## Build the plugin of the Pulumi package, with the Lambda zips
	@mkdir -p $(BIN); $(call build-plugin,$(HOSTOS),$(HOSTARCH),$(BIN))
schema: ## Print the schema of the Pulumi package
	@go -C provider run ./cmd/schema
# `pulumi package gen-sdk` writes the same files, where the language hosts of Node.js and Python are.
.PHONY: sdk example-typescript example-python
sdk: ## Generate the SDKs for TypeScript and Python into the examples in these languages
	@mkdir -p $(BIN) && go -C tools/gen-sdk build -o $(CURDIR)/$(BIN)/ .
	@schema=$$(go -C provider run ./cmd/schema '$(PLUGIN_VERSION)'); \
		$(BIN)/gen-sdk nodejs examples/typescript/sdks/order-patterns <<< "$$schema"; \
		$(BIN)/gen-sdk python examples/python/sdks/order-patterns <<< "$$schema"
example-typescript: sdk ## Compile the example in TypeScript against the SDK. Needs npm
	@cd examples/typescript && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 && npx tsc -p sdks/order-patterns \
		&& cp sdks/order-patterns/package.json sdks/order-patterns/bin/ && npx tsc -p .
example-python: sdk ## Compile the example in Python, and the SDK. Needs python3
	@cd examples/python && PYTHONPYCACHEPREFIX=$$(mktemp -d) python3 -m compileall -q .
generate: ## Write the doc comments of the components to the provider, as descriptions of the schema
	@go -C provider generate ./...

# --- Review ---------------------------------------------------------------------------------------------------------

# Prints the effects of a change as a Markdown page on standard output, and its progress on standard error. With FAIL_ON, such as
# replace,widen, the command fails under these conditions: docs/review/README.md lists them.
BASE     ?= main
PATTERNS ?= all
FAIL_ON  ?=

.PHONY: review
review: cli ## Compare the working tree with BASE for PATTERNS (all): resources, data, permissions, policy, cost, speed
	@mkdir -p $(BIN)
	@go -C cmd build -o $(CURDIR)/$(BIN)/ ./review
	@$(BIN)/review --base '$(BASE)' --patterns '$(PATTERNS)' --fail-on '$(FAIL_ON)'

# --- Release --------------------------------------------------------------------------------------------------------

# What `pulumi plugin install` takes from a release on GitHub, in build/plugin, by the names of
# https://www.pulumi.com/docs/iac/guides/building-extending/packages/executable-plugin/
PLUGIN_PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: plugin-archives
plugin-archives: package-arm64 package-x86_64 ## Build the archives of the plugin for a release PLUGIN_VERSION=1.2.3 and PLUGIN_PLATFORMS
	@mkdir -p $(BUILD)/plugin; for platform in $(PLUGIN_PLATFORMS); do \
		os=$${platform%/*} arch=$${platform#*/}; folder=.local/plugin/$$os-$$arch/bin; rm -rf $$folder; \
		$(call build-plugin,$$os,$$arch,.local/plugin/$$os-$$arch/bin); \
		archive=$(BUILD)/plugin/pulumi-resource-order-patterns-v$(PLUGIN_VERSION)-$$os-$$arch.tar.gz; \
		tar -C $$folder --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=0755 -c $$(ls $$folder) | gzip -n > $$archive; echo $$archive; \
	done

# --- Quality --------------------------------------------------------------------------------------------------------

# The Go modules. The root is what others import for components, and handlers/kit for functions; everything else has modules of
# its own, so that importing these two brings in Pulumi's SDK only, and the AWS SDK only.
MODULES := . handlers/kit handlers local cmd policy provider integration_test examples/pictures examples/pictures/fanout examples/pictures/orchestrator examples/test
CHECK := go tool -modfile=$(CURDIR)/tools/check/go.mod

.PHONY: check
check: check-workflows check-api ## Check format, vet, lint, known vulnerabilities, workflows, the exported API
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted >&2; exit 1; fi
	@sums='sha256sum $(foreach m,$(MODULES),$(m)/go.mod $(m)/go.sum)'; before=$$($$sums); $(MAKE) -s tidy; \
		[ "$$before" = "$$($$sums)" ] || { echo 'go.mod and go.sum were not tidy; they are now: commit them' >&2; exit 1; }
	@for m in $(MODULES); do ( cd $$m && echo "checking module $$m" && go vet ./... && $(CHECK) staticcheck ./... && \
		{ out=$$($(CHECK) govulncheck ./... 2>&1) && echo "$$out" || { \
		case "$$out" in \
			*'fetching vulnerabilities'*) echo 'govulncheck cannot reach its database from here: vulnerabilities were NOT checked.' >&2 ;; \
			*) echo "$$out" >&2; exit 1 ;; \
		esac; }; } ) || exit 1; done

# actionlint checks the syntax of workflows. The tests of tools/check/workflows check this repository's rules. These tests read files of other
# modules, so Go's cache of test results is off.
.PHONY: check-workflows
check-workflows:
	@echo 'checking workflows' && $(CHECK) actionlint && go -C tools/check vet ./... && go -C tools/check test -count=1 ./workflows

# The exported API of the last release must exist, or CHANGELOG.md must list what is missing: docs/releases.md.
.PHONY: check-api api
check-api:
	@echo 'checking the exported API' && go -C tools/check test -count=1 ./api
api: ## Write the exported API to api/next, after it has changed
	@go -C tools/check test -count=1 ./api -update

# The race detector needs a C compiler; without one the tests run without it. The components run in one goroutine at a
# time, over an SDK that takes minutes to compile for it; the integration tests are mostly about other processes, and
# `make soak` runs the busiest of them with it.
RACE  := $(if $(shell command -v gcc),-race)
RACED := CGO_ENABLED=$(if $(RACE),1,0) go test -vet=off -v $(RACE) -timeout 20m

# Tests that deploy mostly wait. The other tests run at the same time, and their output is printed afterwards. If a test fails, the last lines of
# the output list what failed.
.PHONY: test
test: cli yaml plugin package-local examples-local ## Run all tests: unit, embedded cloud, integration on an embedded cloud
	go test -vet=off -v ./...
	go -C policy test -vet=off -v ./...
	@mkdir -p .local; set -o pipefail; \
	for m in handlers/kit handlers local cmd examples/pictures; do ( cd $$m && $(RACED) ./... ) || exit 1; done > .local/test.log 2>&1 & raced=$$!; \
	status=0; for m in integration_test provider examples/test; do \
		go -C $$m test -vet=off -count=1 -v -p 1 -timeout 20m ./... || status=1; done 2>&1 | tee .local/integration.log; \
	! grep -q '^FAIL' .local/integration.log || status=1; \
	wait $$raced || status=1; \
	cat .local/test.log; [ $$status = 0 ] || { echo; echo 'What failed:'; \
		grep -hE -A 12 '^ *--- FAIL|^panic:|WARNING: DATA RACE' .local/integration.log .local/test.log || true; \
		grep -hE '^FAIL' .local/integration.log .local/test.log; }; exit $$status

# The tests mostly wait, so two run at a time, each on its own embedded cloud. The output of the second is printed last.
# SEED=n repeats one seed. SEED=n ROUNDS=m runs m seeds from n on. LARGE= omits the two large runs.
ROUNDS ?= $(if $(SEED),1,100)
LARGE  ?= $(if $(SEED),,1)

.PHONY: soak
soak: cli package-local ## Run the randomized tests of all patterns with ROUNDS new seeds, and two large runs; SEED=n repeats a seed
	@mkdir -p .local; cd integration_test; export CGO_ENABLED=$(if $(RACE),1,0) SEEDS=$(ROUNDS) LARGE=$(LARGE); \
	go test -c -o ../.local/soak.test $(RACE) . && run() { ../.local/soak.test -test.v -test.timeout 0 -test.run "$$1"; }; \
	run 'RandomFaultsLoseNoOrderOfThe|TestManyOrdersForTooLittle' > ../.local/soak.log 2>&1 & second=$$!; status=0; \
	run 'RandomFaultsLoseNoOrderOf(FanOut|EventStream)|TestTenThousandOrders|TestOrdersWithRandomFaults' || status=1; \
	wait $$second || status=1; cat ../.local/soak.log; exit $$status

.PHONY: bench
bench: prepare ## Measure starts of functions, sizes of zips, deployment, throughput, latency, memory, batch settings, costs, the page
	go -C cmd test -run '^$$' -bench . -benchtime 1x -timeout 0 ./bench
	go -C integration_test test -run '^$$' -bench . -benchtime 1x -timeout 0 ./console

.PHONY: pictures
pictures: prepare ## Take the pictures in docs/pictures, with a new embedded cloud that processes N orders
	@mkdir -p docs/pictures && CI_BROWSER=required PICTURES=$(CURDIR)/docs/pictures ORDERS=$(N) \
		go -C integration_test test -count=1 -run '^TestPictures$$' ./console

# The Go language host of Pulumi asks for all modules, also those that nothing is compiled from, and adds their
# checksums where they are missing.
.PHONY: tidy
tidy: ## Bring go.mod and go.sum up to date
	for m in $(MODULES); do ( cd $$m && go mod tidy ) || exit 1; done
	for m in . integration_test examples/pictures/fanout examples/pictures/orchestrator; do ( cd $$m && go list -m -mod=mod -json all >/dev/null ) || exit 1; done

.PHONY: clean
clean: ## Remove the files that the other targets created
	rm -rf build .local .tools
