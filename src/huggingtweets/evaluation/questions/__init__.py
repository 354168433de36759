"""The questions that are asked of a model, one file each; found by the file's name."""
