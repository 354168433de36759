"""Where a model can go from this machine. One file is one target.

| target | file |
|---|---|
| the Hugging Face Hub | hub.py |

A target is handed finished bytes and files; what may leave, and with whose permission, is decided above.
"""

from __future__ import annotations

from ._upload import Repository, Sent, Upload

__all__ = ["Repository", "Sent", "Upload"]
