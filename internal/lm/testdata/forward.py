"""Writes the checkpoints under checkpoints/ with their hidden states and logits.

    python3 forward.py

Each folder holds config.json, model.safetensors with random weights, vocab.txt
and expected.safetensors: "ids/I" and "types/I" of a few sequences of different
lengths, "hidden/I/L" after layer L, "logits/I", and "classify/I" where a head
("head/...") is given. Written with PyTorch 1.13 in float64.
"""

import json
import os
import struct

import torch

import models
import tensorfile

V, H, L, D = 37, 16, 2, 4
LENGTHS = [5, 1, 9, 3]

bert_json = dict(vocab_size=V, hidden_size=H, num_hidden_layers=L, num_attention_heads=4, intermediate_size=24,
                 max_position_embeddings=20, layer_norm_eps=1e-12, hidden_act="gelu", initializer_range=0.02)
llama_json = dict(vocab_size=V, hidden_size=H, num_hidden_layers=L, num_attention_heads=4, num_key_value_heads=2,
                  intermediate_size=24, max_position_embeddings=20, rms_norm_eps=1e-5, hidden_act="silu")

SHAPES = {  # folder: config.json, what models.py wants to know
    "bert": (dict(bert_json, model_type="bert", type_vocab_size=2, pad_token_id=0), dict(act="gelu", eps=1e-12)),
    "roberta": (dict(bert_json, model_type="roberta", type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5, hidden_act="relu"),
                dict(act="relu", eps=1e-5, pad=1)),
    "distilbert": (dict(model_type="distilbert", vocab_size=V, dim=H, n_layers=L, n_heads=4, hidden_dim=24, max_position_embeddings=20,
                        activation="gelu"), dict(act="gelu", eps=1e-12)),
    "gpt2": (dict(model_type="gpt2", vocab_size=V, n_embd=H, n_layer=L, n_head=4, n_positions=20, n_inner=None,
                  activation_function="gelu_new", layer_norm_epsilon=1e-5, bos_token_id=2, eos_token_id=2), dict(act="gelu_new", eps=1e-5)),
    "llama": (dict(llama_json, model_type="llama", rope_theta=500.0, tie_word_embeddings=False),
              dict(eps=1e-5, theta=500.0, kv_heads=2, tied=False)),
    "mistral": (dict(llama_json, model_type="mistral", head_dim=6, rope_parameters=dict(rope_theta=1000.0, rope_type="default"), tie_word_embeddings=True),
                dict(eps=1e-5, theta=1000.0, kv_heads=2, head_dim=6, tied=True)),
    "qwen2": (dict(llama_json, model_type="qwen2", rope_theta=10000.0, tie_word_embeddings=True),
              dict(eps=1e-5, theta=10000.0, kv_heads=2, qkv_bias=True, tied=True)),
}


def shapes(kind, c):
    """Names and shapes of all parameters."""
    s, d = {}, c["head_dim"]

    def linear(name, out, inn, bias=True, conv1d=False):
        s[name + ".weight"] = (inn, out) if conv1d else (out, inn)
        if bias:
            s[name + ".bias"] = (out,)

    def norm(name, bias=True):
        s[name + ".weight"] = (H,)
        if bias:
            s[name + ".bias"] = (H,)

    if kind in ("bert", "roberta", "distilbert"):
        root = kind + ".embeddings."
        s[root + "word_embeddings.weight"] = (V, H)
        s[root + "position_embeddings.weight"] = (20, H)
        if kind != "distilbert":
            s[root + "token_type_embeddings.weight"] = (2 if kind == "bert" else 1, H)
        norm(root + "LayerNorm")
        layer, n = models.BERT(dict(model_type=kind), {}).names()
        for l in range(L):
            for i in "qkvo":
                linear(layer % l + n[i], H, H)
            norm(layer % l + n["n1"])
            linear(layer % l + n["up"], 24, H)
            linear(layer % l + n["down"], H, 24)
            norm(layer % l + n["n2"])
        if kind == "bert":
            linear("bert.pooler.dense", H, H)
        dense, ln, bias = {"bert": ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias"),
                           "roberta": ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias"),
                           "distilbert": ("vocab_transform", "vocab_layer_norm", "vocab_projector.bias")}[kind]
        linear(dense, H, H)
        norm(ln)
        s[bias] = (V,)
    elif kind == "gpt2":
        s["transformer.wte.weight"], s["transformer.wpe.weight"] = (V, H), (20, H)
        for l in range(L):
            at = "transformer.h.%d." % l
            norm(at + "ln_1")
            linear(at + "attn.c_attn", 3 * H, H, conv1d=True)
            linear(at + "attn.c_proj", H, H, conv1d=True)
            norm(at + "ln_2")
            linear(at + "mlp.c_fc", 4 * H, H, conv1d=True)
            linear(at + "mlp.c_proj", H, 4 * H, conv1d=True)
        norm("transformer.ln_f")
    else:
        s["model.embed_tokens.weight"] = (V, H)
        for l in range(L):
            at = "model.layers.%d." % l
            norm(at + "input_layernorm", False)
            norm(at + "post_attention_layernorm", False)
            for i, n in (("q", 4), ("k", 2), ("v", 2)):
                linear(at + "self_attn.%s_proj" % i, n * d, H, c.get("qkv_bias", False))
            linear(at + "self_attn.o_proj", H, 4 * d, False)
            linear(at + "mlp.gate_proj", 24, H, False)
            linear(at + "mlp.up_proj", 24, H, False)
            linear(at + "mlp.down_proj", H, 24, False)
        norm("model.norm", False)
        if not c["tied"]:
            s["lm_head.weight"] = (V, H)
    return s


