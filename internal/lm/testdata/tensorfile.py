"""A small writer and reader of safetensors files: struct and json, nothing else."""

import json
import struct

import torch


def write(path, tensors, metadata=None):
    """Writes float32 tensors, sorted by name, with a header padded to 8 bytes."""
    header, data, at = {}, [], 0
    if metadata:
        header["__metadata__"] = metadata
    for name in sorted(tensors):
        t = tensors[name].detach().to(torch.float32).contiguous()
        raw = struct.pack("<%df" % t.numel(), *t.flatten().tolist())
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        data.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def read(path):
    """Reads float32 tensors as float64."""
    with open(path, "rb") as f:
        raw = f.read()
    (n,) = struct.unpack("<Q", raw[:8])
    out = {}
    for name, t in json.loads(raw[8:8 + n]).items():
        if name == "__metadata__":
            continue
        a, b = t["data_offsets"]
        values = struct.unpack("<%df" % ((b - a) // 4), raw[8 + n + a:8 + n + b])
        out[name] = torch.tensor(values, dtype=torch.float64).reshape(t["shape"])
    return out
