"""Compares the products of this package with OpenBLAS, by turns.

    go test -c -o /tmp/tensor.test . && python3 testdata/peer/peer.py /tmp/tensor.test 1

The second argument is the number of threads. Each shape is measured in several
rounds, ours and NumPy's one after the other, and the best call of all rounds
counts on either side: what else runs on the machine then matters least.
NumPy must be linked with OpenBLAS (Debian: python3-numpy, libopenblas0-pthread).
"""
import os
import re
import subprocess
import sys
import time

binary, threads = sys.argv[1], sys.argv[2]
os.environ["OPENBLAS_NUM_THREADS"] = threads
os.environ.pop("OPENBLAS_CORETYPE", None)
import numpy as np  # noqa: E402

SHAPES = [(1024, 768, 768), (2048, 128, 128), (2048, 512, 128), (1024, 3072, 768), (1024, 768, 3072), (768, 1024, 768), (1024, 768, 8),
          (1024, 8, 768), (128, 64, 128), (128, 128, 64), (1, 768, 768), (1, 768, 3072), (8, 768, 768)]
ROUNDS = int(os.environ.get("ROUNDS", "4"))
CALLS = 40


def ours(name):
    """Seconds of our best call."""
    out = subprocess.run(
        [binary, "-test.run=^$", f"-test.bench=^BenchmarkGemm$/^{name[0]}$/^{name[1]}$/^threads={threads}$", f"-test.benchtime={CALLS}x"],
        capture_output=True, text=True, check=True).stdout
    return float(re.search(r"([0-9.e+]+) best-ns", out).group(1)) * 1e-9


def theirs(m, k, n, layout):
    """Seconds of NumPy's best call, into an existing array."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((k, m) if layout == "TN" else (m, k), dtype=np.float32)
    b = rng.standard_normal((n, k) if layout == "NT" else (k, n), dtype=np.float32)
    a, b = a.T if layout == "TN" else a, b.T if layout == "NT" else b
    out = np.empty((m, n), dtype=np.float32)
    best = 1e9
    for _ in range(CALLS):
        start = time.perf_counter()
        np.matmul(a, b, out=out)
        best = min(best, time.perf_counter() - start)
    return best


print("| product m x k x n | layout | threads | ours GFLOP/s | OpenBLAS GFLOP/s | ratio |")
print("| --- | --- | --- | --- | --- | --- |")
for m, k, n in SHAPES:
    for layout in ("NN", "NT", "TN"):
        mine = other = 1e9
        for _ in range(ROUNDS):
            mine = min(mine, ours((f"{m}x{k}x{n}", layout)))
            other = min(other, theirs(m, k, n, layout))
        work = 2e-9 * m * k * n
        print(f"| {m} x {k} x {n} | {layout} | {threads} | {work / mine:.1f} | {work / other:.1f} | {other / mine:.2f} |", flush=True)
