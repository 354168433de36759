"""The page as a Space of Hugging Face: a folder that can be pushed without changes."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from ..files import whole_folder

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
sdk: gradio
sdk_version: {gradio}
app_file: app.py
pinned: false
license: apache-2.0
short_description: Posts in, a small bot that writes like them out
---

# huggingtweets

Bring an archive of your posts, or name an account of an open network, and train a small language model to
write like it. Everybody has a room of their own here: nobody else sees what is in it, and it is cleared two
hours after the last visit. Bring your own posts, or those of somebody who agreed.

To run this page on your own machine, without limits:

    pip install 'huggingtweets[app]'
    huggingtweets app
"""


def export(folder: Path, *, replace: bool = False) -> list[str]:
    """Write the files of the Space; return their names.

    Raises:
        OutputExists: the folder is there already, and `replace` is not set.
    """
    files = {
        "README.md": README.format(gradio=version("gradio")),
        "app.py": APP,
        "requirements.txt": f"huggingtweets[app]=={version('huggingtweets')}\n",
    }
    with whole_folder(folder, replace=replace) as unfinished:
        for name, content in files.items():
            (unfinished / name).write_text(content, "utf-8")
    return list(files)
