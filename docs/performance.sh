#!/usr/bin/env bash
# Makes the figures of performance.md: whole processes, coldcase and its peers in turn, medians.
# Usage: docs/performance.sh EVENTS.jsonl COLDCASE [RUNS]. EVENTS is about 1 GB of audit JSON lines, COLDCASE a release
# build. Installs DuckDB (Python package) and rsigma 0.23 (cargo), and builds a loop around its library, in a temporary folder;
# PEERS=DIR keeps them there. jq must be there. ONLY=questions leaves out intake and replay.
set -euo pipefail
events=$(realpath "$1") coldcase=$(realpath "$2") runs=${3:-3}
project=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
peers=${PEERS:-$work/peers}
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p "$peers"
[ -x "$peers/venv/bin/python" ] || python3 -m venv "$peers/venv"
"$peers/venv/bin/pip" -q install duckdb pyyaml
[ "${ONLY:-}" ] || [ -x "$peers/bin/rsigma" ] || cargo install -q rsigma --version 0.23.0 --locked --root "$peers"
python=$peers/venv/bin/python rsigma=$peers/bin/rsigma lines=$peers/lines/target/release/rsigma-lines
if [ -z "${ONLY:-}" ] && [ ! -x "$lines" ]; then
mkdir -p "$peers/lines/src"
cat > "$peers/lines/Cargo.toml" <<'TOML'
[package]
name = "rsigma-lines"
version = "0.0.0"
edition = "2024"
[dependencies]
rsigma-eval = "=0.23.0"
rsigma-parser = { version = "=0.23.0", default-features = false }
serde_json = "1"
[workspace]
TOML
cat > "$peers/lines/src/main.rs" <<'RS'
//! Rules of a folder over JSON lines, by rsigma's library: prints rule and auditID of every match.
use std::io::{BufRead, Write};
fn main() {
    let mut engine = rsigma_eval::Engine::new();
    for file in std::fs::read_dir(std::env::args().nth(1).unwrap()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        engine.add_rules(&rsigma_parser::parse_sigma_yaml(&text).unwrap().rules);
    }
    let mut input = std::io::stdin().lock();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut line = String::new();
    while input.read_line(&mut line).unwrap() > 0 {
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        for hit in engine.evaluate(&rsigma_eval::JsonEvent::borrow(&event)) {
            writeln!(out, "{}\t{}", hit.header.rule_id.as_deref().unwrap_or_default(), event["auditID"].as_str().unwrap_or_default()).unwrap();
        }
        line.clear();
    }
}
RS
(cd "$peers/lines" && cargo build -q --release)
fi

# Rule sets from the pack: `plain` are the single rules over audit logs that ask for fields of the event itself and use nothing
# that Sigma has not, so that rsigma answers the same; x10 are ten copies that compare with other words, so that no test is shared
# and the copies match nothing; `pack` are all single rules over audit logs.
cat > rules.py <<'PY'
import copy, pathlib, sys, yaml
project, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
event = ("level", "stage", "requestURI", "verb", "user", "impersonatedUser", "userAgent", "objectRef", "responseStatus",
    "requestObject", "responseObject")
