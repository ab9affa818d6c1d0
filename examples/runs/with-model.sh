#!/usr/bin/env bash
# Runs the three scripts with a real model and says of each whether it came to its end with all assertions
# holding. POLYMATH names the program, POLYMATH_MODEL the model; the outputs are left in the folder given.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=${POLYMATH:-polymath}
out=${1:-out}
failed=0
for script in sales funding towers; do
    if "$program" run "$here/$script.toml" --out "$out/$script"; then
        echo "$script: right"
    else
        echo "$script: not right (status $?)"
        failed=1
    fi
done
exit $failed
