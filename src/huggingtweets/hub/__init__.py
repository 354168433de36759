"""The Hugging Face Hub: its client, and the ledger of what was published there from this machine.

It is handed finished bytes and files; what may leave, and with whose permission, is decided by the workflow.
"""

from __future__ import annotations

from .repository import Repository, Sent, Upload

__all__ = ["Repository", "Sent", "Upload"]
