"""Imports the authors' modules with empty stand-ins for packages that they name but the programs here do not use."""

import importlib
import os
import sys
from unittest.mock import MagicMock

NEEDED = ["torch", "torchvision", "numpy", "scipy"]


def import_authors(name, repository):
    sys.path.insert(0, os.path.abspath(repository))
    sys.dont_write_bytecode = True
    while True:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if missing.name == name:
                sys.exit(f"no {name}.py in {repository}")
            if missing.name in NEEDED:
                sys.exit(f"{missing.name} is missing: {sys.executable} -m pip install {' '.join(NEEDED)}")
            sys.modules[missing.name] = MagicMock(tqdm=lambda values: values)
