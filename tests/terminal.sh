# A real terminal for scripts, sourced by those that drive the screens of the program in their first argument: makes the sample case
# at $folder/case. The folder goes away with the server.
program=$(realpath "${1:?usage: $0 PROGRAM}")
command -v tmux >/dev/null || { echo "there is no tmux: nothing was checked"; exit 77; }
folder=$(mktemp -d)
socket="coldcase-$$"
tm() { tmux -L "$socket" "$@"; }
trap 'tm kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT
"$program" ingest --quiet --case "$folder/case" sample-data/incidents/aks-intrusion/evidence
"$program" replay --case "$folder/case" >/dev/null

# Opens a terminal of 80 by 24 and runs a command in it.
screen() { tm new-session -d -x 80 -y 24 "$1"; }

# Waits until the screen shows a text; prints the screen when it never does.
see() {
    for _ in $(seq 300); do
        if tm capture-pane -p | grep -qE -- "$1"; then echo "  sees: $1"; return; fi
        sleep 0.1
    done
    echo "never saw: $1"; tm capture-pane -p; exit 1
}

# Waits until the screen no longer shows a text.
gone() {
    for _ in $(seq 300); do
        if ! tm capture-pane -p | grep -qE -- "$1"; then echo "  gone: $1"; return; fi
        sleep 0.1
    done
    echo "still saw: $1"; tm capture-pane -p; exit 1
}

keys() { sleep 0.2; tm send-keys "$@"; }

# The modes of the terminal that a program may leave behind: alternate screen, cursor, echo and lines of the driver.
modes() { tm display-message -p '#{alternate_on} #{cursor_flag}'; stty -a -F "$(tm display-message -p '#{pane_tty}')" | grep -oE -- '-?(icanon|echo|isig)\b' | sort | tr '\n' ' '; }