def draw(generator, shape):
    """Large enough that no part of the model is near linear; rounded to float32."""
    t = 0.3 * torch.randn(shape, generator=generator, dtype=torch.float64)
    return t.to(torch.float32).to(torch.float64)


def random_weights(kind, c, seed):
    g = torch.Generator().manual_seed(seed)
    w = {}
    for name, shape in shapes(kind, c).items():
        w[name] = draw(g, shape)
        if len(shape) == 1 and name.endswith("weight"):
            w[name] = (w[name] + 1).to(torch.float32).to(torch.float64)
    return w


def vocabulary(path):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + ["word%d" % i for i in range(V - 5)]
    with open(path, "w") as f:
        f.write("\n".join(words) + "\n")


def expect(model, path, head=None):
    g = torch.Generator().manual_seed(5)
    out = {"head/" + k: v for k, v in (head or {}).items()}
    for i, n in enumerate(LENGTHS):
        ids, types = torch.randint(0, V, (n,), generator=g), torch.randint(0, 2, (n,), generator=g)
        out["ids/%d" % i] = ids
        if model.c["model_type"] == "bert":
            out["types/%d" % i] = types
        else:
            types = None
        states = model.hidden(ids, types)
        for l, h in enumerate(states):
            out["hidden/%d/%d" % (i, l)] = h
        out["logits/%d" % i] = model.logits(states[-1])
        if head:
            out["classify/%d" % i] = model.classify(ids, types)
    tensorfile.write(path, out)


def llama2c(path, c, w):
    """Writes w as a llama2.c file, and the 512-token style tokenizer beside it."""
    parts = ["input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
             "post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"]
    order = [w["model.embed_tokens.weight"]]
    order += [w["model.layers.%d.%s.weight" % (l, p)] for p in parts for l in range(L)]
    order += [w["model.norm.weight"], torch.zeros(2, 20, c["head_dim"] // 2)]
    if not c["tied"]:
        order.append(w["lm_head.weight"])
    with open(path, "wb") as f:
        f.write(struct.pack("<7i", H, 24, L, 4, 2, V if c["tied"] else -V, 20))
        for t in order:
            f.write(struct.pack("<%df" % t.numel(), *t.flatten().tolist()))


def head_of(kind, g):
    if kind == "bert":
        return {"out": draw(g, (3, H)), "out_bias": draw(g, (1, 3))}
    if kind in ("roberta", "distilbert"):
        return {"dense": draw(g, (H, H)), "dense_bias": draw(g, (1, H)), "out": draw(g, (3, H)), "out_bias": draw(g, (1, 3))}
    return {"out": draw(g, (3, H))}


def config_of(folder):
    c = dict(dict(hidden=H, layers=L, heads=4, head_dim=D, model_type=SHAPES[folder][0]["model_type"]), **SHAPES[folder][1])
    return c


def main():
    for seed, (folder, (config, _)) in enumerate(SHAPES.items()):
        at = os.path.join("checkpoints", folder)
        os.makedirs(at, exist_ok=True)
        c = config_of(folder)
        w = random_weights(config["model_type"], c, seed)
        with open(os.path.join(at, "config.json"), "w") as f:
            json.dump(config, f, indent=1)
        tensorfile.write(os.path.join(at, "model.safetensors"), w, {"format": "pt"})
        vocabulary(os.path.join(at, "vocab.txt"))
        a = models.Adaptation()
        a.head = head_of(config["model_type"], torch.Generator().manual_seed(50 + seed))
        expect(models.build(c, w, a), os.path.join(at, "expected.safetensors"), a.head)
    os.makedirs("checkpoints/llama2c", exist_ok=True)
    c = dict(config_of("llama"), interleaved=True, theta=10000.0)
    w = random_weights("llama", c, 99)
    llama2c("checkpoints/llama2c/model.bin", c, w)
    vocabulary("checkpoints/llama2c/vocab.txt")
    expect(models.build(c, w), "checkpoints/llama2c/expected.safetensors")


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    main()
