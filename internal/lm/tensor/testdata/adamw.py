"""Writes adamw.json: AdamW of PyTorch over a few steps, for optimizer_test.go.

Run with PyTorch 1.13: python3 adamw.py > adamw.json
"""
import json
import torch

torch.manual_seed(0)
cases = []
for lr, betas, eps, decay, norm in [(1e-3, (0.9, 0.999), 1e-8, 0.01, None), (3e-2, (0.8, 0.95), 1e-6, 0.1, 1.0)]:
    w = torch.nn.Parameter(torch.randn(37))
    start = w.detach().clone()
    adam = torch.optim.AdamW([w], lr=lr, betas=betas, eps=eps, weight_decay=decay)
    grads, weights, norms = [], [], []
    for step in range(12):
        g = torch.randn(37) * 10 ** (step % 3 - 1)
        grads.append(g.tolist())
        w.grad = g.clone()
        if norm is not None:
            norms.append(float(torch.nn.utils.clip_grad_norm_([w], norm)))
        adam.step()
        weights.append(w.detach().tolist())
    cases.append(dict(lr=lr, beta1=betas[0], beta2=betas[1], eps=eps, decay=decay, max_norm=norm or 0,
                      start=start.tolist(), gradients=grads, weights=weights))
print(json.dumps(cases))
