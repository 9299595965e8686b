"""Takes the authors' Langevin steps: reads numbers of steps from stdin, answers each with its CPU time."""

import time

repository, count, dimension, threads = sys.argv[1], *map(int, sys.argv[2:])
langevin = import_authors("langevin", repository)
torch = langevin.torch

torch.set_num_threads(threads)
rows = torch.nn.functional.normalize(torch.rand(count, dimension) - 0.5)
labels = torch.randint(0, 2, (count,)) * 2.0 - 1
lam = 1e-6 * count
print(f"PyTorch {torch.__version__}", flush=True)
for line in sys.stdin:
    langevin.unadjusted_langevin_algorithm(
        torch.zeros(dimension), dimension, rows, labels, lam, sigma=0.03, device="cpu",
        burn_in=int(line) - 1, step=1 / (0.25 + lam),
    )
    print(1000 * time.process_time(), flush=True)
