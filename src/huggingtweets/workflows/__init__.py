"""What people do, one file or folder a verb: the only package that joins others.

A verb has the same name on the command line (`huggingtweets merge`), in Python (`huggingtweets.merge`)
and here (`merge.py`). Each file reads from top to bottom.
"""
