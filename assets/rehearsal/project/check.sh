#!/bin/sh
# Checks the functions of src/.
cd "$(dirname "$0")" || exit 1
. ./src/total.sh
. ./src/report.sh

failed=0

# check WHAT EXPECTED ACTUAL
check() {
    if [ "$2" = "$3" ]; then
        echo "ok    $1"
    else
        echo "FAIL  $1: expected $2, got $3"
        failed=1
    fi
}

check "an empty list is nothing" 0 "$(printf '' | total)"
check "lines are summed" 3000 "$(printf 'bread=1000\ntea=2000\n' | total)"
check "remarks do not count" 1000 "$(printf '# tea=2000\nbread=1000\n' | total)"
check "a last line without a newline counts" 4200 "$(printf 'bread=1000\ntea=2000\nrent=1200' | total)"
check "a report has a row for every item" 2 "$(printf 'bread=1000\ntea=2000\n' | report | wc -l | tr -d ' ')"

if [ "$failed" = 0 ]; then
    echo "all checks pass"
else
    echo "some checks fail"
    exit 1
fi
