"""Takes Langevin steps of all chains as one matrix: reads numbers of steps from stdin and answers each, once taken."""

import os
import sys

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
    maximum = lambda z: z.amax(1, keepdim=True)
    array = xp.as_tensor
else:
    import numpy as xp

    generator = xp.random.default_rng(0)
    uniform = lambda *shape: generator.random(shape, dtype=xp.float32)
    normal = lambda *shape: generator.standard_normal(shape, dtype=xp.float32)
    maximum = lambda z: z.max(1, keepdims=True)
    array = xp.array

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
        z = (X @ W).reshape(n, outputs, chains)
        if outputs == 1:
            a = -y / (1 + xp.exp(y * z))
        else:
            a = xp.exp(z - maximum(z))
            a /= a.sum(1)[:, None]
            a -= y
        norms = (a * a).sum(1)
        if clips_regularizer:
            norms += 2 * lam * (a * z).sum(1) + lam**2 * (W * W).reshape(d, outputs, chains).sum(1).sum(0)
        factors = (M / xp.sqrt(norms)).clip(max=1) if library == "torch" else xp.minimum(1, M / xp.sqrt(norms))
        a *= factors[:, None]
        kept = 1 - eta * lam * (factors.mean(0) if clips_regularizer else xp.ones(chains, dtype=xp.float32))
        gradient = X.T @ a.reshape(n, -1)
        W = (W.reshape(d, outputs, chains) * kept).reshape(d, -1) - eta / n * gradient + scale * normal(*W.shape)
    print(line, end="", flush=True)
