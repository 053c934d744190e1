"""Plain PyTorch forwards of the architectures, written from their papers.

One sequence at a time, in float64, without padding: what packed float32
batches are compared with. A Model reads its weights through an Adaptation, so
that the same forward serves every method.
"""

import math

import torch
import torch.nn.functional as F


class Adaptation:
    """What lies over a base model; every tensor in it may be trained."""

    def __init__(self):
        self.replaced = {}      # name -> tensor
        self.low_rank = {}      # site -> (A, B, magnitude or None, scale)
        self.scales = {}        # site -> (vector, scales the input)
        self.bottlenecks = {}   # "layer.part" -> (kind, down, down_bias, up, up_bias, activation, scale)
        self.prefix = None      # (table, shift positions)
        self.prefix_mlp = None  # (embedding, w1, b1, w2, b2), makes the table
        self.soft = None        # (embedding, index of the token they stand before)
        self.head = {}          # name -> tensor


ACTIVATIONS = {
    "gelu": F.gelu,
    "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
    "relu": F.relu,
    "silu": F.silu,
    "tanh": torch.tanh,
}


class Model:
    def __init__(self, config, weights, adaptation=None):
        self.c, self.weights = config, weights
        self.a = adaptation or Adaptation()

    def parameter(self, name):
        return self.a.replaced.get(name, self.weights[name])

    def linear(self, x, site, bias=True, conv1d=False):
        w = self.parameter(site + ".weight")
        if conv1d:
            w = w.T
        b = self.parameter(site + ".bias") if bias else None
        if site in self.a.scales and self.a.scales[site][1]:
            x = x * self.a.scales[site][0].flatten()
        if site in self.a.low_rank:
            A, B, magnitude, scale = self.a.low_rank[site]
            w = w + scale * (B @ A)
            if magnitude is not None:
                # DoRA: the norm is a constant in the backward pass.
                w = (magnitude.flatten() / w.norm(dim=1).detach())[:, None] * w
        y = x @ w.T
        if b is not None:
            y = y + b
        if site in self.a.scales and not self.a.scales[site][1]:
            y = y * self.a.scales[site][0].flatten()
        return y

    def norm(self, x, name):
        w = self.parameter(name + ".weight")
        return F.layer_norm(x, (x.shape[-1],), w, self.parameter(name + ".bias"), self.c["eps"])

    def squeeze(self, bottleneck, x):
        _, down, down_bias, up, up_bias, activation, scale = bottleneck
        h = ACTIVATIONS[activation](x @ down.T + down_bias.flatten())
        return scale * (h @ up.T + up_bias.flatten())

    def adapt(self, place, h, x, norm=lambda v: v):
        """A sequential bottleneck on the output h of a part whose residual is x."""
        b = self.a.bottlenecks.get(place)
        if b is None or b[0] == "parallel":
            return h
        if b[0] == "pfeiffer":
            return h + self.squeeze(b, norm(h + x))
        return h + self.squeeze(b, h)

    def parallel(self, place, h, x):
        b = self.a.bottlenecks.get(place)
        return h + self.squeeze(b, x) if b is not None and b[0] == "parallel" else h

    def prefix_table(self):
        if self.a.prefix_mlp is not None:
            e, w1, b1, w2, b2 = self.a.prefix_mlp
            return torch.tanh(e @ w1.T + b1.flatten()) @ w2.T + b2.flatten()
        return self.a.prefix[0] if self.a.prefix is not None else None

    def embed(self, table, ids):
        x = self.parameter(table)[ids]
        if self.a.soft is not None:
            soft, at = self.a.soft
            x = torch.cat([x[:at], soft, x[at:]])
        return x

    def first_position(self):
        if self.a.prefix is None and self.a.prefix_mlp is None:
            return 0
        shift = self.a.prefix[1] if self.a.prefix is not None else False
        return self.prefix_table().shape[0] if shift else 0

    def attend(self, q, k, v, layer, causal):
        """q [T, heads·d], k and v [T, kv_heads·d]."""
        heads, kv, d = self.c["heads"], self.c.get("kv_heads", self.c["heads"]), self.c["head_dim"]
        T, table, p = q.shape[0], self.prefix_table(), 0
        if table is not None:
            p, at = table.shape[0], layer * 2 * kv * d
            k = torch.cat([table[:, at:at + kv * d], k])
            v = torch.cat([table[:, at + kv * d:at + 2 * kv * d], v])
        q = q.reshape(T, heads, d).transpose(0, 1)
        k = k.reshape(p + T, kv, d).transpose(0, 1).repeat_interleave(heads // kv, 0)
        v = v.reshape(p + T, kv, d).transpose(0, 1).repeat_interleave(heads // kv, 0)
        s = q @ k.transpose(1, 2) / math.sqrt(d)
        if causal:
            s = s.masked_fill(torch.ones(T, p + T).triu(p + 1).bool(), -math.inf)
        return (s.softmax(-1) @ v).transpose(0, 1).reshape(T, heads * d)


class BERT(Model):
    """BERT, RoBERTa and DistilBERT: post-norm encoders."""

    def names(self):
        kind = self.c["model_type"]
        if kind == "distilbert":
            return "distilbert.transformer.layer.%d.", dict(
                q="attention.q_lin", k="attention.k_lin", v="attention.v_lin", o="attention.out_lin",
                n1="sa_layer_norm", up="ffn.lin1", down="ffn.lin2", n2="output_layer_norm")
        return kind + ".encoder.layer.%d.", dict(
            q="attention.self.query", k="attention.self.key", v="attention.self.value", o="attention.output.dense",
            n1="attention.output.LayerNorm", up="intermediate.dense", down="output.dense", n2="output.LayerNorm")

    def hidden(self, ids, types=None):
        """[T] ids -> list of hidden states, embeddings first."""
        c, root = self.c, self.c["model_type"] + ".embeddings."
        x = self.embed(root + "word_embeddings.weight", ids)
        first = self.first_position() + (c["pad"] + 1 if c["model_type"] == "roberta" else 0)
        x = x + self.parameter(root + "position_embeddings.weight")[torch.arange(first, first + len(x))]
        if c["model_type"] != "distilbert":
            t = torch.zeros(len(x), dtype=torch.long)
            if types is not None:
                t = types
            x = x + self.parameter(root + "token_type_embeddings.weight")[t]
        x = self.norm(x, root + "LayerNorm")
        states, (layer, n) = [x], self.names()
        for l in range(c["layers"]):
            at = layer % l
            q, k, v = (self.linear(x, at + n[i]) for i in "qkv")
            h = self.linear(self.attend(q, k, v, l, False), at + n["o"])
            norm1 = lambda y: self.norm(y, at + n["n1"])
            x = norm1(self.adapt("%d.attention" % l, h, x, norm1) + x)
            h = self.linear(ACTIVATIONS[c["act"]](self.linear(x, at + n["up"])), at + n["down"])
            h = self.parallel("%d.output" % l, h, x)
            norm2 = lambda y: self.norm(y, at + n["n2"])
            x = norm2(self.adapt("%d.output" % l, h, x, norm2) + x)
            states.append(x)
        return states

    def logits(self, h):
        """The masked-LM head on rows h."""
        kind = self.c["model_type"]
        dense, norm, bias = {
            "bert": ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias"),
            "roberta": ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias"),
            "distilbert": ("vocab_transform", "vocab_layer_norm", "vocab_projector.bias"),
        }[kind]
        act = "gelu" if kind == "roberta" else self.c["act"]
        h = self.norm(ACTIVATIONS[act](self.linear(h, dense)), norm)
        return h @ self.parameter(kind + ".embeddings.word_embeddings.weight").T + self.parameter(bias)

    def classify(self, ids, types=None):
        """The head of each family's own sequence classifier, on the real CLS."""
        at = 0
        if self.a.soft is not None and self.a.soft[1] == 0:
            at = self.a.soft[0].shape[0]
        h = self.hidden(ids, types)[-1][at]
        if self.c["model_type"] == "bert":
            h = torch.tanh(self.linear(h, "bert.pooler.dense"))
        else:
            act = {"roberta": torch.tanh, "distilbert": F.relu}[self.c["model_type"]]
            h = act(h @ self.a.head["dense"].T + self.a.head["dense_bias"].flatten())
        return h @ self.a.head["out"].T + self.a.head["out_bias"].flatten()


class GPT2(Model):
    def hidden(self, ids, types=None):
        c, root = self.c, "transformer."
        x = self.embed(root + "wte.weight", ids)
        first = self.first_position()
        x = x + self.parameter(root + "wpe.weight")[torch.arange(first, first + len(x))]
        states, H = [x], c["hidden"]
        for l in range(c["layers"]):
            at = root + "h.%d." % l
            q, k, v = self.linear(self.norm(x, at + "ln_1"), at + "attn.c_attn", conv1d=True).split(H, -1)
            h = self.linear(self.attend(q, k, v, l, True), at + "attn.c_proj", conv1d=True)
            x = x + self.adapt("%d.attention" % l, h, x)
            z = self.norm(x, at + "ln_2")
            h = self.linear(ACTIVATIONS[c["act"]](self.linear(z, at + "mlp.c_fc", conv1d=True)), at + "mlp.c_proj", conv1d=True)
            x = x + self.parallel("%d.output" % l, self.adapt("%d.output" % l, h, x), z)
            states.append(x)
        states[-1] = self.norm(x, root + "ln_f")
        return states

    def logits(self, h):
        return h @ self.parameter("transformer.wte.weight").T

    def classify(self, ids, types=None):
        return self.hidden(ids)[-1][-1] @ self.a.head["out"].T


class Llama(Model):
    """Llama, Mistral and Qwen2. "interleaved" pairs neighbouring channels, as
    llama2.c does; otherwise channel i goes with channel i + d/2."""

    def rms(self, x, name):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.c["eps"]) * self.parameter(name + ".weight")

    def rotate(self, x, first):
        d = self.c["head_dim"]
        T, heads = x.shape[0], x.shape[1] // d
        angle = torch.arange(first, first + T, dtype=x.dtype)[:, None] * self.c["theta"] ** (-torch.arange(0, d, 2, dtype=x.dtype) / d)
        turn = torch.polar(torch.ones_like(angle), angle)[:, None]
        x = x.reshape(T, heads, d)
        if self.c.get("interleaved"):
            z = torch.complex(x[..., 0::2], x[..., 1::2]) * turn
            return torch.stack([z.real, z.imag], -1).reshape(T, heads * d)
        z = torch.complex(x[..., :d // 2], x[..., d // 2:]) * turn
        return torch.cat([z.real, z.imag], -1).reshape(T, heads * d)

    def hidden(self, ids, types=None):
        c, bias = self.c, self.c.get("qkv_bias", False)
        x = self.embed("model.embed_tokens.weight", ids)
        states, first = [x], self.first_position()
        for l in range(c["layers"]):
            at = "model.layers.%d." % l
            z = self.rms(x, at + "input_layernorm")
            q, k, v = (self.linear(z, at + "self_attn.%s_proj" % i, bias) for i in "qkv")
            a = self.attend(self.rotate(q, first), self.rotate(k, first), v, l, True)
            h = self.linear(a, at + "self_attn.o_proj", False)
            x = x + self.adapt("%d.attention" % l, h, x)
            z = self.rms(x, at + "post_attention_layernorm")
            h = F.silu(self.linear(z, at + "mlp.gate_proj", False)) * self.linear(z, at + "mlp.up_proj", False)
            h = self.linear(h, at + "mlp.down_proj", False)
            x = x + self.parallel("%d.output" % l, self.adapt("%d.output" % l, h, x), z)
            states.append(x)
        states[-1] = self.rms(x, "model.norm")
        return states

    def logits(self, h):
        return h @ self.parameter("model.embed_tokens.weight" if self.c["tied"] else "lm_head.weight").T

    def classify(self, ids, types=None):
        return self.hidden(ids)[-1][-1] @ self.a.head["out"].T


def build(config, weights, adaptation=None):
    kind = {"bert": BERT, "roberta": BERT, "distilbert": BERT, "gpt2": GPT2}.get(config["model_type"], Llama)
    return kind(config, weights, adaptation)
