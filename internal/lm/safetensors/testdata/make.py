"""Writes independent.safetensors with Python's own modules only (python3 make.py)."""
import json
import struct


def bf16(*values):
    return b"".join(struct.pack("<f", v)[2:] for v in values)


tensors = {
    "f16": ("F16", [2, 2], struct.pack("<4e", 0.5, -1.5, 2048, 6e-8)),
    "bf16": ("BF16", [2], bf16(1.0, -3.0)),
    "f32": ("F32", [3], struct.pack("<3f", 3.14159274, -0.0, 1e-40)),
    "f64": ("F64", [], struct.pack("<d", 1 / 3)),
    "i64": ("I64", [1, 3], struct.pack("<3q", 1, 2, 3)),
    "\u00fcn\u00ef.cod": ("F32", [1], struct.pack("<f", 7)),
    "none": ("F32", [0, 5], b""),
}
header, data = {"__metadata__": {"format": "pt"}}, b""
for name, (dtype, shape, raw) in tensors.items():
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header, indent=1).encode()
text += b" " * (-len(text) % 8)
with open("independent.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
