"""The page's threads: what they use together is ready before the first of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = '''
import sys, threading, types
import msgspec
from huggingtweets.app.page import describe_types

TYPES = """
from __future__ import annotations
from msgspec import Struct
class Inner(Struct): x: int; y: str = ''
class Middle(Struct): inner: Inner; by_name: dict[str, Inner]
class Outer(Struct): middle: Middle; inner: Inner
"""
TEXT = b'{"middle": {"inner": {"x": 1}, "by_name": {"k": {"x": 2}}}, "inner": {"x": 1}}'
made = []
for number in range(1000):
    module = types.ModuleType(f"huggingtweets.made{number}")
    sys.modules[module.__name__] = module
    exec(TYPES, module.__dict__)
    made.append(module.Outer)
describe_types(msgspec.Struct)
sys.setswitchinterval(1e-6)
for kind in made:
    together = threading.Barrier(4)
    def decode():
        together.wait()
        msgspec.json.decode(TEXT, type=kind)
    threads = [threading.Thread(target=decode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("alive")
'''


@pytest.mark.slow
def test_types_that_several_threads_use_first_crash_nothing():
    """The page describes all types before it serves; one that msgspec does not know yet can end a process."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stdout == "alive\n", done.stderr[-2000:]
