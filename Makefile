# Two commands do everything: `make demo` and `make test`. The rest is here for whoever works on hashout.

GO      ?= go
NPM     ?= npm
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' js/package.json)
WASM    := js/dist/hashout.wasm
LOOKS   := js/dist/hashout-appearance.wasm
CACHE   := $(CURDIR)/.cache
export HASHOUT_VENV ?= $(CACHE)/venv

.PHONY: all build demo test setup check test-go test-wasm test-js test-e2e test-firefox bench soak kill fuzz reproduce audit mutation screenshots clean

all: build

## build: the engine (wasm) and the npm package
build: $(WASM) $(LOOKS) js/dist/index.js

GO_SOURCES := $(shell find csc pdfprep wasm -name '*.go' ! -name '*_test.go' 2>/dev/null) go.mod go.sum

# Inlining off: brotli 1.69 MB becomes 1.48 MB, and little in the engine is hot: documents are hashed by WebCrypto. What is hot is the
# arithmetic of keys, which inlining makes four times as fast for 18 kB (math/bits has to be inlinable for that, and adds nothing).
INLINED    := math/bits crypto/internal/fips140/bigmod crypto/internal/fips140/nistec/fiat
WASM_FLAGS := -trimpath -buildvcs=false -gcflags=all=-l $(INLINED:%=-gcflags=%=) -ldflags='-s -w -X main.version=$(VERSION)'

$(WASM): $(GO_SOURCES) js/package.json js/scripts/trim.js
	@mkdir -p js/dist $(CACHE)
	GOOS=js GOARCH=wasm $(GO) build $(WASM_FLAGS) -o $(CACHE)/linked.wasm ./wasm
	node js/scripts/trim.js $(CACHE)/linked.wasm $@

$(LOOKS): $(GO_SOURCES) js/package.json js/scripts/trim.js
	@mkdir -p js/dist $(CACHE)
	GOOS=js GOARCH=wasm $(GO) build $(WASM_FLAGS) -o $(CACHE)/linked-appearance.wasm ./wasm/appearance
	node js/scripts/trim.js $(CACHE)/linked-appearance.wasm $@

js/node_modules/.installed: js/package.json js/package-lock.json
	cd js && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

js/dist/index.js: js/node_modules/.installed $(WASM) $(LOOKS) $(shell find js/src js/scripts js/tsconfig*.json 2>/dev/null) wasm_exec.js
	cd js && $(NPM) run --silent build

## demo: build all, start the portal with its own signing service, print the URL
demo: build web/node_modules/.installed
	$(GO) run ./web/devserver

## test: everything, with outside judges; installs what it needs. The suites wait for browsers and judges a lot: SUITES run at a time, and
## what one of them says is shown when it ends
SUITES ?= 2
test: setup check web/node_modules/.installed
	+$(MAKE) --no-print-directory --output-sync=target --jobs=$(SUITES) test-e2e test-go test-firefox test-js test-wasm

setup:
	bash .ci/setup

## check: format, vet, static analysis, the toolchain's wasm_exec.js, the size of the engine
check: build
	@test -z "$$(gofmt -l csc pdfprep wasm web .ci)" || { echo "not gofmt'ed:"; gofmt -l csc pdfprep wasm web .ci; exit 1; }
	$(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) vet ./wasm/... ./csc ./pdfprep/...
	cd .ci/tools && $(GO) vet ./...
	@$(GO) build -modfile=.ci/tools/go.mod -o $(CACHE)/bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	$(CACHE)/bin/staticcheck ./...
	GOOS=js GOARCH=wasm $(CACHE)/bin/staticcheck ./wasm/...
	@cmp wasm_exec.js "$$($(GO) env GOROOT)/lib/wasm/wasm_exec.js" || { echo "wasm_exec.js is not the toolchain's: copy it again"; exit 1; }
	node .ci/size.mjs $(WASM) 1400000
	node .ci/size.mjs $(LOOKS) 1200000

test-go: web/node_modules/.installed
	$(GO) test -timeout 30m ./...

## test-wasm: the engine and its rooms in headless Chromium, the flow against a real service on loopback
test-wasm: build
	bash .ci/wasm-tests

test-js: build
	cd js && $(NPM) test

web/node_modules/.installed: web/package.json web/package-lock.json
	cd web && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

## test-e2e: the portal in a browser, its signed files before outside judges
test-e2e: build web/node_modules/.installed
	cd web && $(NPM) test

## test-firefox: the same in Firefox, but for what needs Chromium's debugger or no browser
test-firefox: build web/node_modules/.installed
	cd web && $(NPM) run test:firefox

## screenshots: the pictures of the README, made by the tests of the page
screenshots: build web/node_modules/.installed
	cd web && SCREENSHOTS=1 node --test --test-name-pattern 'light|dark|phone' test/page.test.mjs

## bench: hashout beside other signers in Chromium, the same files, the same key
bench: build
	node js/bench/run.js

## soak: 10,000 documents through one worker; fails where the heap of page or worker grows by 1 KB per document
soak: build
	node js/bench/run.js --soak 10000

## kill: tabs and workers killed at every step, KILL_RUNS (1000) times; nothing may be lost, nothing signed twice
KILL_RUNS ?= 1000
kill: build
	cd js && KILL_RUNS=$(KILL_RUNS) node --test test/kill.test.js

## fuzz: every fuzz target for FUZZTIME (60s), JOBS at a time; what is found is kept under testdata/fuzz
fuzz:
	bash .ci/fuzz

## reproduce: the package again, elsewhere, from clean copies and caches: every file must be the same
reproduce: build
	bash .ci/reproduce

## audit: known vulnerabilities of everything linked, bundled and tested with
audit:
	bash .ci/audit

## mutation: faults planted where a mistake would cost most; how many of them the tests notice
MUTATED := pdfprep:prepared.go,reread.go,sigdict.go,signed.go \
	pdfprep/cms:assemble.go,attribute.go,conform.go,padding.go,parse.go,signedattributes.go,signingcertificate.go,timestampresponse.go,verify.go \
	pdfprep/pades:chain.go,signed.go,trust.go,validate.go,verdict.go,verify.go+pdfprep \
	csc:call.go,complaint.go,errors.go,signall.go,signhash.go,verify.go
mutation:
	cd .ci/tools && $(GO) build -o $(CACHE)/bin/mutate ./mutate
	$(CACHE)/bin/mutate -min 85 -out .ci/mutation.txt $(MUTATED)

clean:
	rm -rf js/dist js/node_modules web/node_modules web/test/out .cache
