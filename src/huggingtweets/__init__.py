"""Turn the posts a person has written into a small language model that writes like them.

For example::

    from huggingtweets import Job, generate, load_recipe, train

    trained = train(Job(locations=("archive.zip",), recipe=load_recipe("starter")))
    for sample in generate(trained.folder, "My dream is").samples:
        print(sample.text)
"""

from .cleaning import Rules
from .errors import HuggingtweetsError
from .judging import compare, evaluate
from .merging import merge
from .pipeline import Job, train
from .reading import Inspection, inspect
from .recipes import load as load_recipe
from .recipes import names as recipe_names
from .records import Trained
from .records import find as runs
from .sources import ReadOptions
from .sources import names as source_names
from .tracking import names as tracker_names
from .types import Account, Post, Recipe, Record, Report, Sample, Sampling, Timeline
from .writing import generate

__all__ = [
    "Account",
    "HuggingtweetsError",
    "Inspection",
    "Job",
    "Post",
    "ReadOptions",
    "Recipe",
    "Record",
    "Report",
    "Rules",
    "Sample",
    "Sampling",
    "Timeline",
    "Trained",
    "compare",
    "evaluate",
    "generate",
    "inspect",
    "load_recipe",
    "merge",
    "recipe_names",
    "runs",
    "source_names",
    "tracker_names",
    "train",
]
