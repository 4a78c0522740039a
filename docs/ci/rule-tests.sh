#!/bin/sh
# What a pipeline does with rules: all tests in all formats that others read. Ends as `coldcase test` does.
# RULES is the folder with rules and tests, COLDCASE the program, OUT where reports go.
set -eu
rules=${RULES:-queries}
coldcase=${COLDCASE:-coldcase}
out=${OUT:-rule-tests}
mkdir -p "$out"
code=0
"$coldcase" test "$rules" --format junit -o "$out/junit.xml" || code=$?
# A second look at the same tests: for the pull request, only when there is something to show.
if [ "$code" -ne 0 ]; then
    "$coldcase" test "$rules" --format sarif -o "$out/rules.sarif" || true
    "$coldcase" test "$rules" --format markdown -o "$out/comment.md" || true
fi
exit "$code"
