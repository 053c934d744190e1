#!/usr/bin/env bash
# Makes system calls of a tiny experiment fail, one at a time, and runs it again.
#
#	results/bench/syscalls.sh [ERROR] [SECONDS] [FOLDER]
#
# ERROR is what the call returns (ENOSPC; also EIO, EMFILE, or signal=SIGKILL for a
# kill instead), SECONDS how long to go on. Every call of the list is hit at its
# first, second, … time in a thread, as strace counts. After each fault the run is
# repeated undisturbed: it must end well, with the digest of a run without faults,
# and the cache must verify. Prints a line per fault that breaks this and a sum.
set -euo pipefail
cd "$(dirname "$0")/../.."
error=${1:-ENOSPC} seconds=${2:-300} folder=$(realpath -m "${3:-.syscalls}")
mkdir -p "$folder"
go build -o "$folder/runexp" ./cmd/runexp
cp cmd/runexp/testdata/tiny.hcl "$folder"
cd "$folder"
run() { ./runexp -progress none -threads 1 tiny.hcl >out 2>&1; }
clean() { rm -rf .runexp results; }
case $error in signal=*) inject=$error ;; *) inject=error=$error ;; esac

clean
run
want=$(./runexp results digest tiny)
faults=0 noticed=0 broken=0 end=$((SECONDS + seconds))
for ((n = 1; SECONDS < end; n++)); do
	hit=0
	for call in fsync fdatasync renameat renameat2 write pwrite64 openat mkdirat ftruncate linkat unlinkat; do
		[ $SECONDS -lt $end ] || break
		clean
		status=0
		strace -f -qq -o trace -e trace="$call" -e inject="$call:$inject:when=$n" ./runexp -progress none -threads 1 tiny.hcl >out 2>&1 || status=$?
		grep -q INJECTED trace || [[ $error == signal=* && $status -gt 128 ]] || continue
		hit=1 faults=$((faults + 1))
		[ $status = 0 ] || noticed=$((noticed + 1))
		if ! run || [ "$(./runexp results digest tiny)" != "$want" ] || ! ./runexp cache verify >out 2>&1; then
			echo "BROKEN: $call at $n, status $status; then:" && tail -3 out
			broken=$((broken + 1))
		fi
	done
	[ $hit = 1 ] || break
done
echo "$error: $faults faults up to time $n of each call, $noticed ended the run with an error, $broken not repaired by running again"
