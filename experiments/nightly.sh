#!/bin/sh
# One night, unattended: run, compare with the last good night, gate, publish.
#
#   sh experiments/nightly.sh [FILE EXPERIMENT]       by default experiments/nightly.hcl nightly
#
# Ends with status 6 if a gated score fell, and then the last good night stays the one
# that the next is compared with. PUBLISH is a folder that gets the report and the
# comparison, also of a bad night. A killed night is resumed by running this again.
set -eu
file=${1:-experiments/nightly.hcl}
name=${2:-nightly}
folder=results/$name

runexp -progress plain "$file"
tonight=$(runexp history -json "$name" | sed -n 's/.*"invocation": "\(.*\)",$/\1/p' | tail -n 1)

verdict=0
if [ -e "$folder/good" ]; then
	runexp compare -gate "$(cat "$folder/good")" "$tonight" >"$folder/compare.md" || verdict=$?
fi
if [ $verdict = 0 ]; then
	echo "$tonight" >"$folder/good"
fi
if [ -n "${PUBLISH:-}" ]; then
	mkdir -p "$PUBLISH"
	cp -R "$folder/." "$PUBLISH"
fi
exit $verdict
