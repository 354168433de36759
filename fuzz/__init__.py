"""Fuzzing: damaged inputs for every source, read as `inspect` reads, in a process that is watched."""
