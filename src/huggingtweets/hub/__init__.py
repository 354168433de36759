"""The Hugging Face Hub: its client, and the ledger of what was uploaded from this machine.

The files to upload come from the workflow, which decides what may be published, and with whose permission.
"""

from __future__ import annotations

from .repository import Repository, Upload, UploadResult

__all__ = ["Repository", "Upload", "UploadResult"]
