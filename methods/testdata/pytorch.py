"""Writes bert.safetensors and llama.safetensors: a small BERT and a small Llama,
and for each adaptation method its starting values, the gradient of every trained
tensor and the losses of 20 AdamW steps, computed by plain PyTorch.

Run with Debian's python3-torch: python3 pytorch.py
Everything is written from the papers' formulas; no model library is used.
Tensors: "base/NAME", "METHOD/start/NAME" (only what is not a copy of the base),
"METHOD/grad/NAME", "METHOD/losses" [20]. The metadata has nothing in it.
"""
import json
import math
import struct

import torch

H, L, HEADS, FF, V, POS, CLASSES, RANK, TOKENS = 16, 2, 2, 24, 40, 40, 3, 2, 3
D = H // HEADS
ROWS = [[2, 7, 9, 3], [2, 11, 20, 31, 12, 3], [2, 8, 3], [2, 30, 29, 7, 7, 18, 3], [2, 14, 3]]
LABELS = torch.tensor([0, 1, 2, 1, 0])
torch.manual_seed(0)
F = torch.nn.functional


def normal(*shape, std=0.25):
    return torch.randn(*shape) * std


def vector(n, mean):
    return mean + torch.randn(n) * 0.2


# --- the two architectures -------------------------------------------------


def bert_base():
    w = {
        "bert.embeddings.word_embeddings.weight": normal(V, H),
        "bert.embeddings.position_embeddings.weight": normal(POS, H),
        "bert.embeddings.token_type_embeddings.weight": normal(2, H),
        "bert.embeddings.LayerNorm.weight": vector(H, 1),
        "bert.embeddings.LayerNorm.bias": vector(H, 0),
        "bert.pooler.dense.weight": normal(H, H),
        "bert.pooler.dense.bias": vector(H, 0),
    }
    for i in range(L):
        at = f"bert.encoder.layer.{i}."
        for name, out, inn in [("attention.self.query", H, H), ("attention.self.key", H, H), ("attention.self.value", H, H),
                               ("attention.output.dense", H, H), ("intermediate.dense", FF, H), ("output.dense", H, FF)]:
            w[at + name + ".weight"], w[at + name + ".bias"] = normal(out, inn), vector(out, 0)
        for name in ["attention.output.LayerNorm", "output.LayerNorm"]:
            w[at + name + ".weight"], w[at + name + ".bias"] = vector(H, 1), vector(H, 0)
    return w


KV = 1  # key-value heads of the Llama


def llama_base():
    w = {"model.embed_tokens.weight": normal(V, H), "model.norm.weight": vector(H, 1)}
    for i in range(L):
        at = f"model.layers.{i}."
        for name, out, inn in [("self_attn.q_proj", H, H), ("self_attn.k_proj", KV * D, H), ("self_attn.v_proj", KV * D, H),
                               ("self_attn.o_proj", H, H), ("mlp.gate_proj", FF, H), ("mlp.up_proj", FF, H), ("mlp.down_proj", H, FF)]:
            w[at + name + ".weight"] = normal(out, inn)
        for name in ["input_layernorm", "post_attention_layernorm"]:
            w[at + name + ".weight"] = vector(H, 1)
    return w


