# The daily commands. `just` alone lists them; .ci/run calls the same ones, so that what passes here passes there.

default:
    @just --list

# Everything that decides whether a change lands
ci: fmt clippy doc test policy-test deny self

fmt:
    cargo fmt --check

clippy:
    cargo clippy --all-targets --locked -- -D warnings

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked --document-private-items

test:
    cargo test --locked

policy-test:
    cargo run --locked --quiet -- policy test policies

# Bans, licences and sources of every crate; advisories are our own gate's work
deny:
    cargo deny --locked --log-level error check bans licenses sources

# The gate judges the examples, and its answer is compared with the one in README.md
self:
    cargo run --release --locked --quiet -- check examples/storefront

# Renew the copy of the RustSec database that `.ci/run` judges our own lock file by
advisories:
    tools/advisories/pack

# Rewrite the expectations of every case; read the difference before you commit it
bless:
    GOLDGATE_BLESS=1 cargo test --locked

# The page of all policies
rules:
    cargo run --locked --quiet -- policy docs > docs/rules.md

# Put the real answer of the check command into README.md
readme:
    .ci/readme

bench:
    cargo bench --locked

fuzz target seconds="60":
    cd fuzz && cargo +nightly fuzz run {{target}} -- -max_total_time={{seconds}}
