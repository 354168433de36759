"""A corpus of many people's posts: what a base model learns from before it is taught one person's voice."""

from __future__ import annotations

from .shards import posts, shards
from .vocabulary import END, learn_vocabulary

__all__ = ["END", "learn_vocabulary", "posts", "shards"]
