"""A corpus of many people's posts: what a base model learns from before it is taught one person's voice."""

from __future__ import annotations

from .shards import posts, shards
from .vocabulary import END, extend_vocabulary, learn_vocabulary

__all__ = ["END", "extend_vocabulary", "learn_vocabulary", "posts", "shards"]
