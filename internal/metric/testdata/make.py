"""Writes reference.json with scikit-learn and SciPy (Debian's python3-sklearn, 1.2).

Run in this folder: python3 make.py
"""
import json

import numpy as np
from scipy import stats
from sklearn import metrics

rng = np.random.default_rng(20240501)
cases = []


def case(kind, inputs, **values):
    cases.append({
        "kind": kind,
        "in": {k: np.asarray(v).ravel().tolist() for k, v in inputs.items()},
        "want": {k: float(v) for k, v in values.items()},
    })


for classes in (2, 3, 7):
    for n in (5, 40, 333):
        gold = rng.integers(0, classes, n)
        gold[:classes] = np.arange(classes)[:n]
        # Two decimals make ties, which ranks have to share.
        raw = np.round(rng.gamma(1.0, 1.0, (n, classes)) + 2 * np.eye(classes)[gold] * rng.random((n, 1)), 2) + 0.01
        probs = raw / raw.sum(1, keepdims=True)
        pred = probs.argmax(1)
        onehot = np.eye(classes)[gold]
        conf, right = probs.max(1), pred == gold
        ece, bins = 0.0, np.clip(np.ceil(conf * 15).astype(int) - 1, 0, 14)
        for b in range(15):
            if (bins == b).any():
                ece += (bins == b).mean() * abs(right[bins == b].mean() - conf[bins == b].mean())
        present = set(gold.tolist()) == set(range(classes))
        values = dict(
            accuracy=metrics.accuracy_score(gold, pred),
            macro_f1=metrics.f1_score(gold, pred, average="macro"),
            micro_f1=metrics.f1_score(gold, pred, average="micro"),
            f1=metrics.f1_score(gold, pred, labels=[1], average="macro"),
            mcc=metrics.matthews_corrcoef(gold, pred),
            log_loss=metrics.log_loss(gold, probs, labels=list(range(classes))),
            brier=((probs - onehot) ** 2).sum(1).mean(),
            ece=ece,
        )
        if present and classes == 2:
            values["roc_auc"] = metrics.roc_auc_score(gold, probs[:, 1])
        elif present:
            values["roc_auc"] = metrics.roc_auc_score(gold, probs, multi_class="ovr", average="macro")
        case("classification", {"classes": classes, "gold": gold, "pred": pred, "probs": probs}, **values)

for n in (2, 9, 250):
    gold = np.round(rng.normal(3, 1, n), 1)
    pred = np.round(gold + rng.normal(0, 0.7, n), 1)
    case(
        "regression", {"gold": gold, "pred": pred},
        mse=metrics.mean_squared_error(gold, pred),
        rmse=metrics.mean_squared_error(gold, pred, squared=False),
        mae=metrics.mean_absolute_error(gold, pred),
        r2=metrics.r2_score(gold, pred),
        pearson=stats.pearsonr(gold, pred)[0],
        spearman=stats.spearmanr(gold, pred)[0],
    )

for labels, n in ((1, 8), (4, 30), (9, 200)):
    gold = rng.random((n, labels)) < 0.3
    gold[0], gold[1] = True, False
    scores = np.round(0.4 * gold + rng.random((n, labels)) * 0.6, 2)
    pred = scores > 0.5
    case(
        "multi_label", {"classes": labels, "gold": gold.astype(int), "pred": pred.astype(int), "probs": scores},
        macro_f1=metrics.f1_score(gold, pred, average="macro") if labels > 1 else metrics.f1_score(gold.ravel(), pred.ravel()),
        micro_f1=metrics.f1_score(gold.ravel(), pred.ravel()),
        exact_match=(gold == pred).all(1).mean(),
        average_precision=metrics.average_precision_score(gold, scores, average="macro"),
    )

with open("reference.json", "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
