"""Runs experiments of a script of the authors, as it stands, with fewer trials and another mean of the start.

Arguments: their repository, the script's name, the folder to run in, the mean of the start, the most epochs that
main_sgd learns, the seed, the experiments as switch:folder:trials, separated by commas, and the script's flags. The
files land in result of the folder, as theirs do.
"""

repository, script, folder, init_mean, most_epochs, seed, experiments, *flags = sys.argv[1:]
module = import_authors(script, repository)
torch = module.torch

algorithm = "SGD" if script == "main_sgd" else "LMC"

HARD_CODED_MEAN = 1000
HARD_CODED_TRIALS = 100

normal = torch.normal
torch.normal = lambda mean, **rest: normal(mean=float(init_mean) if mean == HARD_CODED_MEAN else mean, **rest)
torch.manual_seed(int(seed))
module.np.random.seed(int(seed))

if script == "main_sgd":
    descend = module.stochastic_gradient_descent_algorithm
    module.stochastic_gradient_descent_algorithm = lambda *given, burn_in, **rest: descend(
        *given, burn_in=min(burn_in, int(most_epochs)), **rest
    )

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
for switch, experiment, trials in (choice.split(":") for choice in experiments.split(",")):
    performance.__defaults__ = tuple(int(trials) if value == HARD_CODED_TRIALS else value for value in defaults)
    os.makedirs(f"result/{algorithm}/MNIST/{experiment}", exist_ok=True)  # Not every script makes its folders.
    sys.argv = [script, *flags, f"--{switch}", "1"]
    module.main()
