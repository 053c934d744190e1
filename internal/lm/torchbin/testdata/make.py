"""Writes the fixtures of this folder with PyTorch (Debian's python3-torch, 1.13).

The numbers are counted, not drawn, so that the test can say what they are.
"""
from collections import OrderedDict

import torch

weight = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 8 - 0.5
state = OrderedDict(
    [
        ("f32", weight),
        ("tied", weight),
        ("transposed", weight.t()),
        ("rows", weight[1:]),
        ("column", weight[:, 2]),
        ("f16", torch.tensor([0.5, -1.5, 2048.0]).half()),
        ("bf16", torch.tensor([1.0, -3.0]).bfloat16()),
        ("f64", torch.tensor(1 / 3, dtype=torch.float64)),
        ("i64", torch.arange(5).reshape(1, 5)),
        ("bool", torch.tensor([True, False])),
        ("empty", torch.zeros(0, 4)),
        ("parameter", torch.nn.Parameter(torch.tensor([7.0]))),
        ("layer.0.ünï", torch.tensor([[9.0]])),
    ]
)
state._metadata = OrderedDict([("", {"version": 1}), ("layer", {"version": 2})])
torch.save(state, "zip.bin")
torch.save(state, "zip4.bin", pickle_protocol=4)
torch.save(state, "legacy.bin", _use_new_zipfile_serialization=False)
torch.save(dict(state), "plain.bin")
torch.save({"model": state, "step": 3}, "nested.bin")
torch.save(torch.nn.Linear(1, 1), "module.bin")
