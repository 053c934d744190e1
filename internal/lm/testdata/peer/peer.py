"""Speed and memory of one step, runexp beside PyTorch, in alternation.

    go build -o runexp ./cmd/runexp
    python3 internal/lm/testdata/peer/peer.py ./runexp [--rounds 5] [--seconds 8] [--threads 2]

PyTorch runs a plain BERT in eager mode: the same shape, two classes, AdamW,
dropout 0.1, sequences of fixed length or, with --lengths, padded to the longest
of the batch; both take whole passes over the same rows, and what counts is
tokens that are no padding. Every round runs each contender once, in a process of its own, one after the
other; the table shows medians and ratios.
"""
import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = {
    "2x128": dict(layers=2, hidden=128, heads=2, batch=32, length=64),
    "4x256": dict(layers=4, hidden=256, heads=4, batch=32, length=64),
    "12x768": dict(layers=12, hidden=768, heads=12, batch=8, length=128),
}
VOCABULARY = 30522


def torch_step(shape, mode, lengths, seconds, threads):
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    h, heads = shape["hidden"], shape["heads"]

    class Linear(nn.Module):
        """A dense layer, with LoRA of rank 8 beside it where asked."""

        def __init__(self, n, m, lora=False):
            super().__init__()
            self.base = nn.Linear(n, m)
            self.lora = lora and mode == "lora"
            if self.lora:
                self.a = nn.Parameter(torch.randn(8, n) * 0.02)
                self.b = nn.Parameter(torch.zeros(m, 8))

        def forward(self, x):
            y = self.base(x)
            return y + 2 * F.linear(F.linear(x, self.a), self.b) if self.lora else y

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v = Linear(h, h, True), Linear(h, h), Linear(h, h, True)
            self.o, self.up, self.down = Linear(h, h), Linear(h, 4 * h), Linear(4 * h, h)
            self.n1, self.n2 = nn.LayerNorm(h, eps=1e-12), nn.LayerNorm(h, eps=1e-12)
            self.drop = nn.Dropout(0.1)

        def forward(self, x, mask):
            b, t, _ = x.shape
            split = lambda y: y.view(b, t, heads, h // heads).transpose(1, 2)
            q, k, v = split(self.q(x)), split(self.k(x)), split(self.v(x))
            scores = q @ k.transpose(-1, -2) / (h // heads) ** 0.5 + mask
            a = (self.drop(scores.softmax(-1)) @ v).transpose(1, 2).reshape(b, t, h)
            x = self.n1(x + self.drop(self.o(a)))
            return self.n2(x + self.drop(self.down(F.gelu(self.up(x)))))

    class Bert(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.places, self.types = nn.Embedding(VOCABULARY, h), nn.Embedding(512, h), nn.Embedding(2, h)
            self.norm, self.drop = nn.LayerNorm(h, eps=1e-12), nn.Dropout(0.1)
            self.layers = nn.ModuleList(Layer() for _ in range(shape["layers"]))
            self.pooler, self.head = nn.Linear(h, h), nn.Linear(h, 2)

        def forward(self, ids, mask):
            x = self.words(ids) + self.places(torch.arange(ids.shape[1])) + self.types(torch.zeros_like(ids))
            x = self.drop(self.norm(x))
            for layer in self.layers:
                x = layer(x, mask)
            return self.head(self.drop(torch.tanh(self.pooler(x[:, 0]))))

    model = Bert()
    if mode == "lora":
        for name, p in model.named_parameters():
            p.requires_grad_(name.endswith((".a", ".b")) or name.startswith("head"))
    model.train(mode != "forward")
    trained = [p for p in model.parameters() if p.requires_grad]
    adam = torch.optim.AdamW(trained, lr=1e-5) if mode != "forward" else None

    passes = len(lengths) // shape["batch"]

    def batches():
        at = 0
        while True:
            part = lengths[at:at + shape["batch"]]
            at = (at + shape["batch"]) % len(lengths)
            ids = torch.randint(0, VOCABULARY, (len(part), max(part)))
            mask = torch.zeros(len(part), 1, 1, max(part))
            for i, n in enumerate(part):
                mask[i, :, :, n:] = -1e9
            yield ids, mask, torch.arange(len(part)) % 2, sum(part)

    steps, tokens, start = 0, 0, 0.0
    for ids, mask, labels, real in batches():
        if adam is None:
            with torch.no_grad():
                model(ids, mask)
        else:
            adam.zero_grad(set_to_none=True)
            F.cross_entropy(model(ids, mask), labels).backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            adam.step()
        steps += 1
        if steps == 2:
            start, tokens = time.monotonic(), 0
        elif steps > 2:
            tokens += real
            if time.monotonic() - start >= seconds and (steps - 2) % passes == 0:
                break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"tokens_per_second": tokens / (time.monotonic() - start), "peak_bytes": peak}))


