"""Naive Bayes on words, as an external method of runexp (protocol: external.md)."""
import collections
import json
import math
import os
import sys

request = json.load(sys.stdin)
labels = request["labels"]
smoothing = float(request.get("settings", {}).get("smoothing", "1"))


def rows(split):
    with open(request["splits"][split], encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def words(row):
    return (row["text"] + " " + row.get("text_pair", "")).lower().split()


classes = collections.Counter()
counts = {label: collections.Counter() for label in labels}
for row in rows("train"):
    classes[row["label"]] += 1
    counts[row["label"]].update(words(row))
vocabulary = len(set().union(*counts.values()))
totals = {label: sum(counts[label].values()) + smoothing * vocabulary for label in labels}


def probabilities(row):
    scores = []
    for label in labels:
        score = math.log((classes[label] + 1) / (sum(classes.values()) + len(labels)))
        score += sum(math.log((counts[label][w] + smoothing) / totals[label]) for w in words(row))
        scores.append(score)
    weights = [math.exp(s - max(scores)) for s in scores]
    return [w / sum(weights) for w in weights]


with open(os.path.join(request["out"], "predictions.jsonl"), "w", encoding="utf-8") as out:
    for split in request["predict"]:
        for row in rows(split):
            print(json.dumps({"split": split, "id": row["id"], "probs": probabilities(row)}), file=out)
