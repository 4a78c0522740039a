#!/usr/bin/env bash
# Drives the real program through a short investigation of the sample incident, in a real terminal.
# Usage: tests/tmux.sh PROGRAM. Ends with the first screen that does not show what it must.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/terminal.sh
. tests/terminal.sh

printf '#!/bin/sh\nstty -a < /dev/tty | grep -oE -- "-?(icanon|echo)\\b" | xargs echo > %s/editor.tty\nsed -i "s/and shell$/and not shell/" "$1"\n' "$folder" > "$folder/editor"
chmod +x "$folder/editor"
screen "EDITOR=$folder/editor $program tui --case $folder/case; echo left with \$?; exec bash --norc"

echo "overview"; see 'Coverage'; see 'critical +3'; see 'idle'
echo "findings"; keys 3; see 'coin mining ima'; see 'idle'
keys Enter; sleep 0.5; see 'kube-cache'
echo "the event in the timeline"; keys Enter; see '\[2 Timeline\]'; see 'kube-cache'; see 'idle'
echo "its record and raw bytes"; keys Enter; see 'audit_id'; keys p; see 'kube-audit|requestURI'
keys Escape; keys Escape
echo "only this actor"; keys 2; see 'idle'; keys f; see 'actor='; see 'idle'
echo "SQL"; keys 4; see 'idle'; keys -l "SELECT count(*) AS deleted FROM audit WHERE verb = 'delete' AND resource = 'events'"
keys F5; see '1,?272'
keys Escape
echo "a query with a value, saved as a hunt"; keys i; keys C-u; keys -l 'SELECT count(*) AS n FROM audit WHERE verb = $verb'; keys F5; see 'value:'
keys -l 'delete'; keys Enter; see '\$verb=delete'; keys C-o; see 'save as:'; keys -l 'by-verb How often a verb was used'; keys Enter
see 'hunt by-verb is in'; keys Escape; "$program" hunt --case "$folder/case" by-verb --param verb=get | grep -qE '^ *[0-9]{3}'
echo "notes on the shell"; keys 2; see 'idle'; keys x; see 'no filter'; see 'idle'; keys g; see '1 of 11'; keys /; keys -l 'pods/exec'; keys Enter; see 'idle'; see 'pods/exec'
keys t; see 'tag:'; keys -l 'hands-on'; keys Enter; see 'tagged hands-on'
keys P; see 'into the story'; keys -l 'opens a shell'; keys Enter; see 'in the story'
echo "all about the account, and back"
keys '*'; see 'service account web/ci'; see 'its part in them'; see 'idle'
keys '>'; see 'about=service account web/ci'; see 'idle'; keys Escape; see '\[About\]'; keys Escape; see '\[2 Timeline\]'
echo "repeats"; keys x; see 'no filter'; see 'idle'; keys r; see 'repeats folded'; see 'line [0-9,]+ of [0-9,]+, 11,636 events'; keys a; see 'no filter'; see 'idle'
echo "two events"; keys d; see 'this event is A'; keys j; keys d; see 'what differs'; keys Escape; see '\[2 Timeline\]'
echo "a named window"; keys z; see 'filtered'; see 'idle'; keys W; see 'name of this window'; keys -l 'the shell'; keys Enter; see 'this window is the shell'
keys w; see 'Windows 1'; see 'the shell'; keys Enter; see '\[2 Timeline\]'; keys x; see 'no filter'; see 'idle'
echo "why the rule fired"; keys 3; see 'Findings\]'; see 'idle'; keys e; see 'asked of event'; see 'PASS|FAIL'
echo "objects and who can"; keys 5; see 'ns kube-system'; keys r; see 'rules fire on'; keys w; see 'who can:'
keys -l 'delete nodes'; keys Enter; see 'Group system:masters'; keys Escape
echo "rules"; keys 6; see 'hits [0-9]+'; keys r; see 'Run alone now'
echo "a rule is edited, run again and compared"; keys /; keys -l 'ex-exec-shell'; keys Enter; see '>.*ex-exec-shell'; see 'idle'; keys e
see '[0-9]+ gained, [1-9][0-9]* lost, 0 the same'; see 'own: '; see 'idle'; grep -q 'and not shell' "$folder/case.rules/ex-exec-shell.yml"
[ "$(cat "$folder/editor.tty")" = 'icanon echo' ] || { echo "the editor did not get the terminal: $(cat "$folder/editor.tty")"; exit 1; }
echo "the case"; keys 7; see 'Windows 1'; keys l; see 'Story 1'; see 'opens a shell'
echo "the notes of another case"; cp -r "$folder/case" "$folder/other"
"$program" case window --case "$folder/other" 'the dawn' --from 2026-11-24T00:20:00Z --to 2026-11-24T00:24:00Z >/dev/null
keys :; keys -l "merge $folder/other"; keys Enter; see '1 note would come from'; see 'the dawn'; keys Enter
see 'notes taken over from .*: 1'; see 'Windows 2'
echo "the incident is played"; keys 2; see 'idle'; keys x; keys R; see 'of [0-9]+ found'; keys '>'; see 'FOUND'; keys ']'; keys Space; see 'plays 600x'
keys Space; see 'paused'; keys u; see 'until|FOUND'; keys Space; keys Escape
echo "the manual"; keys F1; see 'Manual: Timeline'; keys /; keys -l 'openssl genpkey'; keys Enter; see 'Manual: 6. Prove'; keys Escape
echo "by name"; keys :; see 'what this screen can do'; keys -l 'overview'; keys Enter; see 'Coverage'
echo "small and large"; tm resize-window -x 20 -y 5; sleep 1; tm resize-window -x 200 -y 50; sleep 1
keys 1; see 'Coverage'; keys s; see 'questions with hits'; see 'hands-on'
echo "leave"; keys Q; see 'Quit'; keys y; see 'left with 0'
echo "the terminal after signals, ^z and a panic"
keys -l "PS1='shell> '; clear"; keys Enter; see '^shell>\s*$'
before=$(modes)
same() { sleep 0.3; [ "$(modes)" = "$before" ] || { echo "the terminal is not what it was: $(modes), not $before"; exit 1; }; echo "  as before: $1"; }
pid() { pgrep -f "^$program tui --case $folder/case" | head -n 1; }
start() { keys -l "clear; ${1:-}$program tui --case $folder/case"; keys Enter; see 'Coverage'; see 'idle'; }
for signal in TERM HUP INT; do
    start; kill -s $signal "$(pid)"; see '^shell>\s*$'; same "SIG$signal"
    keys -l 'echo ended by $?'; keys Enter; see "ended by $((128 + $(kill -l $signal)))"
