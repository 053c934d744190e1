"""Writes methods/MODEL/METHOD.overlay.safetensors and METHOD.expected.safetensors.

    python3 forward.py && python3 methods.py

The overlay is the method's start, in the project's own overlay format, over
checkpoints/MODEL. "expected" has the batches ("0/ids/I", "1/ids/I", labels),
the gradient of every trained tensor on the first batch, and the loss before
each of 20 AdamW steps (learning rate 3e-3, decay 0.01, clipped to norm 1) on
the two batches in turn. Written with PyTorch 1.13 in float64.
"""

import json
import math
import os

import torch
import torch.nn.functional as F

import forward
import models
import tensorfile

STEPS = 20
LENGTHS = [[6, 3, 4, 7], [2, 5, 5]]
H, L = forward.H, forward.L


class Start:
    """A method's adaptation, with its description and trained tensors by the
    name that they have in the overlay file."""

    def __init__(self, model, seed, head=True):
        self.model, self.c = model, forward.config_of(model)
        self.weights = tensorfile.read(os.path.join("checkpoints", model, "model.safetensors"))
        self.a, self.trained, self.description = models.Adaptation(), {}, {}
        self.g = torch.Generator().manual_seed(seed)
        if head:
            self.head()

    def draw(self, name, *shape):
        t = forward.draw(self.g, shape).requires_grad_()
        self.trained[name] = t
        return t

    def head(self):
        kind = self.c["model_type"]
        self.a.head = {"out": self.draw("head/out", 3, H)}
        if kind == "bert":
            self.a.head["out_bias"] = self.draw("head/out_bias", 1, 3)
        self.description["head"] = dict(task="classification", pooling="cls" if kind == "bert" else "last", outputs=3, dropout=0,
                                        use_pooler=kind == "bert")

    def words(self, words):
        """Label words through the language-modelling head instead of a new matrix."""
        self.label_words = words
        self.description["head"] = dict(task="classification", pooling="mask" if self.c["model_type"] == "bert" else "last",
                                        outputs=3, dropout=0, words=words)

    def replace(self, wanted):
        for name in sorted(self.weights):
            if wanted(name):
                t = self.weights[name].clone().requires_grad_()
                self.a.replaced[name] = self.trained["replaced/" + name] = t

    def sites(self, suffixes):
        return [n[:-len(".weight")] for n in sorted(self.weights) if n.endswith(tuple(s + ".weight" for s in suffixes))]

    def lora(self, suffixes, rank, scale, dora=False):
        self.description["low_rank"] = {}
        for site in self.sites(suffixes):
            w = self.weights[site + ".weight"]
            if self.c["model_type"] == "gpt2":
                w = w.T
            A = self.draw("low_rank/%s/A" % site, rank, w.shape[1])
            B = self.draw("low_rank/%s/B" % site, w.shape[0], rank)
            m = self.draw("low_rank/%s/magnitude" % site, 1, w.shape[0]) if dora else None
            self.a.low_rank[site] = (A, B, m, scale)
            self.description["low_rank"][site] = dict(scale=scale)

    def ia3(self, outputs, inputs):
        self.description["scales"] = {}
        for site in self.sites(outputs + inputs):
            w = self.weights[site + ".weight"]
            takes_input = site.endswith(tuple(inputs))
            v = self.draw("scale/" + site, 1, w.shape[1 if takes_input else 0])
            self.a.scales[site] = (v, takes_input)
            self.description["scales"][site] = takes_input

    def adapter(self, kind, parts, scale, width=3):
        self.description["bottlenecks"] = {}
        for l in range(L):
            for part in parts:
                at = "%d.%s" % (l, part)
                p = "bottleneck/%s/" % at
                self.a.bottlenecks[at] = (kind, self.draw(p + "down", width, H), self.draw(p + "down_bias", 1, width),
                                          self.draw(p + "up", H, width), self.draw(p + "up_bias", 1, H), "relu", scale)
                self.description["bottlenecks"][at] = dict(kind=kind, activation="relu", scale=scale)

    def kv(self):
        return self.c.get("kv_heads", self.c["heads"]) * self.c["head_dim"]

    def prefix(self, n, shift):
        self.a.prefix = (self.draw("prefix/table", n, 2 * L * self.kv()), shift)
        self.description["prefix"] = dict(shift=shift, len=n)

    def prefix_mlp(self, n, width=5):
        p = "prefix/"
        self.a.prefix_mlp = (self.draw(p + "embedding", n, 4), self.draw(p + "w1", width, 4), self.draw(p + "bias1", 1, width),
                             self.draw(p + "w2", 2 * L * self.kv(), width), self.draw(p + "bias2", 1, 2 * L * self.kv()))
        self.description["prefix"] = dict(shift=False, len=n)

    def soft(self, n, at):
        self.a.soft = (self.draw("soft/embedding", n, H), at)
        self.description["soft"] = dict(at=at)


def batches(s, g):
    """Two batches of ids, and what is expected of them."""
    out = []
    for lengths in LENGTHS:
        ids = [torch.randint(5, forward.V, (n,), generator=g) for n in lengths]
        out.append((ids, torch.randint(0, 3, (len(lengths),), generator=g)))
    return out


