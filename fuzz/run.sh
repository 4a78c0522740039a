#!/bin/sh
# Fuzzes one target: fuzz/run.sh TARGET SECONDS [option of libFuzzer ...]. Without arguments it lists the targets.
# Starts from the kept inputs and from what the target makes of the specimens; what it finds that is new stays in
# fuzz/target/corpus/TARGET, what makes the target panic, hang (10 s) or take more than 1 GB in fuzz/target/found.
set -eu
cd "$(dirname "$0")"
target=${1:-} seconds=${2:-60}
[ $# -ge 2 ] && shift 2 || set --

# Coverage as libFuzzer wants it; a stable compiler has the pass, only cargo-fuzz asks for a nightly one.
pass="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-pc-table"
pass="$pass -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-trace-compares"
host=$(rustc -vV | sed -n 's/^host: //p')
# With a target named, build scripts and macros are built without these flags.
RUSTFLAGS="$pass --cfg fuzzing" cargo build --release --quiet --target "$host" -j "${JOBS:-1}"
program=target/$host/release/coldcase-fuzz

if [ -z "$target" ]; then
    "$program" || true
    exit 0
fi
grown=target/corpus/$target
mkdir -p "$grown" "corpus/$target" target/found
if [ ! -e "$grown/.seeded" ]; then
    files=$(find ../sample-data/formats -type f ! -name '*.expect.json' | sort)
    TARGET=$target SEEDS=$files INTO=$grown "$program"
    touch "$grown/.seeded"
fi
TARGET=$target exec "$program" "$grown" "corpus/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
    -max_len="${MOST:-16384}" -artifact_prefix="target/found/$target-" -print_final_stats=1 "$@"
