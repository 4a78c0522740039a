#!/usr/bin/env python3
"""Asks az and kubectl themselves whether the commands in `remediation:` of the rules exist, with their flags.

Needs both programs and PyYAML, which Python's azure-cli brings along; nothing is sent anywhere, and nobody has to be signed in.

    remediation-commands.py queries/detections     ends with 1 when a command or a flag is unknown
"""

import pathlib
import re
import subprocess
import sys

import yaml

# Where a command ends and the sentence goes on.
ENDS = re.compile(r"[,;|)]|[.:]( |$)| (and|or|if|with|then|says|names|brings|makes|shows|puts|within|for|in|is|does|on) ")


def commands(folder):
    """Each command with the rules that name it."""
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*/*.yml")):
        for document in yaml.safe_load_all(path.read_text()):
            text = " ".join(((document or {}).get("remediation") or "").split())
            for begin in re.finditer(r"\b(az|kubectl) (?=[a-z])", text):
                command = ENDS.split(text[begin.start() :])[0].strip()
                # An extension would have to be fetched.
                if "(extension " in command:
                    continue
                found.setdefault(command, set()).add(path.stem)
    return found


def run(words):
    """What a program says; of az, which is a script on some systems, whatever stands in the path."""
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    return said.returncode, said.stdout + said.stderr


def main():
    told, wrong, found = {}, 0, commands(sys.argv[1])
    always = run(["kubectl", "options"])[1]
    for command, rules in sorted(found.items()):
        words = command.split()
        names = [words[0]]
        for word in words[1:]:
            # What is written in capitals, and what comes behind it, is for the reader to fill in.
            if not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            names.append(word)
        if names[0] == "kubectl":
            names = names[: 3 if names[1] in ("auth", "create", "rollout") else 2]
        key = tuple(names)
        if key not in told:
            told[key] = run([*names, "--help"])
        code, text = told[key]
        text += always if names[0] == "kubectl" else ""
        flags = re.findall(r"(?<!\S)(--[a-z-]+|-[a-zA-Z])\b", command)
        unknown = [flag for flag in flags if not re.search(rf"(?<![\w-]){flag}(?![\w-])", text)]
        if code or unknown:
            wrong += 1
            print(f"{command}: {'no such command' if code else 'unknown ' + ' '.join(unknown)} ({', '.join(sorted(rules))})")
    print(f"{len(found)} commands, {wrong} wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
