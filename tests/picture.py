#!/usr/bin/env python3
"""Draws what a terminal shows as a picture: text of `tmux capture-pane -p -e` comes in, SVG goes out.

Usage: tests/picture.py COLUMNS ROWS < SCREEN > PICTURE

The same screen gives the same bytes. Each stretch of one style is stretched to its cells, so that columns stand below one
another in any font. Needs nothing but Python.
"""

import re, sys, unicodedata
from html import escape

WIDE, HIGH, EDGE = 8, 17, 8
PLAIN, GROUND = "#d4d4d4", "#1b1d1f"
# The sixteen colours of a terminal, in tones that can be told apart on the dark ground.
COLOURS = ["#3b3f42", "#e06c6c", "#8fbf6b", "#d9b45f", "#6fa8dc", "#c792c9", "#5fbfbf", "#c8c8c8",
           "#7f8a90", "#ff8a8a", "#b4e08a", "#f5d67b", "#93c7ff", "#e6b0e8", "#86e0e0", "#ffffff"]


def colour(number):
    """One of the 256 colours of xterm."""
    if number < 16:
        return COLOURS[number]
    if number < 232:
        parts = [(number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6]
        return "#" + "".join(f"{part and part * 40 + 55:02x}" for part in parts)
    return "#" + f"{(number - 232) * 10 + 8:02x}" * 3


def changed(style, codes):
    """The style after a sequence `ESC [ codes m`."""
    style, codes = dict(style), [int(code or 0) for code in codes.split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = {}
        elif code in (1, 2, 4, 7):
            style[code] = True
        elif code in (22, 24, 27):
            for off in {22: (1, 2), 24: (4,), 27: (7,)}[code]:
                style.pop(off, None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style["fg"] = COLOURS[code - 30 if code < 90 else code - 82]
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style["bg"] = COLOURS[code - 40 if code < 100 else code - 92]
        elif code in (38, 48) and codes[:1] == [5]:
            style["fg" if code == 38 else "bg"], codes = colour(codes[1]), codes[2:]
        elif code in (38, 48) and codes[:1] == [2]:
            style["fg" if code == 38 else "bg"], codes = "#%02x%02x%02x" % tuple(codes[1:4]), codes[4:]
        elif code in (39, 49):
            style.pop("fg" if code == 39 else "bg", None)
    return style


def cells_of(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def runs(line, style):
    """Stretches of one style: first cell, cells, text, style. And the style at the end of the line."""
    found, at = [], 0
    for text, codes in re.findall(r"([^\x1b]+)|\x1b\[([0-9;]*)m", line):
        if not text:
            style = changed(style, codes)
            continue
        found.append((at, cells_of(text), text, style))
        at += cells_of(text)
    return found, style


def drawn(y, at, cells, text, style):
    """A stretch as SVG: its ground where it has one, and its texts."""
    ink, ground = style.get("fg", PLAIN), style.get("bg")
    if style.get(7):
        ink, ground = ground or GROUND, ink
    out = ""
    if ground:
        out += f'<rect x="{EDGE + at * WIDE}" y="{EDGE + y * HIGH}" width="{cells * WIDE}" height="{HIGH}" fill="{ground}"/>'
    looks = "".join([' font-weight="bold"' if style.get(1) else "", ' fill-opacity="0.65"' if style.get(2) else "",
                     ' text-decoration="underline"' if style.get(4) else "", f' fill="{ink}"' if ink != PLAIN else ""])
    # Blanks behind one another would be drawn as one, so that what they set apart is drawn by itself.
    for part in re.finditer(r"[^ ]+(?: [^ ]+)*", text):
        x, wide = EDGE + (at + cells_of(text[:part.start()])) * WIDE, cells_of(part[0]) * WIDE
        out += f'<text x="{x}" y="{EDGE + y * HIGH + 13}" textLength="{wide}"{looks}>{escape(part[0])}</text>'
    return out


def main(columns, rows):
    width, height = columns * WIDE + 2 * EDGE, rows * HIGH + 2 * EDGE
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
          f'font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="13" fill="{PLAIN}">')
    print(f'<rect width="{width}" height="{height}" rx="6" fill="{GROUND}"/>')
    style = {}
    for y, line in enumerate(sys.stdin.read().split("\n")[:rows]):
        found, style = runs(line, style)
        # Grounds lie below all texts of the line.
        parts = "".join(drawn(y, *run) for run in found)
        if parts:
            print(parts)
    print("</svg>")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(int(sys.argv[1]), int(sys.argv[2]))
