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

# Feed a dialect's parser mutated replies, for example `just fuzz llama 120` (needs `cargo install cargo-fuzz`)
fuzz DIALECT SECONDS="120":
    cargo fuzz run --sanitizer none {{replace_regex(DIALECT, "[.-]", "_")}} -- -max_total_time={{SECONDS}}

# Kills, power cuts and full disks in their hundreds
kills:
    examples/kills/run

# Dependencies against the database of known holes (needs `cargo install cargo-deny`, and the network)
advisories:
    cargo deny check