theirs = {"contains", "startswith", "endswith", "all", "re", "cidr", "exists", "gt", "gte", "lt", "lte", "cased", "i"}
def fields(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from (fields(value) if isinstance(value, (dict, list)) else ())
    elif isinstance(node, list):
        for value in node:
            yield from fields(value)
def other(node, n):
    if isinstance(node, dict):
        return {key: other(value, n) if not key.split("|")[0].endswith("code") else value for key, value in node.items()}
    if isinstance(node, list):
        return [other(value, n) for value in node]
    return f"{node}-{n}" if isinstance(node, str) and not set(node) <= set("*?") else node
def plain(rule):
    inner = {k: v for k, v in rule["detection"].items() if k != "condition"}
    keys = [key.split("|") for value in inner.values() for key in fields(value)]
    # A user's extra fields have names with dots; lists of words alone have no key.
    return bool(keys) and not {"first", "sql", "snapshot"} & set(rule) and all(
        field.split(".")[0] in event and not field.startswith("user.extra") and "[" not in field
        and set(modifiers) <= theirs for field, *modifiers in keys)
pack = []
for path in sorted((project / "queries/detections").rglob("*.yml")):
    documents = [d for d in yaml.safe_load_all(path.read_text()) if d]
    if len(documents) == 1 and "detection" in documents[0] and documents[0]["logsource"].get("service") == "audit":
        pack.append((path.stem, documents[0]))
sets = {"plain": [p for p in pack if plain(p[1])], "pack": pack}
for name, rules in sets.items():
    for folder, copies in ((name, 1), (name + "-x10", 10)):
        (out / folder).mkdir(parents=True)
        for stem, rule in rules:
            for n in range(copies):
                rule = copy.deepcopy(rule)
                if n:
                    inner = {k: other(v, n) for k, v in rule["detection"].items() if k != "condition"}
                    rule |= {"detection": inner | {"condition": rule["detection"]["condition"]}, "name": f"{stem}-{n}"}
                    rule["id"] = f"{abs(hash((stem, n))) % 16**8:08x}" + str(rule.get("id", "00000000-0000-4000-8000-000000000000"))[8:]
                (out / folder / f"{stem}-{n}.yml" if n else out / folder / f"{stem}.yml").write_text(yaml.safe_dump(rule, sort_keys=False))
    print(f"{name}: {len(rules)} rules")
PY
PYTHONHASHSEED=0 "$python" rules.py "$project" "$work/rules"

# DuckDB's fastest mode that keeps the bodies: an explicit flat schema.
cat > duck.py <<'PY'
import sys, duckdb
more = sys.argv[2] == "same-columns"
columns = ("{level:'VARCHAR',auditID:'VARCHAR',stage:'VARCHAR',requestURI:'VARCHAR',verb:'VARCHAR',user:'JSON',"
    "impersonatedUser:'JSON',sourceIPs:'VARCHAR[]',userAgent:'VARCHAR',objectRef:'JSON',responseStatus:'JSON',"
    "requestObject:'JSON',responseObject:'JSON',requestReceivedTimestamp:'TIMESTAMP',stageTimestamp:'TIMESTAMP',"
    "annotations:'JSON'}")
extra = """, "user"->>'uid' as uid, "user"->'extra' as extra""" if more else ""
duckdb.sql("set threads=2")
duckdb.sql(f"""copy (select level, auditID, stage, requestURI, verb, "user"->>'username' as user_name,
    "user"->'groups' as groups, impersonatedUser, sourceIPs, userAgent,
    objectRef->>'resource' as resource, objectRef->>'namespace' as namespace, objectRef->>'name' as name,
    objectRef->>'apiGroup' as api_group, objectRef->>'subresource' as subresource,
    cast(responseStatus->>'code' as int) as code, requestObject, responseObject, requestReceivedTimestamp,
    stageTimestamp, annotations {extra}
    from read_json('{sys.argv[1]}', format='newline_delimited', columns={columns}, maximum_object_size=67108864))
    to 'duck-{sys.argv[2]}.parquet' (format parquet, compression zstd, compression_level 3)""")
PY
# One full scan of the columns that the pack touches, which are all of them: rules with words alone ask for any. Of texts the
# longest, of the others how many there are; the condition keeps counts from being taken from the file's statistics.
cat > scan.sql <<'SQL'
select max(octet_length(audit_id)), max(octet_length(request_uri)), max(octet_length(name)), max(octet_length(object_uid)),
    max(octet_length(response_message)), max(octet_length(request_object)), max(octet_length(request_cut)),
    max(octet_length(response_object)), max(octet_length(exec_command)), count(time), count(time_source), count(stage),
    count(level), count(verb), count(user_name), count(user_uid), count(user_groups), count(user_extra),
    count(impersonated_user_name), count(impersonated_groups), count(source_ips), count(user_agent), count(resource),
    count(subresource), count(namespace), count(api_group), count(api_version), count(response_code), count(response_status),
    count(response_reason), count(decision), count(decision_reason), count(annotations), count(request_received_time),
    count(envelope_time), count(body), count(not_recorded), count(containers), count(host_pid), count(host_ipc),
    count(host_network), count(host_paths), count(service_account_name), count(role_rules), count(subjects),
    count(role_ref_kind), count(role_ref_name), count(category), count(cluster_id), count(evidence), count("offset")
from audit where length > 0
SQL
cat > duckscan.py <<'PY'
import sys, duckdb
duckdb.sql("set threads=2")
sql = open(sys.argv[1]).read().replace("octet_length(", "strlen(")
duckdb.sql(sql.replace("from audit", f"from read_parquet({sys.argv[2:]})")).fetchall()
PY
measure() { /usr/bin/time -f "%e %U %S %M" -o time.txt "${@:2}" >out.txt 2>err.txt || { cat err.txt; exit 1; }; echo "$1 $(cat time.txt)"; }
medians() {
    echo "what: median wall s, cpu s, peak MiB"
    for what in $(cut -d' ' -f1 "$1" | sort -u); do
        grep "^$what " "$1" | sort -k2 -n | awk -v n="$runs" 'NR == int((n + 1) / 2) { printf "%-28s %6.2f %6.2f %6d\n", $1, $2, $3 + $4, $5 / 1024 }'
    done
}
if [ -z "${ONLY:-}" ]; then
split -n l/2 "$events" half_
cat > two.sh <<SH
"$rsigma" engine eval -r "\$1" --input-format json < half_aa > two.1 & "$rsigma" engine eval -r "\$1" --input-format json < half_ab > two.2; wait
SH
for _ in $(seq "$runs"); do
    rm -rf case duck-*.parquet
    measure intake "$coldcase" ingest --case case "$events"
    measure duckdb "$python" duck.py "$events" flat
    measure duckdb-same-columns "$python" duck.py "$events" same-columns
    measure scan "$coldcase" query --case case --file scan.sql --format jsonl
    measure scan-duckdb "$python" duckscan.py scan.sql case/tables/audit/*.parquet
    measure replay-all "$coldcase" replay --case case
    measure replay-plain "$coldcase" replay --case case --rules rules/plain --format jsonl -o ours.jsonl
    measure replay-plain-x10 "$coldcase" replay --case case --rules rules/plain-x10
    measure replay-pack "$coldcase" replay --case case --rules rules/pack
    measure replay-pack-x10 "$coldcase" replay --case case --rules rules/pack-x10
    measure rsigma-plain "$rsigma" engine eval -r rules/plain --input-format json < "$events"
    measure rsigma-library "$lines" rules/plain < "$events"
    measure rsigma-library-x10 "$lines" rules/plain-x10 < "$events"
    measure rsigma-plain-two-processes sh two.sh rules/plain
    measure rsigma-pack "$rsigma" engine eval -r rules/pack --input-format json < "$events"
done | tee figures.txt
cat two.1 two.2 > theirs.jsonl
medians figures.txt
echo "sizes"
du -cb case/tables/audit/*.parquet | tail -1 | awk '{ printf "%.1f MB case\n", $1 / 1e6 }'
du -b duck-*.parquet | awk '{ printf "%.1f MB %s\n", $1 / 1e6, $2 }'
"$python" - <<'PY'
import json, re
ours = {(f["rule"], i) for f in map(json.loads, open("ours.jsonl")) if "audit_ids" in f for i in f["audit_ids"]}
print(f"requests hit by a plain rule: {len(ours)} by coldcase; {sum(1 for _ in open('theirs.jsonl'))} matches printed by rsigma (one per event)")
PY
fi

# Questions of SQL. Warm ones are asked by coldcase of the case and by DuckDB of the Parquet files of the same case, in turn;
# the last two ask the same of a column and of the JSON text it was read from.
cat > questions.sql <<'SQL'
SELECT verb, resource, count(*) AS n FROM audit GROUP BY verb, resource ORDER BY n DESC, verb, resource;
SELECT user_name, count(*) AS n FROM audit WHERE response_code = 403 GROUP BY user_name ORDER BY n DESC, user_name LIMIT 10;
SELECT time, verb, request_uri, response_code FROM audit WHERE user_name = 'system:serviceaccount:monitoring:prometheus-k8s' AND time >= TIMESTAMP '2026-06-05 16:15:00' AND time < TIMESTAMP '2026-06-05 16:25:00' ORDER BY time LIMIT 30;
SELECT time, user_name, request_uri FROM audit WHERE request_uri LIKE '%bash%' ORDER BY time;
SELECT user_name, count(DISTINCT ip) AS addresses, min(time) AS first, max(time) AS last FROM (SELECT user_name, time, unnest(source_ips) AS ip FROM audit WHERE user_name LIKE 'system:serviceaccount:%') GROUP BY user_name ORDER BY user_name;
SQL
cat > nested.sql <<'SQL'
SELECT count(*) FROM (SELECT unnest(containers) AS c FROM audit WHERE containers IS NOT NULL) WHERE c['privileged'];
SELECT count(*) FROM audit WHERE json_get(request_object, 'spec.containers[*].securityContext.privileged') LIKE '%true%';
SQL
cat > warm.py <<'PY'
import glob, statistics, subprocess, sys, time, duckdb
coldcase, case = sys.argv[1:3]
def shell(lines, runs):
    text = "\\timing\n\\format csv\n\\o /dev/null\n" + "\n".join(line for line in lines for _ in range(runs)) + "\n"
    done = subprocess.run([coldcase, "query", "--case", case], input=text, capture_output=True, text=True, check=True)
    times = [float(line.split()[0]) for line in done.stderr.splitlines() if line.endswith(" ms")]
    return [times[n * runs + 1:(n + 1) * runs] for n in range(len(lines))]
files = glob.glob(case + "/tables/audit/*.parquet")
duckdb.sql("set threads=2"); duckdb.sql("set TimeZone='UTC'")
duckdb.sql(f"create or replace view audit as select * from read_parquet({files})")
def once(line):
    start = time.perf_counter(); duckdb.execute(line).fetchall()
    return (time.perf_counter() - start) * 1e3
# In turn, so that what else the machine does hits both; the first run of each is not counted.
lines = open("questions.sql").read().splitlines()
ours, theirs = [[] for _ in lines], [[] for _ in lines]
for _ in range(10):
    for all_runs, runs in zip(ours, shell(lines, 6)):
        all_runs += runs
    for all_runs, line in zip(theirs, lines):
        all_runs += [once(line) for _ in range(6)][1:]
for n, (a, b) in enumerate(zip(map(statistics.median, ours), map(statistics.median, theirs)), 1):
    print(f"question {n}: coldcase {a:.1f} ms, DuckDB {b:.1f} ms, ratio {a / b:.2f}")
column, text = map(statistics.median, shell(open("nested.sql").read().splitlines(), 6))
print(f"nested: column {column:.1f} ms, JSON text {text:.1f} ms, ratio {text / column:.0f}")
PY
cat > raw.py <<'PY'
import sys, duckdb
duckdb.sql("set threads=2")
print(duckdb.sql(f"""select json_extract_string("user", '$.username') as u, count(*) as n from read_json('{sys.argv[1]}',
    format='newline_delimited', columns={{'user': 'JSON', 'responseStatus': 'STRUCT(code INTEGER)'}}, maximum_object_size=67108864)
    where responseStatus.code = 403 group by u order by n desc limit 10""").fetchall())
PY
sql="SELECT user_name, count(*) AS n FROM audit WHERE response_code = 403 GROUP BY user_name ORDER BY n DESC LIMIT 10"
jq='jq -r "select(.responseStatus.code == 403) | .user.username" "$1" | sort | uniq -c | sort -rn'
[ -d case ] || "$coldcase" ingest --quiet --case case "$events"
for _ in $(seq "$runs"); do
    measure query "$coldcase" query --case case --format csv "$sql"
    measure query-raw "$coldcase" query --raw "$events" --format csv "$sql"
    measure query-raw-jq sh -c "$jq" sh "$events"
    measure query-raw-duckdb "$python" raw.py "$events"
done | tee questions.txt
medians questions.txt
"$python" warm.py "$coldcase" case
