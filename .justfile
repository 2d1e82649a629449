# Tasks for contributors; each is one plain command. `just` lists them.

default:
    @just --list

# Format, lint and documentation, as CI checks them
check:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked --document-private-items

# Unit tests and the suite
test:
    cargo test --locked

# Regenerate the reference pages of the book, man page, completions, OpenAPI document
update-docs:
    UPDATE_DOCS=1 cargo test --locked --test suite -- docs openapi pictures

# Accept changed screens; read the diff afterwards
update-screens:
    INSTA_UPDATE=always cargo test --locked --test suite -- screens provider_screens

# Install real servers and run the tests against them (Debian, as root)
third-party:
    tests/third_party/run

# Install, run and remove the Debian package in an empty root; check the SBOM
package:
    .ci/package
