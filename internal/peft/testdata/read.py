"""Reads a PEFT folder with struct and json alone, as an independent reader.

Prints the configuration, every tensor's shape and numbers, and for LoRA the
change of each weight, alpha/r · B·A, computed here.
"""

import json
import os
import struct
import sys


def tensors(path):
    with open(path, "rb") as f:
        raw = f.read()
    (n,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + n])
    assert (8 + n) % 8 == 0, "the data is not aligned"
    assert header.pop("__metadata__") == {"format": "pt"}
    at, found = 0, {}
    for name, t in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = t["data_offsets"]
        assert start == at and t["dtype"] == "F32", name
        at = end
        found[name] = (t["shape"], list(struct.unpack("<%df" % ((end - start) // 4), raw[8 + n + start:8 + n + end])))
    assert 8 + n + at == len(raw), "bytes are left over"
    return found


def product(scale, a, b):
    (r, cols), (rows, _) = a[0], b[0]
    return [scale * sum(b[1][i * r + k] * a[1][k * cols + j] for k in range(r)) for i in range(rows) for j in range(cols)]


folder = sys.argv[1]
with open(os.path.join(folder, "adapter_config.json")) as f:
    text = f.read()
config = json.loads(text)
assert text == json.dumps(config, indent=2, sort_keys=True), "PEFT writes its JSON otherwise"
found = tensors(os.path.join(folder, "adapter_model.safetensors"))
changes = {}
for name in found:
    if name.endswith(".lora_A.weight"):
        module = name[:-len(".lora_A.weight")]
        scale = config["lora_alpha"] / (config["r"] ** 0.5 if config["use_rslora"] else config["r"])
        changes[module] = product(scale, found[name], found[module + ".lora_B.weight"])
print(json.dumps({"config": config, "tensors": {n: {"shape": s, "values": v} for n, (s, v) in found.items()}, "changes": changes}))
