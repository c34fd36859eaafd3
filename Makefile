# Every chore of the repository, one word each. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo run test lint docs bench mutants faults faults-short smoke ci

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  %-12s %s\n' "$$name" "$$text"; done

demo: ## build, run a whole month against the built-in sandbox, keep serving and print the address to open
	cargo run -- demo

run: ## run the service with the settings of .env
	cargo run -- serve

test: ## every test, on SQLite and on a throw-away PostgreSQL
	scripts/test.sh

lint: ## formatting, clippy and the dependency rules
	cargo fmt --check
	cargo clippy --locked --all-targets --features faults -- -D warnings
	scripts/deny.sh

docs: ## the API documentation; a broken link is an error
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

bench: ## speed and size, release build
	cargo bench

mutants: ## break each invariant on purpose and see its test turn red
	scripts/mutants.sh

faults: ## kill, stop, cut off and lie to the program, every stage; prints the tables of docs/reliability.md
	scripts/faults.sh

faults-short: ## two minutes of the same
	cargo test --locked --features faults --test faults -- --short

smoke: ## the demo's month once: its report must equal what the sandbox saw
	scripts/demo-smoke.sh

ci: lint test faults-short smoke docs ## everything that has to be green before a merge
