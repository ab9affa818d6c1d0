# `just` lists these; ./run and ./test need no just.
default:
    @just --list

# Format, lints and tests: what CI runs
check:
    ./test

# The tests alone, for example `just test agent`
test *ARGS:
    cargo test --release --workspace {{ARGS}}

# Build and run: `just run ask "…"`
run *ARGS:
    ./run {{ARGS}}

fmt:
    cargo fmt --all

clippy:
    cargo clippy --release --workspace --all-targets -- -D warnings

# Feed a parser of strangers' bytes, for example `just fuzz html 120`; fuzz/src/lib.rs names them all
fuzz TARGET SECONDS="120":
    fuzz/run {{SECONDS}} {{TARGET}}

# Feed every parser, each for so many seconds
fuzz-all SECONDS="120":
    fuzz/run {{SECONDS}}

# Whether parsers work in proportion to their text, by processor time: on a quiet machine
growth:
    cargo test --release -p polymath-fuzz -p polymath-agent -- --ignored growth in_proportion

# The Model Context Protocol's own test suite against our server (needs Node.js 22 and the network)
mcp-conformance:
    scripts/mcp-conformance

# Kills, power cuts and full disks in their hundreds
kills:
    examples/kills/run

# Dependencies against the database of known holes (needs `cargo install cargo-deny`, and the network)
advisories:
    cargo deny check
