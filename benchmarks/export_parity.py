"""Whether llama.cpp does with an exported model what the model does: tokens, greedy texts, predictions.

    python benchmarks/export_parity.py FOLDER POSTS... [--texts 10000] [--places 200] [--prompts 40]
        [--quant f32 f16 q8_0] [--seed 0]

FOLDER is a model folder, POSTS archives that `huggingtweets inspect` reads, best of others.
llama.cpp (`pip install xllamacpp`) runs what `huggingtweets export --to gguf` writes, over a socket in a
folder. For each format it prints a line of a table in Markdown:

- of so many posts, and of so many random strings of emoji, joiners, letters from right to left, CJK and
  spaces, how many have other tokens;
- of so many prompts, the first words of posts, how many are continued otherwise by the likeliest tokens; a
  continuation ends where two tokens are nearly as likely, since rounding decides there;
- the Kullback-Leibler divergence of its next-token distributions from those of transformers in float32, in
  nats, at one place in each of so many posts: mean and largest.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from huggingtweets import DataConfig, export
from huggingtweets.progress import Silence
from huggingtweets.workflows.data import AuthorPosts, read

CONTINUED = 24  # tokens of a greedy text
TIE = 0.02  # between logits of two tokens that are nearly as likely; of 16 bits they have about three digits
ALPHABETS = (  # ranges of code points
    (0x1F300, 0x1FAFF),  # emoji
    (0x200B, 0x200F),  # joiners and marks of direction
    (0x1F1E6, 0x1F1FF),  # flags
    (0x05D0, 0x05EA),  # Hebrew
    (0x0620, 0x064A),  # Arabic
    (0x4E00, 0x9FFF),  # CJK
    (0x3040, 0x30FF),  # kana
    (0xAC00, 0xD7A3),  # Hangul
    (0x0300, 0x036F),  # combining marks
    (0x0900, 0x097F),  # Devanagari
    (0x0400, 0x04FF),  # Cyrillic
    (0x0021, 0x007E),
    (0x00A0, 0x024F),
)
SPACES = (" ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u3000", "\ufe0f", "\u200d")


def main() -> None:
    """Measure every format and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("posts", nargs="+", metavar="POSTS")
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--places", type=int, default=200)
    parser.add_argument("--prompts", type=int, default=40)
    parser.add_argument("--quant", nargs="+", default=["f32", "f16", "q8_0"])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311 -- no secret
    posts = [text for at in options.posts for author in _authors(at) for text in author.texts]
    strings = [_random_string(rng) for _ in range(options.texts)]
    chosen = rng.sample(posts, min(options.texts, len(posts)))
    tokenizer: Any = AutoTokenizer.from_pretrained(options.folder)
    model = AutoModelForCausalLM.from_pretrained(options.folder, dtype=torch.float32).eval()
    print(f"{len(chosen):,} posts, {len(strings):,} random strings, seed {options.seed}\n")
    print("| format | posts with other tokens | strings | prompts continued otherwise | KL | largest KL |")
    print("|---|--:|--:|--:|--:|--:|")
    for quant in options.quant:
        with tempfile.TemporaryDirectory() as place:
            exported = export(options.folder, to="gguf", quant=quant, out=Path(place) / "out")
            with _server(Path(place) / "out" / exported.files[0], Path(place)) as client:
                others = [_read_otherwise(client, tokenizer, texts) for texts in (chosen, strings)]
                prompts = [" ".join(text.split()[:4]) for text in chosen[: options.prompts]]
                continued = sum(_continued_otherwise(client, tokenizer, model, text) for text in prompts)
                places = [
                    _divergence(client, tokenizer, model, text, rng) for text in chosen[: options.places]
                ]
        mean, largest = sum(places) / len(places), max(places)
        counts = f"{others[0]} | {others[1]} | {continued} of {len(prompts)}"
        print(f"| {quant} | {counts} | {mean:.1e} | {largest:.1e} |", flush=True)


def _authors(location: str) -> list[AuthorPosts]:
    return read(DataConfig(locations=(location,)), Silence())


def _random_string(rng: random.Random) -> str:
    """A string of 1 to 40 pieces from alphabets that tokenizers easily disagree on."""
    pieces = []
    for _ in range(rng.randint(1, 40)):
        if rng.random() < 0.2:  # noqa: PLR2004 -- a share
            pieces.append(rng.choice(SPACES))
        else:
            pieces.append(chr(rng.randint(*rng.choice(ALPHABETS))))
    return "".join(pieces)


@contextmanager
def _server(file: Path, place: Path) -> Iterator[httpx.Client]:
    """A client of llama.cpp that has loaded a file."""
    import xllamacpp  # no dependency: `--help` works without it

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(file), 1024, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = torch.get_num_threads()
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.hostnames, params.verbosity = [str(place / "llama.sock")], -1
    server = xllamacpp.Server(params)
    transport = httpx.HTTPTransport(uds=str(place / "llama.sock"))
    with httpx.Client(base_url="http://llama", transport=transport, timeout=120) as client:
        while client.get("/health").status_code != httpx.codes.OK:
            time.sleep(0.1)
        yield client
    del server


def _asked(client: httpx.Client, path: str, **question: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(path, json=question).raise_for_status().json()
    return answer


def _read_otherwise(client: httpx.Client, tokenizer: Any, texts: Sequence[str]) -> int:
    """How many texts llama.cpp gives other tokens."""
    expected = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    found = (_asked(client, "/tokenize", content=text)["tokens"] for text in texts)
    return sum(ours != theirs for ours, theirs in zip(expected, found, strict=True))


@torch.inference_mode()
def _continued_otherwise(client: httpx.Client, tokenizer: Any, model: Any, text: str) -> bool:
    """Whether llama.cpp continues a text by other tokens than the model finds likeliest."""
    ids = tokenizer(text)["input_ids"]
    expected: list[int] = []
    while len(expected) < CONTINUED:
        best = model(torch.tensor([[*ids, *expected]])).logits[0, -1].topk(2)
        if best.values[0] - best.values[1] < TIE:
            break
        expected.append(int(best.indices[0]))
    question = {"prompt": ids, "n_predict": CONTINUED, "temperature": 0, "return_tokens": True}
    found = _asked(client, "/completion", ignore_eos=False, **question)["tokens"]
    return bool(expected[: len(found)] != found[: len(expected)])


@torch.inference_mode()
def _divergence(client: httpx.Client, tokenizer: Any, model: Any, text: str, rng: random.Random) -> float:
    """KL divergence at a random place of a text, over the whole vocabulary, in nats."""
    whole = tokenizer(text)["input_ids"]
    first = len(tokenizer("")["input_ids"])
    ids = whole[: rng.randint(min(first, len(whole)), len(whole))]
    expected = model(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
    question = {"prompt": ids, "n_predict": 1, "temperature": 1.0, "n_probs": len(expected)}
    draws = (_asked(client, "/completion", seed=seed, **question) for seed in itertools.count())
    [place] = next(filter(None, (draw.get("completion_probabilities") for draw in draws)))  # none with an end
    found = torch.full_like(expected, -torch.inf)
    for token in place["top_logprobs"]:
        found[token["id"]] = token["logprob"]
    found = found.log_softmax(-1)  # llama.cpp sums the probabilities in float32, to 1.0002
    return float((expected.exp() * (expected - found)).nansum())


if __name__ == "__main__":
    main()