def sized(args, shape):
    return dict(SHAPES[shape], batch=args.batch or SHAPES[shape]["batch"])


def run_torch(args, shape, mode, lengths):
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    job = json.dumps([sized(args, shape), mode, lengths, args.seconds, args.threads])
    out = subprocess.run([sys.executable, __file__, "--torch", job], capture_output=True, text=True, check=True, env=env)
    return json.loads(out.stdout)


def run_runexp(args, shape, mode, lengths, folder):
    s = sized(args, shape)
    config = dict(model_type="bert", vocab_size=VOCABULARY, hidden_size=s["hidden"], num_hidden_layers=s["layers"],
                  num_attention_heads=s["heads"], intermediate_size=4 * s["hidden"], max_position_embeddings=512, type_vocab_size=2)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f)
    path = os.path.join(folder, "lengths.txt")
    with open(path, "w") as f:
        f.write("\n".join(map(str, lengths)) + "\n")
    out = subprocess.run([args.runexp, "bench", "-config", folder, "-mode", mode, "-batch", str(s["batch"]), "-length", path,
                          "-threads", str(args.threads), "-seconds", str(args.seconds), "-json"], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


def main():
    if sys.argv[1:2] == ["--torch"]:
        torch_step(*json.loads(sys.argv[2]))
        return
    p = argparse.ArgumentParser()
    p.add_argument("runexp")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=8)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--shapes", default=",".join(SHAPES))
    p.add_argument("--modes", default="full,lora,forward")
    p.add_argument("--batch", type=int, help="rows of a step, in place of the shape's own number")
    p.add_argument("--lengths", help="a file with one length per line, for ragged batches")
    p.add_argument("--batches", type=int, default=12, help="how many batches to draw from that file")
    args = p.parse_args()
    print("| shape | mode | runexp tokens/s | PyTorch tokens/s | ratio (median of pairs) | runexp peak | PyTorch peak |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for shape in args.shapes.split(","):
            s = sized(args, shape)
            lengths = [s["length"]] * s["batch"]
            if args.lengths:
                with open(args.lengths) as f:
                    lengths = random.Random(0).sample([int(line) for line in f], args.batches * s["batch"])
                padded = sum(s["batch"] * max(lengths[i:i + s["batch"]]) for i in range(0, len(lengths), s["batch"]))
                print(f"{args.lengths}: {args.batches} batches of {s['batch']}, {sum(lengths)} tokens, {padded} with padding", file=sys.stderr)
            for mode in args.modes.split(","):
                ours, theirs = [], []
                for _ in range(args.rounds):
                    ours.append(run_runexp(args, shape, mode, lengths, folder))
                    theirs.append(run_torch(args, shape, mode, lengths))
                speed = lambda rows: statistics.median(r["tokens_per_second"] for r in rows)
                ratio = statistics.median(a["tokens_per_second"] / b["tokens_per_second"] for a, b in zip(ours, theirs))
                peak = lambda rows: statistics.median(r["peak_bytes"] for r in rows) / 1e9
                print(f"| {shape} | {mode} | {speed(ours):,.0f} | {speed(theirs):,.0f} | {ratio:.2f} | {peak(ours):.2f} GB | {peak(theirs):.2f} GB |", flush=True)


main()
