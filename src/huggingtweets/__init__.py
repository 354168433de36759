"""Turn the posts a person has written into a small language model that writes like them.

For example::

    from huggingtweets import DataConfig, TrainConfig, generate, load_recipe, train

    data = DataConfig(locations=("archive.zip",))
    model = train(TrainConfig(data=data, recipe=load_recipe("starter")))
    for sample in generate(model, "My dream is").samples:
        print(sample.text)

Every verb of the command line has the same name here, except `app`, `demo` and `serve`. Names are imported
when they are asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cleaning import CleaningRules
    from .errors import (
        BaseChanged,
        BaseError,
        BrokenArchive,
        ConsentNeeded,
        DoesNotFit,
        HuggingtweetsError,
        InternalError,
        LocationError,
        MissingExtra,
        MissingSecret,
        ModelError,
        NotEnoughPosts,
        NoTextColumn,
        OutOfSpace,
        OutputExists,
        PublishError,
        RecipeError,
        SeveralAuthors,
        StoreUnavailable,
        TrainingDiverged,
        UnknownPlace,
        Unreachable,
        UserError,
    )
    from .evaluation.comparison import Difference
    from .evaluation.game import Pair
    from .exporters import Check
    from .generation.text_generator import Written
    from .machine import Machine
    from .model_folder import ModelFolder, find_models
    from .recipes import load as load_recipe
    from .recipes import names as recipe_names
    from .reporting.pretrained import Pretrained
    from .results import Evaluation, Figure, Game, Metric, Row
    from .sources import ReadOptions
    from .sources import names as source_names
    from .tracking import names as tracker_names
    from .types import (
        Account,
        Permission,
        Post,
        Recipe,
        Record,
        Sample,
        Sampling,
        Timeline,
        TrainingResult,
    )
    from .workflows.bases import ListedBase, fetch_base, list_bases
    from .workflows.compare import compare
    from .workflows.data import AuthorPosts, DataConfig
    from .workflows.evaluate import EvaluatedModel, evaluate
    from .workflows.export import Exported, export
    from .workflows.fleet import (
        FleetConfig,
        FleetResults,
        FleetStatus,
        Outcome,
        fleet,
        fleet_results,
        fleet_retry,
        fleet_status,
    )
    from .workflows.forget import Traces, find_traces, forget
    from .workflows.generate import generate
    from .workflows.inspect import Inspection, inspect
    from .workflows.lineage import Node, lineage
    from .workflows.merge import merge
    from .workflows.play import Deal, deal, play
    from .workflows.pretrain import PretrainConfig, pretrain
    from .workflows.publish import Published, PublishPlan, plan_publishing, publish
    from .workflows.recipes import ListedRecipe, choose_recipe, list_recipes
    from .workflows.reproduce import Reproduction, reproduce
    from .workflows.sweep import SweepConfig, SweepResult, sweep
    from .workflows.train import TrainConfig, train

_HOMES = {  # the module of each public name, and what it is called there where that is something else
    **dict.fromkeys(
        (
            *("BaseError", "BrokenArchive", "ConsentNeeded", "DoesNotFit", "HuggingtweetsError"),
            *("InternalError", "LocationError", "MissingExtra", "MissingSecret", "ModelError"),
            *("NoTextColumn", "NotEnoughPosts", "OutOfSpace", "OutputExists", "PublishError", "RecipeError"),
            *("SeveralAuthors", "StoreUnavailable", "TrainingDiverged", "UnknownPlace", "Unreachable"),
            *("BaseChanged", "UserError"),
        ),
        "errors",
    ),
    "Account": "types",
    "AuthorPosts": "workflows.data",
    "Check": "exporters",
    "CleaningRules": "cleaning",
    "DataConfig": "workflows.data",
    "Deal": "workflows.play",
    "Difference": "evaluation.comparison",
    "EvaluatedModel": "workflows.evaluate",
    "Evaluation": "results",
    "Exported": "workflows.export",
    "Figure": "results",
    "FleetConfig": "workflows.fleet",
    "FleetResults": "workflows.fleet",
    "FleetStatus": "workflows.fleet",
    "Game": "results",
    "Inspection": "workflows.inspect",
    "ListedBase": "workflows.bases",
    "ListedRecipe": "workflows.recipes",
    "Machine": "machine",
    "Metric": "results",
    "ModelFolder": "model_folder",
    "Node": "workflows.lineage",
    "Outcome": "workflows.fleet",
    "Pair": "evaluation.game",
    "Permission": "types",
    "Post": "types",
    "PretrainConfig": "workflows.pretrain",
    "Pretrained": "reporting.pretrained",
    "PublishPlan": "workflows.publish",
    "Published": "workflows.publish",
    "ReadOptions": "sources",
    "Recipe": "types",
    "Record": "types",
    "Reproduction": "workflows.reproduce",
    "Row": "results",
    "Sample": "types",
    "Sampling": "types",
    "SweepConfig": "workflows.sweep",
    "SweepResult": "workflows.sweep",
    "Timeline": "types",
    "Traces": "workflows.forget",
    "TrainConfig": "workflows.train",
    "TrainingResult": "types",
    "Written": "generation.text_generator",
    "choose_recipe": "workflows.recipes",
    "compare": "workflows.compare",
    "deal": "workflows.play",
    "evaluate": "workflows.evaluate",
    "export": "workflows.export",
    "fetch_base": "workflows.bases",
    "find_models": "model_folder",
    "find_traces": "workflows.forget",
    "fleet": "workflows.fleet",
    "fleet_results": "workflows.fleet",
    "fleet_retry": "workflows.fleet",
    "fleet_status": "workflows.fleet",
    "forget": "workflows.forget",
    "generate": "workflows.generate",
    "inspect": "workflows.inspect",
    "lineage": "workflows.lineage",
    "list_bases": "workflows.bases",
    "list_recipes": "workflows.recipes",
    "load_recipe": "recipes:load",
    "merge": "workflows.merge",
    "plan_publishing": "workflows.publish",
    "play": "workflows.play",
    "pretrain": "workflows.pretrain",
    "publish": "workflows.publish",
    "recipe_names": "recipes:names",
    "reproduce": "workflows.reproduce",
    "source_names": "sources:names",
    "sweep": "workflows.sweep",
    "tracker_names": "tracking:names",
    "train": "workflows.train",
}

__all__ = [
    "Account",
    "AuthorPosts",
    "BaseChanged",
    "BaseError",
    "BrokenArchive",
    "Check",
    "CleaningRules",
    "ConsentNeeded",
    "DataConfig",
    "Deal",
    "Difference",
    "DoesNotFit",
    "EvaluatedModel",
    "Evaluation",
    "Exported",
    "Figure",
    "FleetConfig",
    "FleetResults",
    "FleetStatus",
    "Game",
    "HuggingtweetsError",
    "Inspection",
    "InternalError",
    "ListedBase",
    "ListedRecipe",
    "LocationError",
    "Machine",
    "Metric",
    "MissingExtra",
    "MissingSecret",
    "ModelError",
    "ModelFolder",
    "NoTextColumn",
    "Node",
    "NotEnoughPosts",
    "OutOfSpace",
    "Outcome",
    "OutputExists",
    "Pair",
    "Permission",
    "Post",
    "PretrainConfig",
    "Pretrained",
    "PublishError",
    "PublishPlan",
    "Published",
    "ReadOptions",
    "Recipe",
    "RecipeError",
    "Record",
    "Reproduction",
    "Row",
    "Sample",
    "Sampling",
    "SeveralAuthors",
    "StoreUnavailable",
    "SweepConfig",
    "SweepResult",
    "Timeline",
    "Traces",
    "TrainConfig",
    "TrainingDiverged",
    "TrainingResult",
    "UnknownPlace",
    "Unreachable",
    "UserError",
    "Written",
    "choose_recipe",
    "compare",
    "deal",
    "evaluate",
    "export",
    "fetch_base",
    "find_models",
    "find_traces",
    "fleet",
    "fleet_results",
    "fleet_retry",
    "fleet_status",
    "forget",
    "generate",
    "inspect",
    "lineage",
    "list_bases",
    "list_recipes",
    "load_recipe",
    "merge",
    "plan_publishing",
    "play",
    "pretrain",
    "publish",
    "recipe_names",
    "reproduce",
    "source_names",
    "sweep",
    "tracker_names",
    "train",
]


def __getattr__(name: str) -> object:
    """Import a public name from its module, so that `import huggingtweets` loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, inside = _HOMES[name].partition(":")
    value = getattr(importlib.import_module(f".{module}", __name__), inside or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
