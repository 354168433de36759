"""A folder for `ollama create`: a GGUF file, and the Modelfile that says how Ollama samples from it.

The instructions are those of Ollama's docs/modelfile.md. Without a template Ollama would take a chat's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from . import gguf
from ._config import read_config
from ._contract import NO_FILTER, Check, ExportRequest
from ._gguf_file import description, file_name, sampling_parameters

SUMMARY = "a GGUF file and a Modelfile, for ollama create"
DEFAULT_QUANT = "f16"
WARNING = f"{NO_FILTER} Hand it to Ollama: ollama create NAME -f {{folder}}/Modelfile"
MODELFILE = "Modelfile"
LONGEST = 4096  # positions of the context, for all of which Ollama reserves memory; its own default


def export(request: ExportRequest, folder: Path) -> Sequence[Check]:
    """Write both files, and check the first; see `Exporter`."""
    checks = gguf.export(request, folder)
    (folder / MODELFILE).write_text(modelfile(request), "utf-8", newline="\n")
    return checks


def modelfile(request: ExportRequest) -> str:
    """The prompt goes to the model as it is, with the model's temperature, nucleus and length.

    Posts are not quite those of `huggingtweets generate`. llama.cpp's repetition penalty counts the prompt,
    too, so that posts are longer. A Modelfile has no parameter that keeps tokens from being sampled: a post
    may begin with white space or within a word, and special tokens are as likely as the model makes them.
    """
    parameters = {
        **sampling_parameters(request),
        "num_predict": request.sampling.max_new_tokens,
        "num_ctx": min(LONGEST, read_config(request.folder).max_position_embeddings),
    }
    lines = [
        f"# {_one_line(description(request))}",
        f"# {NO_FILTER}",
        f"FROM ./{file_name(request)}",
        f"TEMPLATE {_template(request)}",
        *(f"PARAMETER {name} {value}" for name, value in parameters.items()),
    ]
    return "\n".join(lines) + "\n"


def _template(request: ExportRequest) -> str:
    """The prompt, and what stands before it as a string of the template's language: no parser trims that."""
    prompt = "{{ .Prompt }}"
    if not request.opening:
        return prompt
    opening = json.dumps(request.opening, ensure_ascii=False)  # that language knows no halves of an emoji
    return f'"""{{{{ {opening} }}}}{prompt}"""'


def _one_line(text: str) -> str:
    """A name with a line break in it must not end the comment."""
    return " ".join(text.split())