done
start; keys C-z; see 'Stopped'; same '^z'; keys -l 'fg'; keys Enter; see 'Coverage'; see 'idle'; keys 3; see 'Findings\]'
tm resize-window -x 100 -y 30; kill -s TSTP "$(pid)"; see 'Stopped'; same 'SIGTSTP'
keys -l 'clear; fg'; keys Enter; see 'Findings\]'; see 'coin mining ima'
# One that nobody can catch leaves the screen as it is; whatever was written on it is drawn over when it goes on.
kill -s STOP "$(pid)"; see 'Stopped'; keys -l 'fg'; keys Enter; keys 1; see 'Coverage'; gone 'Stopped'; see 'idle'
keys C-z; see 'Stopped'; kill -s TERM "$(pid)"; keys -l 'fg'; keys Enter; see '^shell>\s*$'; same 'SIGTERM while stopped'
tm resize-window -x 80 -y 24
if grep -q asked.to.by.COLDCASE_PANIC "$program"; then
    start 'COLDCASE_PANIC=1 '; keys j; see 'asked to by COLDCASE_PANIC'; see '^shell>\s*$'; same 'a panic'
else
    echo "  a panic: not run, the program was not built for tests"
fi
echo "the shell of SQL"
tm respawn-window -k "XDG_STATE_HOME=$folder/state PAGER= $program query --case $folder/case; echo the shell left with \$?; sleep 60"
see '^coldcase>'; keys -l 'SELECT count(*) AS deleted'; keys Enter; keys -l 'FROM audit WHERE user_na'; keys Tab
keys -l " IS NOT NULL AND verb = 'delete' AND resource = 'events'\;"; keys Enter; see '^ *1272$'; see '^1 row'
keys -l '\d rej'; keys Tab; keys Enter; see 'reason .*text'
keys -l 'SELECT sum(a.value * b.value % 7) FROM range(1000000) a CROSS JOIN range(1000000) b\;'; keys Enter
see '[0-9]+ s, .* rows read; Ctrl-C stops it'; keys C-c; see '^stopped'
keys Up; see 'CROSS JOIN'; keys C-c; keys -l '\q'; keys Enter; see 'the shell left with 0'
grep -q 'CROSS JOIN' "$folder/state/coldcase/query_history"
echo "the story and its report"
"$program" case story --case "$folder/case" | grep -q 'opens a shell'
"$program" report --case "$folder/case" --story -o "$folder/report.html"
grep -q 'opens a shell' "$folder/report.html"
"$program" verify --case "$folder/case" >/dev/null
echo "every screen showed what it must"
