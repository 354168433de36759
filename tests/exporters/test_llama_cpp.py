"""llama.cpp itself gives what the model gives; skipped where it is not installed (pip install xllamacpp)."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers import models as token_models
from transformers import PreTrainedTokenizerFast

from huggingtweets import export
from huggingtweets.exporters import _tokenizer
from huggingtweets.exporters._readback import HARD_TEXTS
from tests.exporters.test_export import MODELS, llama, qwen3, saved, spread
from tests.helpers.tiny import varied_texts

xllamacpp = pytest.importorskip("xllamacpp", reason="llama.cpp is no dependency")

TOKENS = 24
TIE = 3e-3  # between logits; rounding decides on the rest


@contextmanager
def running(file: Path, place: Path):
    """A client of llama.cpp with a file, over a socket in a folder."""
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = str(file), 256, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.hostnames, params.verbosity = [str(place / "llama.sock")], -1
    server = xllamacpp.Server(params)
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(place / "llama.sock")), timeout=60) as client:
        for _ in range(100):
            if client.get("http://llama/health").status_code == 200:
                break
            time.sleep(0.1)
        yield client
    del server


@torch.inference_mode()
def likeliest(model, ids: list[int]) -> list[int]:
    """The tokens that transformers finds likeliest, one after the other, until two are nearly as likely."""
    found = []
    for _ in range(TOKENS):
        tokens = torch.tensor([[*ids, *found]])
        best = model(tokens, attention_mask=torch.ones_like(tokens)).logits[0, -1].topk(2)
        if best.values[0] - best.values[1] < TIE:
            break
        found.append(int(best.indices[0]))
    return found


@pytest.mark.parametrize("architecture", MODELS)
def test_llama_cpp_reads_and_continues_texts_as_the_model_does(architecture, tmp_path):
    """The same tokens for hard texts, and the same likeliest token at each of the next places."""
    model, tokenizer = MODELS[architecture](tmp_path)
    folder = saved(tmp_path / "m", spread(model), tokenizer)
    exported = export(folder, to="gguf", quant="f32", out=tmp_path / "out")
    with running(tmp_path / "out" / exported.files[0], tmp_path) as client:
        for text in HARD_TEXTS:
            told = client.post("http://llama/tokenize", json={"content": text, "add_special": True}).json()
            assert told["tokens"] == [
                tokenizer.bos_token_id,
                *tokenizer(text, add_special_tokens=False)["input_ids"],
            ]
        settings = {"n_predict": TOKENS, "temperature": 0, "ignore_eos": False, "return_tokens": True}
        for text in HARD_TEXTS[:4]:
            ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
            told = client.post("http://llama/completion", json={"prompt": ids, **settings}).json()
            expected = likeliest(model.eval(), ids)
            assert len(expected) > 2
            assert told["tokens"][: len(expected)] == expected[: len(told["tokens"])]


@pytest.mark.parametrize("name", ["llama-bpe", "qwen2"])
def test_llama_cpp_cuts_texts_as_tokenizers_of_others_do(name, tmp_path):
    """Tokenizers that cut as those of Llama 3 and Qwen do are read the same; composed texts for Qwen."""
    [split] = [steps[0][1] for steps, known in _tokenizer._NAMES.items() if known == name]
    backend = Tokenizer(token_models.BPE(ignore_merges=name == "llama-bpe"))
    backend.normalizer = normalizers.NFC() if name == "qwen2" else None
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(split), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<|end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    backend.train_from_iterator([*varied_texts(200, seed=1), *HARD_TEXTS * 5], trainer)
    ends = dict.fromkeys(("bos_token", "eos_token"), "<|end|>")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **ends)
    model, _ = {"llama-bpe": llama, "qwen2": qwen3}[name]()
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    folder = saved(tmp_path / "m", model, tokenizer)
    exported = export(folder, to="gguf", out=tmp_path / "out")
    with running(tmp_path / "out" / exported.files[0], tmp_path) as client:
        for text in HARD_TEXTS:
            composed = normalizers.NFC().normalize_str(text) if name == "qwen2" else text
            told = client.post("http://llama/tokenize", json={"content": composed}).json()
            assert told["tokens"] == tokenizer(text, add_special_tokens=False)["input_ids"]
