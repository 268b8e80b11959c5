# The four commands for truth are check, test, prove and bench; `make help` says what each is for.
GO ?= go
LINT = $(GO) tool -modfile=tools/go.mod golangci-lint
GROUP ?= all

.PHONY: help demo build check test prove bench lint fmt packages

help: ## say what each target does
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

demo: ## start the weak sample application with Tenward in front of it
	@$(GO) run . demo

build: ## build ./tenward
	$(GO) build -trimpath -o tenward .

check: lint ## the inner loop, 2 minutes: format, lint, import law, unit tests
	$(GO) test -short ./...

test: packages lint ## everything, with real components in small counts: what CI runs
	$(GO) vet ./...
	$(GO) test -timeout 30m ./...
	cd test/grpc && $(GO) test -timeout 5m ./...
	cd test/browser && $(GO) test -timeout 15m ./...

prove: packages ## full counts and times of GROUP, written to dist/proof.json
	$(GO) run ./test/prove -group $(GROUP)

bench: ## GROUP side by side with its peers, written to dist/bench.json
	$(GO) run ./test/bench -group $(GROUP)

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run: make fmt' >&2; exit 1; }
	$(LINT) run ./...

fmt:
	gofmt -w $$(git ls-files '*.go')

# Tests need real components. Root installs them; everybody else is told the line.
packages:
	@sh test/packages.sh
