"""Names that every tracker accepts."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_LONGEST = 128  # wandb's limit; its other rules are weaker than trackio's


def valid_name(text: str) -> str:
    """Turn any text into a name of ASCII letters, digits, ".", "_" and "-", at most 128 long.

    A text that is such a name stays as it is. Any other gets a short digest of the whole text at its
    end, so that two people whose handles look alike in ASCII never share a name.
    """
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only).strip("-.")
    if name == text and 0 < len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: _LONGEST - len(digest) - 1]}-{digest}".lstrip("-")
