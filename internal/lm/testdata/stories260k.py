"""Writes stories260k.json: token ids, loss and greedy continuation of a few
sentences of our own under the llama2.c model in a folder.

    python3 stories260k.py DIR

Reads DIR/stories260K.bin and DIR/tok512.bin by itself; float64 PyTorch.
"""

import json
import os
import struct
import sys

import torch
import torch.nn.functional as F

import models

TEXTS = [
    "Once upon a time, there was a small dog who liked to dig.",
    "The girl gave her brother a red ball and he was very happy.",
    "Rent is due on the first day of each month; interest accrues after ten days.",
    "Käse – 7 €",
]


def read_model(path):
    with open(path, "rb") as f:
        raw = f.read()
    dim, inner, layers, heads, kv, vocab, length = struct.unpack("<7i", raw[:28])
    values = torch.frombuffer(bytearray(raw[28:]), dtype=torch.float32).double()
    at = 0

    def take(*shape):
        nonlocal at
        n = torch.Size(shape).numel()
        at += n
        return values[at - n:at].reshape(shape)

    d = dim // heads
    w = {"model.embed_tokens.weight": take(vocab, dim)}
    for part, shape in [("input_layernorm", (dim,)), ("self_attn.q_proj", (dim, dim)), ("self_attn.k_proj", (kv * d, dim)),
                        ("self_attn.v_proj", (kv * d, dim)), ("self_attn.o_proj", (dim, dim)), ("post_attention_layernorm", (dim,)),
                        ("mlp.gate_proj", (inner, dim)), ("mlp.down_proj", (dim, inner)), ("mlp.up_proj", (inner, dim))]:
        for l in range(layers):
            w["model.layers.%d.%s.weight" % (l, part)] = take(*shape)
    w["model.norm.weight"] = take(dim)
    c = dict(model_type="llama", hidden=dim, layers=layers, heads=heads, kv_heads=kv, head_dim=d, eps=1e-5, theta=10000.0,
             interleaved=True, tied=vocab > 0)
    return models.build(c, w)


def read_tokenizer(path):
    with open(path, "rb") as f:
        raw = f.read()
    at, tokens = 4, []
    while at < len(raw):
        score, n = struct.unpack("<fi", raw[at:at + 8])
        tokens.append((raw[at + 8:at + 8 + n], score))
        at += 8 + n
    return tokens


def encode(tokens, text):
    """BOS, a space, characters or else bytes; then the pair with the best score is joined."""
    ids = {t: i for i, (t, _) in reversed(list(enumerate(tokens)))}
    out = []
    for ch in " " + text:
        b = ch.encode()
        out += [ids[b]] if b in ids else [x + 3 for x in b]
    while True:
        best = None
        for i in range(len(out) - 1):
            j = ids.get(tokens[out[i]][0] + tokens[out[i + 1]][0])
            if j is not None and (best is None or tokens[j][1] > best[0]):
                best = (tokens[j][1], i, j)
        if best is None:
            return [1] + out
        _, i, j = best
        out[i:i + 2] = [j]


def main():
    folder = sys.argv[1]
    model = read_model(os.path.join(folder, "stories260K.bin"))
    tokens = read_tokenizer(os.path.join(folder, "tok512.bin"))
    rows = []
    for text in TEXTS:
        ids = torch.tensor(encode(tokens, text))
        logits = model.logits(model.hidden(ids)[-1])
        loss = F.cross_entropy(logits[:-1], ids[1:], reduction="sum")
        rows.append(dict(text=text, ids=ids.tolist(), loss=loss.item(), last_logits=[round(x, 6) for x in logits[-1, :16].tolist()]))
    ids = encode(tokens, "Once upon a time")
    for _ in range(60):
        ids.append(int(model.logits(model.hidden(torch.tensor(ids))[-1][-1]).argmax()))
    with open("stories260k.json", "w") as f:
        json.dump(dict(rows=rows, greedy=ids), f, indent=1, ensure_ascii=False)
    print(b"".join(tokens[i][0] for i in ids).decode())


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    main()
