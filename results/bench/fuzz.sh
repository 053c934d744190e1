#!/usr/bin/env bash
# Fuzzes every target of the repository in turn and writes what each cost.
#
#	results/bench/fuzz.sh SECONDS [ROUNDS] [FOLDER]
#
# Every target runs for SECONDS of wall time, one worker on one processor, ROUNDS
# times over (default 1); FUZZ=REGEX keeps only the targets that match. FOLDER
# (default .fuzz) keeps the instrumented test programs, the corpora and log.tsv:
# target, CPU seconds, executions, new inputs, and ok, CRASH or stalled (a worker
# starved; its input passes). A crash's input lands in the package's testdata/fuzz,
# as with go test -fuzz. "results/bench/fuzz.sh -sum FOLDER" prints a table of the log.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" = -sum ]; then
	sort "${2:-.fuzz}/log.tsv" | awk -F'\t' '
		function put() { if (name != "") printf "| %s | %.1f | %.3g | %d | %d |\n", name, cpu/60, execs, new, crashes }
		$1 != name { put(); name = $1; cpu = execs = new = crashes = 0 }
		{ cpu += $2; execs += $3; new += $4; crashes += $5 == "CRASH"; all += $2; total += $3 }
		END { put(); printf "| all | %.1f | %.3g | | |\n", all/60, total }'
	exit
fi
seconds=${1:?seconds for each target} rounds=${2:-1} folder=$(realpath -m "${3:-.fuzz}")
mkdir -p "$folder/programs" "$folder/corpora"
export GOMAXPROCS=1
TIMEFORMAT='%U %S'

targets=$(grep -rn --include='*_test.go' -o '^func Fuzz[A-Za-z0-9]*' . | sed -E 's|^\./(.*)/[^/]*:[0-9]+:func (.*)|\1 \2|' | sort | grep -E "${FUZZ:-.}")
for package in $(cut -d' ' -f1 <<<"$targets" | uniq); do
	program=$folder/programs/${package//\//_}.test
	[ -x "$program" ] || go test -c -fuzz=. -o "$program" "./$package"
done
for ((round = 0; round < rounds; round++)); do
	while read -r package name; do
		program=$folder/programs/${package//\//_}.test out=$folder/out verdict=ok
		{ time env -C "$package" "$program" -test.run='^$' -test.fuzz="^$name\$" -test.fuzztime="${seconds}s" \
			-test.fuzzminimizetime=1s -test.fuzzcachedir="$folder/corpora/$package" -test.parallel=1 </dev/null >"$out" 2>&1; } 2>"$folder/cpu" || verdict=CRASH
		# The end of the time, met while an input was being made smaller, is no failure of the target.
		if [ $verdict = CRASH ] && grep -q 'context deadline exceeded' "$out" && ! grep -q 'Failing input' "$out"; then
			verdict=ok
		fi
		if [ $verdict = CRASH ]; then
			cp "$out" "$folder/crash.${package//\//_}.$name.$round"
			input=$(sed -n 's/.*Failing input written to //p' "$out")
			# A worker that got no processor for too long is reported like one that hangs.
			if [ -n "$input" ] && (cd "$package" && "$program" -test.run="^$name\$" >"$out.again" 2>&1); then
				verdict=stalled
				rm "$package/$input"
			fi
		fi
		last=$(grep -o 'execs: [0-9]* .*new interesting: [0-9]*' "$out" | tail -1 | sed -E 's/execs: ([0-9]+).*: ([0-9]+)/\1\t\2/' || true)
		printf '%s\t%s\t%s\t%s\n' "$package $name" "$(awk '{print $1+$2}' "$folder/cpu")" "${last:-0	0}" "$verdict" >>"$folder/log.tsv"
	done <<<"$targets"
done
