#!/usr/bin/env bash
# One investigation from first look to last proof, in a real terminal: finds the intruder, marks the story, writes a test of
# what was found and the report, and opens the report in a browser. Usage: tests/story.sh PROGRAM
# Ends with the first screen that does not show what it must. The pictures of docs/pictures are screens on its way: they are
# compared, and with COLDCASE_WRITE_DOCS=1 they are drawn.
set -euo pipefail
cd "$(dirname "$0")/.."
home=$PWD
# shellcheck source=tests/terminal.sh
. tests/terminal.sh
# The screen as it is now is the picture of that name. The numbers on it are the sample's under the pack as it is.
picture() {
    sleep 0.3
    tm capture-pane -p -e | python3 "$home/tests/picture.py" 80 24 > "$folder/$1.svg"
    if [ -n "${COLDCASE_WRITE_DOCS:-}" ]; then cp "$folder/$1.svg" "$home/docs/pictures/$1.svg"; fi
    cmp -s "$folder/$1.svg" "$home/docs/pictures/$1.svg" && return
    echo "docs/pictures/$1.svg is another screen than this: COLDCASE_WRITE_DOCS=1 tests/story.sh PROGRAM draws it"
    tm capture-pane -p; exit 1
}
screen "cd $folder && $program tui --case case --investigator ana; echo left with \$?; exec bash --norc"

echo "what is worst?"; see 'critical +3'; see 'idle'; picture overview
keys s; see 'questions with hits'; see 'hands-on'; see 'idle'; picture sweep
keys 3; see 'coin mining ima'; see 'idle'
echo "who did it, from where?"; keys Enter; see 'kube-cache'; see 'event 1 of'; picture finding
keys Enter; see '\[2 Timeline\]'; see 'kube-cache'; see 'idle'
keys P; see 'into the story'; keys -l 'a miner on every node'; keys Enter; see 'in the story'; see 'idle'
echo "all that this account did, in every source"; keys f; see 'filtered:'; see 'deployer'; see 'idle'
picture timeline; keys g; see 'filtered: 1 of'; keys P; see 'into the story'; keys -l 'first seen: a token of deployer'; keys Enter; see 'in the story'
echo "who was at that address before?"; keys x; see 'no filter'; see 'idle'; keys g; see 'idle'
keys /; see 'find'; keys -l '203.0.113.7'; keys Enter; see 'system:anonymous'; see 'idle'
keys '&'; see 'filtered:'; see 'idle'; keys g; see 'filtered: 1 of'
keys P; see 'into the story'; keys -l 'the intruder comes in'; keys Enter; see 'in the story'; see 'idle'
echo "what did they get hold of?"; keys 3; see 'Findings\]'; see 'idle'; keys Escape; keys /; see 'find:'
keys -l 'cluster-admin'; keys Enter; see 'cluster-admin'; see 'idle'; keys e; see 'PASS'; see 'idle'; picture explain
keys P; see 'into the story'; keys -l 'they rule the cluster'; keys Enter; see 'in the story'
echo "a test of it, with other names"; keys K; see 'test to file:'; keys -l 'admin.cases.jsonl'; keys Enter; see 'fires on it as in the case|written to'
echo "the events as rows"; keys Y; see 'export to file:'; keys -l 'admin.csv'; keys Enter; see 'events? written to admin.csv'
echo "the question behind it"; see 'idle'; keys B; see '\[4 SQL\]'; see 'row 1 of [0-9]+'
echo "the objects, and the incident played"; keys 5; see 'ns kube-system'; keys w; see 'who can:'; keys -l 'create pods/exec -n web'
keys Enter; see 'grants for: create pods'; see 'idle'; picture who-can; keys Escape
keys 3; see 'Findings\]'; keys 2; see 'idle'; keys x; see 'no filter'; see 'idle'; keys R; see 'of [0-9]+ found'; keys '>'; see 'FOUND'; see 'idle'
picture replay; keys Escape
keys 7; see 'Story 4'; see 'the intruder comes in'; see 'idle'
echo "the report"; keys Q; see 'Quit'; keys y; see 'left with 0'
keys -l "$program report --case case --story -o report.html && echo reported"; keys Enter; see '^reported'
grep -q 'the intruder comes in' "$folder/report.html"
"$program" test "$folder/admin.cases.jsonl" --no-cache | grep -q '1 passed'
! grep -qE 'deployer|203\.0\.113\.7"' "$folder/admin.cases.jsonl" || { echo "the test names the intruder"; exit 1; }
[ "$(wc -l < "$folder/admin.csv")" -ge 2 ]
"$program" case aliases --case "$folder/case" | grep -q deployer
"$program" verify --case "$folder/case" >/dev/null
echo "every screen showed what it must"
echo "the page in a browser"
code=0
python3 "$home/tests/browser.py" "$folder/report.html" 'the intruder comes in' 'they rule the cluster' 'a miner on every node' \
    'Attack chain' 'What the evidence cannot tell' '203.0.113.7' || code=$?
if [ $code = 0 ]; then
    "$program" report --case "$folder/case" --all -o "$folder/all.html"
    python3 "$home/tests/browser.py" "$folder/all.html" 'the intruder comes in' 'Attack chain' 'Gaps' 'BLAKE3' 'Custody' 'Queries used' || code=$?
fi
[ $code = 77 ] && { echo "THE PAGE WAS NOT OPENED: there is no browser here"; exit 0; }
[ $code = 0 ] || exit $code
# A page that is wrong must be told from one that is right.
printf '<body>a<p style="width:2000px">a</p><img src="http://192.0.2.1/x"><script>nosuch()</script></body>' > "$folder/bad.html"
code=0
python3 "$home/tests/browser.py" "$folder/bad.html" a > "$folder/told" || code=$?
[ $code = 1 ] && grep -q 'asks for http' "$folder/told" && grep -q 'script fails' "$folder/told" && grep -q 'wider than a window of 1280' "$folder/told" || { cat "$folder/told"; exit 1; }
echo "the page shows its story, asks for nothing outside and runs no script"
