"""Fuzzers: damaged inputs for every source, each read the way `inspect` reads, in a watched process."""
