"""How fast other engines sample from a model on a CPU: this program, llama.cpp, CTranslate2.

    python benchmarks/engines.py FOLDER [--rows 1 5 16 64] [--tokens 60] [--rounds 3] [--threads 1]

FOLDER is a model folder. llama.cpp (`pip install xllamacpp`) runs what `huggingtweets export --to gguf`
writes, CTranslate2 (`pip install ctranslate2`) what its converter makes; one that is not installed is left
out. The engines take turns. It prints a table in Markdown: the median of the tokens a second of all rows, in
wall-clock time and in time of the processor, which other work on the machine changes less. Loading is timed
apart. All sample from the nucleus of 0.95 at a temperature of 1, and no text ends early.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import torch

from huggingtweets import Sampling, export, models
from huggingtweets.generation.batch import SamplingRequest
from huggingtweets.generation.token_generator import TokenGenerator

PROMPT = "My dream is"
TOP_P = 0.95
Engine = Callable[[int, int], object]  # samples so many rows of so many tokens


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 5, 16, 64])
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    kinds = {"ours": _ours, "llama.cpp": _llama_cpp, "CTranslate2": _ctranslate2}
    packages = {"llama.cpp": "xllamacpp", "CTranslate2": "ctranslate2"}
    engines = {}
    with tempfile.TemporaryDirectory() as place:
        for name, opened in kinds.items():
            if find_spec(packages.get(name, "torch")):
                started = time.perf_counter()
                engines[name] = opened(options, Path(place))
                print(f"{name} was ready after {time.perf_counter() - started:.1f} s")
        print("\n| rows | engine | tokens/s | tokens/s of processor time |\n|--:|---|--:|--:|")
        for rows in options.rows:
            for name, (wall, processor) in _speeds(engines, rows, options).items():
                print(f"| {rows} | {name} | {wall:.0f} | {processor:.0f} |")


def _speeds(
    engines: dict[str, Engine], rows: int, options: argparse.Namespace
) -> dict[str, tuple[float, ...]]:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    for _ in range(options.rounds):
        for name, engine in engines.items():
            wall, processor = time.perf_counter(), time.process_time()
            engine(rows, options.tokens)
            times[name].append((time.perf_counter() - wall, time.process_time() - processor))
    total = rows * options.tokens
    return {
        name: tuple(total / statistics.median(column) for column in zip(*pairs, strict=True))
        for name, pairs in times.items()
    }


def _ours(options: argparse.Namespace, _: Path) -> Engine:
    model = models.load(options.folder)
    if not isinstance(model, TokenGenerator):
        raise SystemExit(f"{options.folder}: give a model that draws tokens, not one of n-grams")
    model._tokens.ends = []  # noqa: SLF001 -- no text ends early

    def sample(rows: int, tokens: int) -> None:
        batch = model.batch()
        for ticket in range(rows):
            batch.add(ticket, SamplingRequest(PROMPT, Sampling(top_p=TOP_P, max_new_tokens=tokens)))
        while len(batch):
            batch.advance()

    return sample


def _llama_cpp(options: argparse.Namespace, place: Path) -> Engine:
    import xllamacpp

    exported = export(options.folder, to="gguf", out=place / "gguf")
    params = xllamacpp.CommonParams()
    params.model.path = str(Path(exported.folder, exported.files[0]))
    params.n_parallel, params.n_ctx = 16, 16 * 256
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.hostnames, params.verbosity = [str(place / "llama.sock")], -1  # no open port
    server = xllamacpp.Server(params)
    settings = {"temperature": 1.0, "top_p": TOP_P, "top_k": 0, "min_p": 0.0}
    body = {"prompt": PROMPT, "samplers": ["temperature", "top_p"], "ignore_eos": True, **settings}

    def sample(rows: int, tokens: int) -> None:
        request = {**body, "n_predict": tokens, "cache_prompt": False}
        asking = [
            threading.Thread(target=server.handle_completions, args=(request, lambda _: False))
            for _ in range(rows)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()

    return sample


def _ctranslate2(options: argparse.Namespace, place: Path) -> Engine:
    import ctranslate2
    from transformers import AutoTokenizer

    folder = place / "ctranslate2"
    ctranslate2.converters.TransformersConverter(str(options.folder)).convert(str(folder))
    config = json.loads((folder / "config.json").read_text("utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(options.folder)
    tokens = {name: tokenizer.eos_token for name in config if name.endswith("_token") and not config[name]}
    (folder / "config.json").write_text(json.dumps(config | tokens), "utf-8")
    generator = ctranslate2.Generator(str(folder), intra_threads=options.threads)
    prompt = tokenizer.convert_ids_to_tokens(tokenizer(PROMPT)["input_ids"])

    def sample(rows: int, tokens: int) -> None:
        lengths = {"min_length": tokens, "max_length": tokens, "include_prompt_in_result": False}
        generator.generate_batch(
            [prompt] * rows, sampling_topk=0, sampling_topp=TOP_P, end_token=[], **lengths
        )

    return sample


if __name__ == "__main__":
    main()
