"""The thread that samples goes on for all others, whatever happens to one text or one model."""

from __future__ import annotations

import pytest

from huggingtweets.generation.batch import SamplingRequest, Text
from huggingtweets.serving.worker import Worker
from huggingtweets.types import Sampling

PATIENCE = 10.0  # seconds, in which a thread that lives has answered
REQUEST = SamplingRequest("so", Sampling())
TEXT = Text(text="so it is", prompt_tokens=1, new_tokens=2, ended=True)


class Batch:
    """Texts that are finished at once, unless the batch is told to fail."""

    def __init__(self):
        self.tickets, self.failing = [], ""

    def add(self, ticket, _):
        """See `TextBatch`."""
        if self.failing == "add":
            raise TypeError("not of this kind")
        self.tickets.append(ticket)

    def remove(self, ticket):
        """See `TextBatch`."""
        self.tickets.remove(ticket)

    def advance(self):
        """See `TextBatch`."""
        if self.failing == "advance":
            raise RuntimeError("out of memory")
        finished, self.tickets = self.tickets, []
        return [(ticket, TEXT) for ticket in finished]


@pytest.mark.parametrize("failing", ["add", "advance"])
def test_after_a_failure_the_next_text_is_sampled(failing, caplog):
    """The one who waits hears of it, the log tells why, and the same batch and others serve the next one."""
    worker, failed, other = Worker(), Batch(), Batch()
    failed.failing = failing
    with pytest.raises((TypeError, RuntimeError)):
        worker.sample(failed, REQUEST).result(PATIENCE)
    failed.failing = ""
    assert worker.sample(other, REQUEST).result(PATIENCE) == TEXT
    assert worker.sample(failed, REQUEST).result(PATIENCE) == TEXT
    worker.close()
    assert "sampling failed" in caplog.text
