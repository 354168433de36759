"""The page as a Space of Hugging Face: a folder that can be pushed without changes."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import OutputExists
from ..files import whole_folder
from .own_wheel import write_wheel

APP = '''"""The page of huggingtweets, for strangers. Spaces run this file."""

import os

from huggingtweets.app import serve

# the proxy before a Space tells whose request it is; its own address is one of these
os.environ.setdefault("FORWARDED_ALLOW_IPS", "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16")

if __name__ == "__main__":
    serve(host="0.0.0.0", port=int(os.environ.get("GRADIO_SERVER_PORT", "7860")), public=True)
'''
README = """---
title: huggingtweets
emoji: 🤖
colorFrom: yellow
colorTo: gray
sdk: docker
app_port: 7860
pinned: false
license: apache-2.0
short_description: Posts in, a small bot that writes like them out
---

# huggingtweets

Bring an archive of your posts, or name an account of an open network, and train a small language model to
write like it. Every visitor has a session of their own here: nobody else sees what is in it, and it is
deleted two hours after the last visit. Bring your own posts, or those of somebody who agreed.

To put this folder on the Hub:

    hf upload YOU/NAME . --repo-type space

To run this page on your own machine, without limits:

    pip install -r requirements.txt
    huggingtweets app
"""
DOCKERFILE = """FROM python:3.12-slim
RUN pip install --no-cache-dir uv && useradd --create-home --uid 1000 user
WORKDIR /home/user/app
COPY . .
RUN uv pip install --system --no-cache --torch-backend cpu --requirements requirements.txt
USER 1000
ENV HUGGINGTWEETS_HOME=/home/user/huggingtweets
EXPOSE 7860
CMD ["python", "app.py"]
"""
ATTRIBUTES = "*.whl filter=lfs diff=lfs merge=lfs -text\n"  # the Hub takes large files with Git LFS only


def export(folder: Path, *, replace: bool = False) -> list[str]:
    """Write the files of the Space; return their names.

    Raises:
        OutputExists: the folder is there already, and `replace` is not set.
    """
    if os.path.lexists(folder) and not replace:
        raise OutputExists(
            f"{folder} exists already; choose another with --export-space, or replace it with --overwrite"
        )
    with whole_folder(folder, replace=replace) as unfinished:
        wheel = write_wheel(unfinished)
        files = {
            ".gitattributes": ATTRIBUTES,
            "Dockerfile": DOCKERFILE,
            "README.md": README,
            "app.py": APP,
            "requirements.txt": f"./{wheel}[app]\n",
        }
        for name, content in files.items():
            (unfinished / name).write_text(content, "utf-8", newline="\n")
    return [*files, wheel]
