"""Writes objectives/OBJECTIVE.json and .overlay.safetensors: whole training
runs of a small BERT in plain PyTorch, float64.

    python3 objectives.py

Every run trains all parameters of ../../lm/testdata/checkpoints/bert and a
head on all rows at once for 8 steps: linear schedule from 2e-3 after 2 steps
of warm-up, decay 0.01, gradients clipped to norm 1.
"""

import json
import os
import sys

import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
LM = os.path.join(HERE, "..", "..", "lm", "testdata")
sys.path.insert(0, LM)
os.chdir(LM)

import forward
import methods
import models
import tensorfile

STEPS, WARMUP, RATE = 8, 2, 2e-3
H = forward.H


def rate(step):
    if step < WARMUP:
        return RATE * (step + 1) / WARMUP
    return RATE * (STEPS - step) / (STEPS - WARMUP)


def head(s, task, outputs, pooling):
    s.a.head = {"out": s.draw("head/out", outputs, H), "out_bias": s.draw("head/out_bias", 1, outputs)}
    s.description["head"] = dict(task=task, pooling=pooling, outputs=outputs, dropout=0, use_pooler=pooling == "cls")


def pooled(s, model, ids, pooling):
    h = model.hidden(ids)[-1]
    if pooling == "cls":
        return torch.tanh(model.linear(h[0], "bert.pooler.dense"))
    return {"mean": lambda: h.mean(0), "max": lambda: h.max(0).values, "tokens": lambda: h}[pooling]()


def out(s, model, ids, pooling):
    return pooled(s, model, ids, pooling) @ s.a.head["out"].T + s.a.head["out_bias"].flatten()


def run(name, task, outputs, pooling, rows, loss_of, **extra):
    s = methods.Start("bert", len(name), head=False)
    s.replace(lambda n: not n.startswith("cls.") and (pooling == "cls" or ".pooler." not in n))
    head(s, task, outputs, pooling)
    folder = os.path.join(HERE, "objectives")
    os.makedirs(folder, exist_ok=True)
    start = {n: t.reshape(1, -1) if t.dim() == 1 else t for n, t in s.trained.items()}
    tensorfile.write(os.path.join(folder, name + ".overlay.safetensors"), start, {"overlay": json.dumps(s.description)})
    model = models.build(s.c, s.weights, s.a)
    parameters = [s.trained[n] for n in sorted(s.trained)]
    adam, losses = torch.optim.AdamW(parameters, weight_decay=0.01), []
    for step in range(STEPS):
        adam.param_groups[0]["lr"] = rate(step)
        adam.zero_grad()
        loss = loss_of(s, model)
        loss.backward()
        losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()
    with open(os.path.join(folder, name + ".json"), "w") as f:
        json.dump(dict(task=task, outputs=outputs, rows=rows, losses=losses, **extra), f)
    print("%-16s %.5f -> %.5f" % (name, losses[0], losses[-1]))


def main():
    g = torch.Generator().manual_seed(8)
    draw = lambda n: torch.randint(5, forward.V, (n,), generator=g)
    texts = [draw(n) for n in (4, 7, 3, 5, 6, 2)]
    ids = [t.tolist() for t in texts]

    labels = torch.tensor([0, 0, 1, 0, 2, 1])
    weights = torch.tensor([6 / (3 * 3), 6 / (3 * 2), 6 / (3 * 1)])  # n / (classes · count)
    run("classification", "classification", 3, "cls", [dict(sequences=[x], label=y) for x, y in zip(ids, labels.tolist())],
        lambda s, m: F.cross_entropy(torch.stack([out(s, m, x, "cls") for x in texts]), labels, weights, label_smoothing=0.1),
        label_smoothing=0.1, class_weights="balanced")

    values = torch.tensor([0.5, -1.0, 2.0, 0.0, 1.5, -0.25])
    run("regression", "regression", 1, "mean", [dict(sequences=[x], targets=[y]) for x, y in zip(ids, values.tolist())],
        lambda s, m: F.mse_loss(torch.cat([out(s, m, x, "mean") for x in texts]), values))

    targets = torch.randint(0, 2, (6, 4), generator=g).double()
    run("multi_label", "multi_label", 4, "max", [dict(sequences=[x], targets=y) for x, y in zip(ids, targets.tolist())],
        lambda s, m: F.binary_cross_entropy_with_logits(torch.stack([out(s, m, x, "max") for x in texts]), targets))

    tags = [torch.randint(-1, 3, (len(x),), generator=g) for x in texts]
    run("tagging", "tagging", 3, "tokens", [dict(sequences=[x], tags=t.tolist()) for x, t in zip(ids, tags)],
        lambda s, m: F.cross_entropy(torch.cat([out(s, m, x, "tokens") for x in texts]), torch.cat(tags), ignore_index=-1, label_smoothing=0.2),
        label_smoothing=0.2)

    choices = [[draw(int(n)) for n in torch.randint(2, 8, (3,), generator=g)] for _ in range(4)]
    right = torch.tensor([2, 0, 1, 1])
    run("multiple_choice", "multiple_choice", 1, "cls",
        [dict(sequences=[x.tolist() for x in c], label=y) for c, y in zip(choices, right.tolist())],
        lambda s, m: F.cross_entropy(torch.stack([torch.cat([out(s, m, x, "cls") for x in c]) for c in choices]), right))

    s = methods.Start("bert", 1, head=False)
    model, rows = models.build(s.c, s.weights), []
    for x in texts:
        total = 0.0
        for i in range(len(x)):
            masked = x.clone()
            masked[i] = 4
            total += F.cross_entropy(model.logits(model.hidden(masked)[-1][i:i + 1]), x[i:i + 1]).item()
        rows.append(dict(ids=x.tolist(), loss=total))
    with open(os.path.join(HERE, "objectives", "pseudo_perplexity.json"), "w") as f:
        json.dump(rows, f)


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    main()
