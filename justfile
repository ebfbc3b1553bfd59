# Format, lints and the checks of the kit: what fails fast.
check:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    bash .ci/kit

# The kit: its checks, and its workflows played. With names, only those scenarios.
[positional-arguments]
kit *SCENARIOS:
    bash .ci/kit
    bash .ci/play "$@"

# All tests.
test:
    cargo test --locked

# Rewrites snapshots and expected texts. Read `git diff` afterwards.
bless:
    INSTA_UPDATE=always UPDATE=1 cargo test --locked
    git diff --stat

# Pictures of the HTML page, for `docs/output-formats.md`. Needs Chromium. Look at them before you commit them.
pictures:
    .ci/pictures

# Speed and memory, then `validate` beside ajv-cli and libyaml, then many orgs.
bench:
    cargo bench --locked
    benches/peers
    benches/fleet
