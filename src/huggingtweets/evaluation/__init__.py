"""One file per question asked of a person's posts or of a model."""