class Model:
    """One forward pass with the trained tensors t over the base weights w."""

    def __init__(self, w, t, m):
        self.w, self.t, self.m = w, t, m

    def p(self, name):
        return self.t.get(name, self.w.get(name))

    def linear(self, x, name):
        weight, bias = self.p(name + ".weight"), self.p(name + ".bias")
        scale = self.t.get(name + ".ia3")
        inputs = scale is not None and name.endswith(("output.dense", "down_proj", "o_proj"))
        if inputs:
            x = x * scale
        y = x @ weight.T
        a = self.t.get(name + ".lora_A")
        if a is not None:
            b, s = self.t[name + ".lora_B"], self.m["scale"]
            y = y + s * (x @ a.T) @ b.T
            magnitude = self.t.get(name + ".lora_magnitude")
            if magnitude is not None:
                y = y * (magnitude / (weight + s * b @ a).norm(dim=1).detach())
        if bias is not None:
            y = y + bias
        return y * scale if scale is not None and not inputs else y

    def norm(self, x, name):
        return F.layer_norm(x, (H,), self.p(name + ".weight"), self.p(name + ".bias"), 1e-5)

    def rms(self, x, name):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5) * self.p(name + ".weight")

    def bottleneck(self, x, layer, part):
        name = f"layer.{layer}.{part}.adapter"
        act = F.silu if self.m["kind"] == "houlsby" else F.relu
        h = act(x @ self.t[name + "_down.weight"].T + self.t[name + "_down.bias"])
        return (4 if self.m["kind"] == "parallel" else 1) * (h @ self.t[name + "_up.weight"].T + self.t[name + "_up.bias"])

    def has(self, part):
        kind = self.m.get("kind")
        return kind == "houlsby" or kind == "pfeiffer" and part == "output"

    def prefix(self, layer, width):
        if "prefix.table" in self.t:
            table = self.t["prefix.table"]
        elif "prefix.w1" in self.t:
            h = torch.tanh(self.t["prefix.embedding"] @ self.t["prefix.w1"].T + self.t["prefix.bias1"])
            table = h @ self.t["prefix.w2"].T + self.t["prefix.bias2"]
        else:
            return torch.zeros(0, width), torch.zeros(0, width)
        at = layer * 2 * width
        return table[:, at:at + width], table[:, at + width:at + 2 * width]

    def attention(self, q, k, v, layer, kv, causal):
        pk, pv = self.prefix(layer, kv * D)
        k, v = torch.cat([pk, k]), torch.cat([pv, v])
        n, outs = len(q), []
        for h in range(HEADS):
            g = h // (HEADS // kv)
            scores = q[:, h * D:(h + 1) * D] @ k[:, g * D:(g + 1) * D].T / math.sqrt(D)
            if causal:
                hide = torch.ones(n, len(k)).triu(len(pk) + 1).bool()
                scores = scores.masked_fill(hide, float("-inf"))
            outs.append(scores.softmax(-1) @ v[:, g * D:(g + 1) * D])
        return torch.cat(outs, -1)

    def embed(self, row, table):
        """Embedded tokens with the prompt in its place, and the number of rows before real token 0."""
        x = self.p(table)[torch.tensor(row)]
        if "prompt" not in self.t:
            return x, 0
        at = self.m["at"]
        return torch.cat([x[:at], self.t["prompt"], x[at:]]), TOKENS if at == 0 else 0

    def bert(self, row):
        root = "bert.embeddings."
        x, before = self.embed(row, root + "word_embeddings.weight")
        x = x + self.p(root + "position_embeddings.weight")[: len(x)] + self.p(root + "token_type_embeddings.weight")[0]
        x = self.norm(x, root + "LayerNorm")
        for i in range(L):
            at = f"bert.encoder.layer.{i}."
            q, k, v = (self.linear(x, at + "attention.self." + n) for n in ["query", "key", "value"])
            h = self.linear(self.attention(q, k, v, i, HEADS, False), at + "attention.output.dense")
            if self.has("attention"):
                h = h + self.bottleneck(h, i, "attention")
            x = self.norm(h + x, at + "attention.output.LayerNorm")
            h = self.linear(F.gelu(self.linear(x, at + "intermediate.dense")), at + "output.dense")
            if self.m.get("kind") == "parallel":
                h = h + self.bottleneck(x, i, "output")
            elif self.m.get("kind") == "pfeiffer":
                h = h + self.bottleneck(self.norm(h + x, at + "output.LayerNorm"), i, "output")
            elif self.has("output"):
                h = h + self.bottleneck(h, i, "output")
            x = self.norm(h + x, at + "output.LayerNorm")
        read = 0 if self.m.get("first") else before
        pooled = torch.tanh(self.linear(x[read], "bert.pooler.dense"))
        return pooled @ self.t["head.out.weight"].T + self.t["head.out.bias"]

    def rotate(self, x, heads):
        positions = torch.arange(len(x)).float() + (TOKENS if self.m.get("shift") else 0)
        angle = positions[:, None] * 10000.0 ** (-2 * torch.arange(D // 2) / D)
        cos, sin, outs = angle.cos(), angle.sin(), []
        for h in range(heads):
            a, b = x[:, h * D:h * D + D // 2], x[:, h * D + D // 2:(h + 1) * D]
            outs += [a * cos - b * sin, b * cos + a * sin]
        return torch.cat(outs, -1)

    def llama(self, row):
        x, _ = self.embed(row, "model.embed_tokens.weight")
        for i in range(L):
            at = f"model.layers.{i}."
            z = self.rms(x, at + "input_layernorm")
            q, k, v = (self.linear(z, at + "self_attn." + n) for n in ["q_proj", "k_proj", "v_proj"])
            h = self.attention(self.rotate(q, HEADS), self.rotate(k, KV), v, i, KV, True)
            h = self.linear(h, at + "self_attn.o_proj")
            x = x + h + (self.bottleneck(h, i, "attention") if self.has("attention") else 0)
            z = self.rms(x, at + "post_attention_layernorm")
            h = self.linear(F.silu(self.linear(z, at + "mlp.gate_proj")) * self.linear(z, at + "mlp.up_proj"), at + "mlp.down_proj")
            if self.m.get("kind") == "parallel":
                h = h + self.bottleneck(z, i, "output")
            elif self.has("output"):
                h = h + self.bottleneck(h + x if self.m["kind"] == "pfeiffer" else h, i, "output")
            x = x + h
        return self.rms(x, "model.norm")[-1] @ self.t["head.out.weight"].T


# --- the methods -------------------------------------------------------------


def starts(kind, w):
    """Per method: its settings, new tensors, and names of base tensors that it trains."""
    bert = kind == "bert"
    width = (HEADS if bert else KV) * D
    sites = [n[:-7] for n in w if n.endswith(".weight") and w[n].dim() == 2 and ".layer" in n]
    shape = {s: w[s + ".weight"].shape for s in sites}
    pick = lambda *ends: [s for s in sites if s.endswith(ends)]
    qv = pick("query", "value") if bert else pick("q_proj", "v_proj")

    def lora(targets):
        t = {}
        for s in targets:
            t[s + ".lora_A"], t[s + ".lora_B"] = normal(RANK, shape[s][1]), normal(shape[s][0], RANK)
        return t

    def dora(targets):
        t = lora(targets)
        for s in targets:
            t[s + ".lora_magnitude"] = w[s + ".weight"].norm(dim=1) * vector(shape[s][0], 1)
        return t

    def bottlenecks(parts):
        t = {}
        for i in range(L):
            for part in parts:
                name, n = f"layer.{i}.{part}.adapter", H // 4
                t[name + "_down.weight"], t[name + "_down.bias"] = normal(n, H), vector(n, 0)
                t[name + "_up.weight"], t[name + "_up.bias"] = normal(H, n), vector(H, 0)
        return t

    def scales(targets):
        ends = ("output.dense", "down_proj", "o_proj")
        return {s + ".ia3": vector(shape[s][1 if s.endswith(ends) else 0], 1) for s in targets}

    network = {"prefix.embedding": normal(TOKENS, H), "prefix.w1": normal(5, H), "prefix.bias1": vector(5, 0),
               "prefix.w2": normal(L * 2 * width, 5), "prefix.bias2": vector(L * 2 * width, 0)}
    prompt = {"prompt": normal(TOKENS, H)}
    biases = [n for n in w if n.endswith("bias")]
    norms = [n for n in w if "norm" in n.lower()]
    methods = {
        "fine_tuning": ({}, {}, list(w)),
        "lora": ({"scale": 2.0}, lora(qv), []),
        "rslora": ({"scale": 4 / math.sqrt(2)}, lora(sites), []),
        "dora": ({"scale": 2.0}, dora(qv), []),
        "houlsby": ({"kind": "houlsby"}, bottlenecks(["attention", "output"]), []),
        "pfeiffer": ({"kind": "pfeiffer"}, bottlenecks(["output"]), []),
        "parallel": ({"kind": "parallel"}, bottlenecks(["output"]), []),
        "prefix": ({}, {"prefix.table": normal(TOKENS, L * 2 * width)}, []),
        "prefix_network": ({}, network, []),
        "ia3": ({}, scales(pick("key", "value", "output.dense") if bert else pick("k_proj", "v_proj", "down_proj")), []),
        "layer_norm": ({}, {}, norms),
        "prompt": ({"at": 0}, prompt, []),
        "prompt_after_first": ({"at": 1}, prompt, []),
    }
    if bert:
        methods["bitfit"] = ({}, {}, biases)
        methods["prompt_first"] = ({"at": 0, "first": True}, prompt, [])
    else:
        methods["prefix_shift"] = ({"shift": True}, {"prefix.table": normal(TOKENS, L * 2 * width)}, [])
    return methods


def run(kind):
    w = bert_base() if kind == "bert" else llama_base()
    out = {"base/" + n: x for n, x in w.items()}
    head = {"head.out.weight": normal(CLASSES, H)}
    if kind == "bert":
        head["head.out.bias"] = vector(CLASSES, 0)
    for name, (m, new, trained) in starts(kind, w).items():
        new = {**new, **head}
        for n, x in new.items():
            out[f"{name}/start/{n}"] = x.clone()
        t = {n: x.clone().requires_grad_() for n, x in {**{n: w[n] for n in trained}, **new}.items()}
        adam, losses = torch.optim.AdamW(list(t.values()), lr=1e-2, weight_decay=0.0), []
        for step in range(20):
            model = Model(w, t, m)
            loss = F.cross_entropy(torch.stack([getattr(model, kind)(r) for r in ROWS]), LABELS)
            adam.zero_grad()
            loss.backward()
            losses.append(loss.item())
            if step == 0:
                for n, x in t.items():
                    out[f"{name}/grad/{n}"] = x.grad.clone()
            adam.step()
        out[f"{name}/losses"] = torch.tensor(losses)
        print(kind, name, losses[0], losses[-1])
    write(kind + ".safetensors", out)


def write(path, tensors):
    header, data = {}, b""
    for name in sorted(tensors):
        x = tensors[name].detach().float().contiguous()
        raw = x.numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


run("bert")
run("llama")
