#!/usr/bin/env python3
"""Writes reference.json: values of scipy and of plain definitions, for reference_test.go.

Run with Debian's python3-scipy (1.10.1 was used): python3 reference.py > reference.json
"""
import itertools
import json
import math

import numpy as np
from scipy import stats

rng = np.random.default_rng(7)
out = {}

# Student's t and the binomial behind McNemar.
out["t_quantile"] = [[p, df, stats.t.ppf(p, df)] for p in (0.8, 0.95, 0.975, 0.999) for df in (1, 2, 2.7, 10, 153.3)]
out["mcnemar"] = [[a, b, stats.binomtest(min(a, b), a + b, 0.5).pvalue if a + b else 1.0]
                  for a, b in ((0, 0), (0, 5), (3, 9), (10, 10), (40, 17), (200, 260))]

# Two-sample chi-square of counts.
tables = [([10, 20, 30], [15, 25, 20]), ([6, 94], [22, 78]), ([100, 5, 60, 1], [80, 9, 75, 3])]
out["chi_square"] = []
for a, b in tables:
    chi2, p, _, _ = stats.chi2_contingency([a, b], correction=False)
    out["chi_square"].append({"a": a, "b": b, "statistic": chi2, "p": p})

# Least squares with the slope's interval.
x = [2000.0, 2001, 2002, 2003, 2005, 2008]
y = [0.81, 0.80, 0.78, 0.79, 0.74, 0.70]
fit = stats.linregress(x, y)
half = stats.t.ppf(0.975, len(x) - 2) * fit.stderr
out["slope"] = {"x": x, "y": y, "slope": fit.slope, "intercept": fit.intercept, "low": fit.slope - half, "high": fit.slope + half, "p": fit.pvalue}

# All sign patterns, one by one.
d = [0.3, -0.1, 0.25, 0.0, 0.4, -0.05, 0.2, 0.15, 0.15]
sums = [abs(sum(s * v for s, v in zip(signs, d))) for signs in itertools.product((1, -1), repeat=len(d))]
out["sign_flip"] = {"d": d, "p": sum(s >= abs(sum(d)) - 1e-12 for s in sums) / len(sums)}

# Step-wise corrections, from their definitions.
p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.04]
order = sorted(range(len(p)), key=lambda i: p[i])
m = len(p)
holm, bh = [0.0] * m, [0.0] * m
for k, i in enumerate(order):
    holm[i] = min(1, max((m - j) * p[order[j]] for j in range(k + 1)))
    bh[i] = min(1, min(m / (j + 1) * p[order[j]] for j in range(k, m)))
out["holm"] = {"p": p, "holm": holm, "bh": bh}

# The crossed analysis, by building the projections as matrices.
S, R = 4, 25
matrix = 0.6 + 0.05 * rng.standard_normal((S, 1)) + 0.2 * rng.standard_normal((1, R)) + 0.1 * rng.standard_normal((S, R))
one = lambda n: np.full((n, n), 1 / n)
v = matrix.reshape(-1)
grand = np.kron(one(S), one(R))
by_seed = np.kron(np.eye(S), one(R)) - grand
by_row = np.kron(one(S), np.eye(R)) - grand
rest = np.eye(S * R) - grand - by_seed - by_row
ms = [float(v @ q @ v) / np.linalg.matrix_rank(q) for q in (by_seed, by_row, rest)]
terms = [ms[0] / (S * R), ms[1] / (S * R), -ms[2] / (S * R)]
var = sum(terms)
df = var ** 2 / (terms[0] ** 2 / (S - 1) + terms[1] ** 2 / (R - 1) + terms[2] ** 2 / ((S - 1) * (R - 1)))
half = stats.t.ppf(0.975, df) * math.sqrt(var)
out["crossed"] = {"y": matrix.tolist(), "se": math.sqrt(var), "df": df, "low": float(v.mean() - half), "high": float(v.mean() + half),
                  "seeds": (ms[0] - ms[2]) / R, "rows": (ms[1] - ms[2]) / S, "rest": ms[2]}


# Metrics from their definitions, and their jackknife by leaving rows out one by one.
def f1s(g, q):
    result = []
    for k in sorted(set(g) | set(q)):
        tp = sum(a == k and b == k for a, b in zip(g, q))
        result.append(2 * tp / (sum(a == k for a in g) + sum(b == k for b in q)))
    return result


def macro_f1(g, q):
    return float(np.mean(f1s(g, q)))


def mcc(g, q):
    classes = sorted(set(g) | set(q))
    a = np.array([[x == k for k in classes] for x in g], float)
    b = np.array([[x == k for k in classes] for x in q], float)
    cov = lambda u, w: sum(np.cov(u[:, k], w[:, k], ddof=0)[0, 1] for k in range(len(classes)))
    d = math.sqrt(cov(a, a) * cov(b, b))
    return cov(a, b) / d if d else 0.0


def kappa(g, q):
    n = len(g)
    po = sum(a == b for a, b in zip(g, q)) / n
    pe = sum(sum(a == k for a in g) * sum(b == k for b in q) for k in set(g) | set(q)) / n ** 2
    return (po - pe) / (1 - pe)


def balanced(g, q):
    return float(np.mean([sum(a == k and b == k for a, b in zip(g, q)) / sum(a == k for a in g) for k in sorted(set(g))]))


def pseudo(f, g, q):
    n = len(g)
    theta = f(g, q)
    return theta, [n * theta - (n - 1) * f(g[:i] + g[i + 1:], q[:i] + q[i + 1:]) for i in range(n)]


gold = [int(k) for k in rng.integers(0, 3, 40)]
pred = [int(g) if rng.random() < 0.6 else int(rng.integers(0, 3)) for g in gold]
out["classes"] = {"gold": gold, "pred": pred, "metrics": {}}
for name, f in (("macro_f1", macro_f1), ("mcc", mcc), ("kappa", kappa), ("balanced_accuracy", balanced)):
    theta, values = pseudo(f, gold, pred)
    out["classes"]["metrics"][name] = {"value": theta, "rows": values}

real = [float(v) for v in rng.normal(3, 1, 30)]
guess = [0.7 * v + float(e) for v, e in zip(real, rng.normal(1, 0.5, 30))]
out["values"] = {"gold": real, "pred": guess, "metrics": {}}
for name, f in (("pearson", lambda g, q: stats.pearsonr(g, q)[0]),
                ("rmse", lambda g, q: math.sqrt(np.mean((np.array(g) - np.array(q)) ** 2))),
                ("r2", lambda g, q: 1 - np.sum((np.array(g) - np.array(q)) ** 2) / np.sum((np.array(g) - np.mean(g)) ** 2))):
    theta, values = pseudo(f, real, guess)
    out["values"]["metrics"][name] = {"value": float(theta), "rows": [float(v) for v in values]}
out["spearman"] = float(stats.spearmanr(real, guess)[0])

# Expected best of k, over all subsets.
tried = [0.61, 0.7, 0.55, 0.68, 0.72, 0.59]
out["expected_best"] = {"values": tried, "highest": [float(np.mean([max(c) for c in itertools.combinations(tried, k)])) for k in range(1, 7)],
                        "lowest": [float(np.mean([min(c) for c in itertools.combinations(tried, k)])) for k in range(1, 7)]}
out["clopper_pearson"] = [[k, n, *stats.binomtest(k, n).proportion_ci(0.95)] for k, n in ((0, 20), (20, 20), (0, 500))]
out["paired_t"] = {"a": real, "b": guess, "p": float(stats.ttest_rel(real, guess).pvalue)}
print(json.dumps(out, indent=1))
