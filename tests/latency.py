#!/usr/bin/env python3
"""How fast the screens answer on a case, measured from outside: a terminal of its own, keys sent, bytes waited for.

Usage: tests/latency.py PROGRAM CASE [KEYS [PART…]]   parts: keys, filter, stop, slow, or the name of a
query of `stop`; without one: all of them

Prints the time from start to the whole first screen, the time each key took to change the screen while nothing was loading
and while a screen was loading, the time Esc took to stop a running query, how long the slow answers take (folding, the page on
an entity, the first replay) with keys answered meanwhile, and the most memory the program had after each. Needs nothing but Python. A load on the machine shows in the figures: take them on a quiet one.
"""

import fcntl, os, pty, random, re, select, signal, struct, sys, termios, time

ROWS, COLUMNS = 40, 120


class Screen:
    def __init__(self, program, case):
        self.text = b""
        self.start = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS), LINES=str(ROWS))
            os.execv(program, [program, "tui", "--case", case])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def read(self, seconds):
        """Bytes that come within so many seconds, as soon as there are any."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            found = os.read(self.fd, 1 << 16)
        except OSError:
            found = b""
        self.text += found
        return found

    def send(self, keys):
        os.write(self.fd, keys.encode())

    def until(self, what, seconds):
        """Seconds until the bytes match, None if they never do."""
        begin, self.text = time.perf_counter(), b""
        while time.perf_counter() - begin < seconds:
            if self.read(0.05) and re.search(what, self.text, re.S):
                return time.perf_counter() - begin
        return None

    def rest(self, seconds=60.0):
        """Waits until nothing moves: the spinner turns every 120 ms while anything loads."""
        begin = time.perf_counter()
        while self.read(0.2) and time.perf_counter() - begin < seconds:
            pass

    def takes(self, keys, seconds=300.0):
        """Seconds from a key to the last change of the screen: the spinner turns while anything loads."""
        begin = last = time.perf_counter()
        self.send(keys)
        while self.read(0.2) and last - begin < seconds:
            last = time.perf_counter()
        return last - begin

    def answered(self, keys, seconds):
        """How long each key takes to change the screen, one after the other, for so many seconds."""
        times, end, number = [], time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            begin, number = time.perf_counter(), number + 1
            self.send(keys[number % len(keys)])
            while time.perf_counter() - begin < 2:
                if self.read(0.01):
                    times.append(time.perf_counter() - begin)
                    break
            time.sleep(0.05)
        return times

    def memory(self):
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024


def told(name, times):
    times = sorted(times)
    if not times:
        return print(f"{name}: nothing was measured")
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000
    print(f"{name}: {len(times)} keys, median {at(0.5):.1f} ms, p99 {at(0.99):.1f} ms, most {times[-1] * 1000:.1f} ms")


def keys_while_idle(screen, keys):
    times, none, slow = [], 0, []
    moves = ["j", "k", "\x1b[B", "l", "h", " ", "1", "2", "3", "2", "7", "2", "?", "?", ":", "\x1b[A", "\x1b", "i"]
    for number in range(keys):
        screen.rest()
        begin = time.perf_counter()
        screen.send(moves[number % len(moves)])
        if screen.read(0.5):
            times.append(time.perf_counter() - begin)
            slow.append((times[-1], moves[number % len(moves)], number))
        else:
            none += 1
    told("keys while nothing loads", times)
    print(f"  {none} keys had nothing to change; slowest:", ", ".join(f"{key!r} {t * 1000:.0f} ms ({at})" for t, key, at in sorted(slow)[:-9:-1]))


def keys_while_filtering(screen, keys):
    times = []
    for number in range(keys // 4):
        # A filter on everything is asked for, and the screen changed while it runs.
        screen.send("2")
        screen.rest()
        # On the column of the actor: the first keys go there.
        screen.send("ll" if number == 0 else "j")
        screen.rest()
        screen.send("+")
        time.sleep(0.03)
        to = random.choice([0, 2, 4, 5, 6])
        begin = time.perf_counter()
        screen.text = b""
        screen.send(str(to + 1))
        while time.perf_counter() - begin < 2:
            screen.read(0.01)
            # The names of the screens are in the first line, which nothing else changes.
            if b"\x1b[1;" in screen.text:
                times.append(time.perf_counter() - begin)
                break
        screen.send("2")
        screen.rest()
        screen.send("a")
        screen.rest()
    told("screens changed while a filter runs", times)


# Queries that run for seconds on ten million events, each by what is hard to stop in it.
QUERIES = {
    "different texts": "SELECT count(DISTINCT request_uri || user_agent) FROM range(50) CROSS JOIN audit",
    "groups of texts": "SELECT request_uri, user_agent, count(*) FROM audit GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
    "an expression": "SELECT count(*) FROM range(30) CROSS JOIN audit WHERE regexp_like(request_uri, '(a|e)[^/]*(b|s)[^/]*[x-z]')",
    "all in order": "SELECT * FROM timeline ORDER BY object, agent, time, evidence, \"offset\"",
    "a window": "SELECT max(n) FROM (SELECT row_number() OVER (PARTITION BY user_name ORDER BY request_uri, time) AS n FROM audit)",
    "a join": "SELECT count(*) FROM audit a JOIN audit b ON a.request_uri = b.request_uri AND a.audit_id < b.audit_id",
}
# A program rests when its threads had a processor for less than a tenth of this, for as long as REST.
STEP, REST = 0.005, 0.15


def queries_stopped(screen, _, names=QUERIES):
    for name in names:
        query = QUERIES[name]
        times, burnt, none = [], [], 0
        for after in [0.4, 0.8, 1.2, 1.6, 2.0, 2.4]:
            screen.send("4")
            screen.rest()
            screen.send("\x1b")
            screen.rest()
            screen.send("i\x15")
            screen.send(query)
            screen.rest()
            screen.send("\x1b[15~")
            end, before = time.perf_counter() + after, {}
            while time.perf_counter() < end:
                before = on_processor(screen.pid)
                screen.read(STEP)
            begin, last = time.perf_counter(), on_processor(screen.pid)
            works = used(before, last) > 0
            screen.send("\x1b")
            end = at = begin
            start = last
            while at - end < REST and at - begin < 10:
                screen.read(0)
                time.sleep(STEP)
                now, seen = time.perf_counter(), on_processor(screen.pid)
                if used(last, seen) > 0.1 * (now - at):
                    end = now
                at, last = now, seen
            if works:
                times.append(end - begin)
                burnt.append(used(start, last))
            else:
                none += 1
            screen.rest()
        told(f"Esc until nothing works any more, {name}", times)
        all = " ".join(f"{t * 1000:.0f}" for t in times)
        print(f"  {all} ms; processor time after Esc at most {max(burnt, default=0) * 1000:.0f} ms; {none} had ended before; memory {screen.memory():.0f} MiB")
    screen.send("\x1b")


def slow_answers(screen, _):
    ways = [("the last page", "G", "g"), ("repeats folded", "r", "a"), ("the page on who acted", "*", "\x1b")]
    for name, keys, back in ways:
        print(f"{name}: {screen.takes(keys) * 1000:.0f} ms, memory {screen.memory():.0f} MiB")
        screen.takes(back)
    begin = time.perf_counter()
    screen.send("R")
    told("keys while the first replay is made ready", screen.answered(["\t", "j", "R", "k"], 4))
    screen.takes("")
    print(f"the first replay: {time.perf_counter() - begin:.1f} s, memory {screen.memory():.0f} MiB")


PARTS = {"keys": keys_while_idle, "filter": keys_while_filtering, "stop": queries_stopped, "slow": slow_answers}


def main(program, case, keys, parts):
    random.seed(7)
    screen = Screen(program, case)
    # The line of the coverage is the last part of the first screen that comes from the case.
    first = screen.until(rb"Coverage.*(idle|events)", 300)
    print("first frame with the coverage:", "never" if first is None else f"{first * 1000:.0f} ms")
    screen.rest(300)
    print(f"memory then: {screen.memory():.0f} MiB")
    print(f"the first page of the timeline: {screen.takes('2') * 1000:.0f} ms, memory {screen.memory():.0f} MiB")
    for part in parts or PARTS:
        if part in QUERIES:
            queries_stopped(screen, keys, [part])
        else:
            PARTS[part](screen, keys)
        print(f"most memory after {part}: {screen.memory():.0f} MiB")
        screen.send("2")
        screen.rest(300)
        screen.send("x")
        screen.rest(300)
    os.kill(screen.pid, signal.SIGKILL)
    os.waitpid(screen.pid, 0)


def on_processor(pid):
    """Seconds that each thread had a processor for."""
    times = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
                times[thread] = int(stat.read().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):
            pass
    return times


def used(before, after):
    """Seconds of processor time between the two, of all threads; one that has begun since counts from its start."""
    return sum(time - before.get(thread, 0) for thread, time in after.items())


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 200, sys.argv[4:])