def classification_loss(s, model, ids, labels):
    if hasattr(s, "label_words"):
        rows = []
        for x in ids:
            at = len(x) - 1
            if s.c["model_type"] == "bert":
                at = 1  # where the mask token is
            h = model.hidden(x)[-1][at + (s.a.soft[0].shape[0] if s.a.soft is not None and s.a.soft[1] <= at else 0)]
            rows.append(model.logits(h))
        logits = torch.stack([torch.stack([r[w].mean() for w in s.label_words]) for r in rows])
    else:
        logits = torch.stack([model.classify(x) for x in ids])
    return F.cross_entropy(logits, labels)


def language_loss(s, model, ids, labels):
    """Causal: every next token. Masked: the second token of each sequence."""
    losses = []
    for x in ids:
        if s.c["model_type"] == "bert":
            y = x.clone()
            y[1] = 4
            losses.append(F.cross_entropy(model.logits(model.hidden(y)[-1][1:2]), x[1:2], reduction="none"))
        else:
            losses.append(F.cross_entropy(model.logits(model.hidden(x)[-1][:-1]), x[1:], reduction="none"))
    return torch.cat(losses).mean()


def masked(ids):
    for x in ids:
        x[1] = 4
    return ids


def write(name, s, loss_of=classification_loss):
    folder = os.path.join("methods", s.model)
    os.makedirs(folder, exist_ok=True)
    metadata = {"overlay": json.dumps(s.description)}
    start = {n: t.reshape(1, -1) if t.dim() == 1 else t for n, t in s.trained.items()}
    tensorfile.write(os.path.join(folder, name + ".overlay.safetensors"), start, metadata)
    data = batches(s, torch.Generator().manual_seed(77))
    if s.c["model_type"] == "bert" and hasattr(s, "label_words"):
        data = [(masked(ids), labels) for ids, labels in data]
    expected, losses = {}, []
    for k, (ids, labels) in enumerate(data):
        expected["%d/labels" % k] = labels
        for i, x in enumerate(ids):
            expected["%d/ids/%d" % (k, i)] = x
    model = models.build(s.c, s.weights, s.a)
    parameters = [s.trained[n] for n in sorted(s.trained)]
    adam = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=0.01)
    for step in range(STEPS):
        adam.zero_grad()
        loss = loss_of(s, model, *data[step % 2])
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            for n, p in s.trained.items():
                expected["grad/" + n] = torch.zeros_like(p) if p.grad is None else p.grad.clone()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()
    expected["losses"] = torch.tensor(losses)
    tensorfile.write(os.path.join(folder, name + ".expected.safetensors"), expected)
    print("%-12s %-12s %.4f -> %.4f" % (s.model, name, losses[0], losses[-1]))


QUERY_VALUE = {"bert": ["self.query", "self.value"], "llama": ["q_proj", "v_proj"], "qwen2": ["q_proj", "v_proj"], "gpt2": ["c_attn"]}
KEY_VALUE = {"bert": ["self.key", "self.value"], "llama": ["k_proj", "v_proj"]}
DOWN = {"bert": [str(l) + ".output.dense" for l in range(L)], "llama": ["down_proj"]}


def is_norm(name):
    return "norm" in name.lower()


def main():
    for model in ("bert", "llama"):
        seed = iter(range(100, 200))
        new = lambda head=True: Start(model, next(seed), head)
        s = new()
        s.replace(lambda n: not n.startswith(("cls.", "lm_head.")))
        write("full", s)
        s = new(False)
        s.replace(lambda n: ".pooler." not in n)
        write("language", s, language_loss)
        for name, scale in (("lora", 2.0), ("rslora", 8 / math.sqrt(3))):
            s = new()
            s.lora(QUERY_VALUE[model], 3, scale)
            write(name, s)
        s = new()
        s.lora(QUERY_VALUE[model] + DOWN[model], 3, 2.0, dora=True)
        write("dora", s)
        for kind, parts, scale in (("houlsby", ["attention", "output"], 1.0), ("pfeiffer", ["output"], 1.0), ("parallel", ["output"], 4.0)):
            s = new()
            s.adapter(kind, parts, scale)
            write(kind, s)
        s = new()
        s.prefix(4, True)
        write("prefix", s)
        s = new()
        s.prefix_mlp(4)
        write("prefix_mlp", s)
        s = new()
        s.ia3(KEY_VALUE[model], DOWN[model])
        write("ia3", s)
        s = new()
        s.replace(lambda n: is_norm(n) and not n.startswith("cls."))
        write("layer_norm", s)
        s = new()
        s.soft(3, 1)
        write("soft", s)
        s = new(False)
        s.soft(3, 0)
        s.words([[7], [8, 9], [10]])
        write("soft_words", s)
    for model in ("bert", "qwen2"):
        s = Start(model, 300)
        s.replace(lambda n: n.endswith(".bias") and not n.startswith("cls."))
        write("bitfit", s)
    s = Start("gpt2", 301)
    s.lora(QUERY_VALUE["gpt2"], 3, 2.0)
    write("lora", s)
    s = Start("gpt2", 302)
    s.lora(QUERY_VALUE["gpt2"], 3, 2.0, dora=True)
    write("dora", s)
    s = Start("gpt2", 303)
    s.replace(lambda n: True)
    write("full", s)
    s = Start("qwen2", 304, head=False)
    s.replace(lambda n: True)
    write("language", s, language_loss)


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    main()
