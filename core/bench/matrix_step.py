"""Takes Langevin steps of all chains as one matrix: reads numbers of steps from stdin, answers each with its CPU time."""

import os
import sys
import time

# Rows at a time: their outputs stay in a cache.
ROWS = 2048

library, clips_regularizer = sys.argv[1], sys.argv[2] == "1"
n, d, outputs, chains, threads = map(int, sys.argv[3:8])
eta, lam, M = map(float, sys.argv[8:])
for name in ["OPENBLAS", "OMP", "MKL", "VECLIB"]:
    os.environ[f"{name}_NUM_THREADS"] = str(threads)

if library == "torch":
    import torch as xp

    xp.set_num_threads(threads)
    generator = xp.Generator().manual_seed(0)
    uniform = lambda *shape: xp.rand(*shape, generator=generator)
    normal = lambda *shape: xp.randn(*shape, generator=generator)
    softmax = lambda z: z.softmax(1)
    array = xp.as_tensor
else:
    import numpy as xp

    generator = xp.random.default_rng(0)
    uniform = lambda *shape: generator.random(shape, dtype=xp.float32)
    normal = lambda *shape: generator.standard_normal(shape, dtype=xp.float32)
    array = xp.array

    def softmax(z):
        powers = xp.exp(z - z.max(1, keepdims=True))
        powers /= powers.sum(1)[:, None]
        return powers

X = uniform(n, d) - 0.5
X /= ((X * X).sum(1) ** 0.5)[:, None]
classes = xp.arange(n) % max(outputs, 2)
y = (classes[:, None, None] == xp.arange(outputs)[None, :, None]) * 1.0
y = array(y, dtype=xp.float32) if outputs > 1 else array(2.0 * classes - 1, dtype=xp.float32)[:, None, None]
scale = (2 * eta) ** 0.5 * 0.03
W = xp.zeros((d, outputs * chains), dtype=xp.float32)
print(f"{'PyTorch' if library == 'torch' else 'NumPy'} {xp.__version__}", flush=True)

for line in sys.stdin:
    for _ in range(int(line)):
        gradient = xp.zeros((d, outputs * chains), dtype=xp.float32)
        sums = xp.zeros(chains, dtype=xp.float32)
        squares = (W * W).reshape(d * outputs, chains).sum(0)
        for first in range(0, n, ROWS):
            x, labels = X[first : first + ROWS], y[first : first + ROWS]
            z = (x @ W).reshape(-1, outputs, chains)
            a = softmax(z) - labels if outputs > 1 else -labels / (1 + xp.exp(labels * z))
            norms = (a * a).sum(1)
            if clips_regularizer:
                norms += 2 * lam * (a * z).sum(1) + lam**2 * squares
            factors = (M / norms**0.5).clip(None, 1)
            sums += factors.sum(0)
            a *= factors[:, None]
            gradient += x.T @ a.reshape(-1, outputs * chains)
        kept = 1 - eta * lam * (sums / n if clips_regularizer else 1)
        W = (W.reshape(d, outputs, chains) * kept).reshape(d, -1) - eta / n * gradient + scale * normal(*W.shape)
    print(1000 * time.process_time(), flush=True)
