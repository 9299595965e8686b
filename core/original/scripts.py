"""Runs experiments of a script of the authors, as it stands, with fewer trials and another mean of the start.

Arguments: their repository, the script's name, the folder to run in, the mean of the start, the seed, the experiments
as name:trials,name:trials, and the script's flags. The files land in result/LMC of the folder, as theirs do.
"""

repository, script, folder, init_mean, seed, experiments, *flags = sys.argv[1:]
module = import_authors(script, repository)
torch = module.torch

HARD_CODED_MEAN = 1000
HARD_CODED_TRIALS = 100

normal = torch.normal
torch.normal = lambda mean, **rest: normal(mean=float(init_mean) if mean == HARD_CODED_MEAN else mean, **rest)
torch.manual_seed(int(seed))

load_features = module.load_features
loaded = []


def load_once(args):
    if not loaded:
        loaded.append(load_features(args))
    return loaded[0]


module.load_features = load_once
performance = module.Runner.get_mean_performance
defaults = performance.__defaults__

os.chdir(folder)
for experiment, trials in (choice.split(":") for choice in experiments.split(",")):
    performance.__defaults__ = tuple(int(trials) if value == HARD_CODED_TRIALS else value for value in defaults)
    os.makedirs(f"result/LMC/MNIST/{experiment}", exist_ok=True)  # Not every script makes its folders.
    sys.argv = [script, *flags, f"--{experiment}", "1"]
    module.main()
