#!/bin/sh
# Mixes film reviews (sst2) into contract clauses (legal-unfair-tos), for mix.hcl:
#   sh mix.sh DATA OUT
# DATA is the folder of the real data, OUT gets 9,000 clauses to train on, 3,000 to
# test, and 3,000 rows for each share of reviews. The same files every time.
set -eu
data=$1 out=$2
mkdir -p "$out"
bytes=$data/text-wikitext2/valid.txt # as a source of chance
tail -n +2 "$data/legal-unfair-tos/tos_sentences.tsv" | cut -f 3 | shuf --random-source="$bytes" >"$out/clauses"
cut -c 3- "$data/sst2/stsa.binary.train" | shuf --random-source="$bytes" >"$out/reviews"
head -n 9000 "$out/clauses" >"$out/mix_train.txt"
tail -n +9001 "$out/clauses" | head -n 3000 >"$out/mix_test.txt"
tail -n +12001 "$out/clauses" | head -n 3000 >"$out/others"
for share in 0 10 30 100; do
	{
		head -n $((30 * share)) "$out/reviews"
		head -n $((3000 - 30 * share)) "$out/others"
	} >"$out/mix_$share.txt"
done
rm "$out/clauses" "$out/reviews" "$out/others"
