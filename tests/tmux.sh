#!/usr/bin/env bash
# Drives the real program through a short investigation of the sample incident, in a real terminal.
# Usage: tests/tmux.sh PROGRAM. Ends with the first screen that does not show what it must.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${1:?usage: tests/tmux.sh PROGRAM}")
command -v tmux >/dev/null || { echo "there is no tmux: nothing was checked"; exit 77; }
folder=$(mktemp -d)
socket="coldcase-$$"
tm() { tmux -L "$socket" "$@"; }
trap 'tm kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT

"$program" ingest --quiet --case "$folder/case" sample-data/incidents/aks-intrusion/evidence
"$program" replay --case "$folder/case" >/dev/null
tm new-session -d -x 80 -y 24 "$program tui --case $folder/case; echo left with \$?; sleep 60"

# Waits until the screen shows a text; prints the screen when it never does.
see() {
    for _ in $(seq 150); do
        if tm capture-pane -p | grep -qE -- "$1"; then echo "  sees: $1"; return; fi
        sleep 0.2
    done
    echo "never saw: $1"; tm capture-pane -p; exit 1
}
keys() { sleep 0.3; tm send-keys "$@"; }

echo "overview"; see 'Coverage'; see 'critical +2'; see 'idle'
echo "findings"; keys 3; see 'coin mining ima'; see 'idle'
keys Enter; sleep 0.5; see 'kube-cache'
echo "the event in the timeline"; keys Enter; see '\[2 Timeline\]'; see 'kube-cache'; see 'idle'
echo "its record and raw bytes"; keys Enter; see 'audit_id'; keys p; see 'kube-audit|requestURI'
keys Escape; keys Escape
echo "only this actor"; keys 2; see 'idle'; keys f; see 'actor='; see 'idle'
echo "SQL"; keys 4; see 'idle'; keys -l "SELECT count(*) AS deleted FROM audit WHERE verb = 'delete' AND resource = 'events'"
keys F5; see '1,?272'
keys Escape
echo "small and large"; tm resize-window -x 20 -y 5; sleep 1; tm resize-window -x 200 -y 50; sleep 1
keys 1; see 'Coverage'
echo "leave"; keys Q; see 'Quit'; keys y; see 'left with 0'
echo "every screen showed what it must"
