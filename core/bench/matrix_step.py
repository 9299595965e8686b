"""
Takes Langevin steps of all chains as one matrix, or their two matrix products alone: reads numbers of steps from stdin,
answers each with its CPU time.
"""

import os
import sys
import time

library, device, part, clips_regularizer = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "1"
n, d, outputs, chains, threads = map(int, sys.argv[5:10])
eta, lam, M = map(float, sys.argv[10:])
# Rows at a time: on a CPU their outputs stay in a cache.
ROWS = n if device == "cuda" else 2048
for name in ["OPENBLAS", "OMP", "MKL", "VECLIB"]:
    os.environ[f"{name}_NUM_THREADS"] = str(threads)

finish = lambda: None
if library == "torch":
    import torch as xp

    name = f"PyTorch {xp.__version__}"
    on = {"device": device}
    if device == "cuda":
        if not xp.cuda.is_available():
            sys.exit(f"{name} finds no CUDA device")
        xp.backends.cuda.matmul.allow_tf32 = False
        name += f" on {xp.cuda.get_device_name()}, float32 without TF32"
        finish = xp.cuda.synchronize
    xp.set_num_threads(threads)
    generator = xp.Generator(**on).manual_seed(0)
    uniform = lambda *shape: xp.rand(*shape, generator=generator, **on)
    normal = lambda *shape: xp.randn(*shape, generator=generator, **on)
    softmax = lambda z: z.softmax(1)
    array = xp.as_tensor
else:
    import numpy as xp

    name = f"NumPy {xp.__version__}"
    on = {}
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
classes = xp.arange(n, **on) % max(outputs, 2)
y = (classes[:, None, None] == xp.arange(outputs, **on)[None, :, None]) * 1.0
y = array(y, dtype=xp.float32) if outputs > 1 else array(2.0 * classes - 1, dtype=xp.float32)[:, None, None]
scale = (2 * eta) ** 0.5 * 0.03
zeros = lambda *shape: xp.zeros(shape, dtype=xp.float32, **on)
print(name, flush=True)


def step(W):
    gradient = zeros(d, outputs * chains)
    sums = zeros(chains)
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
    return (W.reshape(d, outputs, chains) * kept).reshape(d, -1) - eta / n * gradient + scale * normal(*W.shape)


def products(W):
    X.T @ (X @ W)
    return W


advance = {"step": step, "products": products}[part]
W = 0.03 * normal(d, outputs * chains)
for line in sys.stdin:
    for _ in range(int(line)):
        W = advance(W)
    finish()
    print(1000 * time.process_time(), flush=True)
