#!/usr/bin/env bash
# Makes the figures of performance.md: intake beside DuckDB's fastest mode that keeps bodies, alternating in one run.
# Usage: docs/performance.sh EVENTS.jsonl COLDCASE [RUNS]. EVENTS is about 1 GB of audit JSON lines.
set -euo pipefail
events=$(realpath "$1") coldcase=$(realpath "$2") runs=${3:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip -q install duckdb
cat > duck.py <<'PY'
import sys, duckdb
columns = ("{level:'VARCHAR',auditID:'VARCHAR',stage:'VARCHAR',requestURI:'VARCHAR',verb:'VARCHAR',user:'JSON',"
    "impersonatedUser:'JSON',sourceIPs:'VARCHAR[]',userAgent:'VARCHAR',objectRef:'JSON',responseStatus:'JSON',"
    "requestObject:'JSON',responseObject:'JSON',requestReceivedTimestamp:'TIMESTAMP',stageTimestamp:'TIMESTAMP',"
    "annotations:'JSON'}")
duckdb.sql("set threads=2")
duckdb.sql(f"""copy (select level, auditID, stage, requestURI, verb, "user"->>'username' as user_name,
    "user"->>'uid' as uid, "user"->'groups' as groups, "user"->'extra' as extra, impersonatedUser, sourceIPs, userAgent,
    objectRef->>'resource' as resource, objectRef->>'namespace' as namespace, objectRef->>'name' as name,
    objectRef->>'apiGroup' as api_group, objectRef->>'subresource' as subresource,
    cast(responseStatus->>'code' as int) as code, requestObject, responseObject, requestReceivedTimestamp,
    stageTimestamp, annotations
    from read_json('{sys.argv[1]}', format='newline_delimited', columns={columns}, maximum_object_size=67108864))
    to 'duck.parquet' (format parquet, compression zstd, compression_level 3)""")
PY
measure() { /usr/bin/time -f "%e %U %S %M" -o time.txt "${@:2}" >/dev/null; echo "$1 $(cat time.txt)"; }
for _ in $(seq "$runs"); do
    rm -rf case duck.parquet
    measure coldcase-ingest "$coldcase" ingest --case case "$events"
    measure duckdb-copy venv/bin/python duck.py "$events"
    measure coldcase-replay "$coldcase" replay --case case
done | tee figures.txt
echo "what  median wall s, cpu s, peak MiB"
for what in coldcase-ingest duckdb-copy coldcase-replay; do
    grep "^$what " figures.txt | sort -k2 -n | awk -v n="$runs" 'NR == int((n + 1) / 2) { printf "%s %.2f %.2f %d\n", $1, $2, $3 + $4, $5 / 1024 }'
done
du -cb case/tables/audit/*.parquet duck.parquet | awk '{ printf "%.1f MB %s\n", $1 / 1e6, $2 }'
