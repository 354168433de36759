"""`python -m huggingtweets` is the command `huggingtweets`."""

from .cli import main

main()
