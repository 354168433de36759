"""Gradio's queue of events, with turns for network addresses and for the events of one visitor.

Gradio counts the events of all visitors together, and keeps the answers that nobody has fetched for the
latest 2,000 streams of all of them. Here both are counted for each address. And Gradio handles the events of
one visitor side by side: what the later one shows can be replaced by the answer to the earlier one. Here
events of the group `READING` with a common output are handled one after the other.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from typing import Any

from gradio import queueing

from ..connections.addresses import counted_as
from .language import _
from .limits import Limits
from .server import READING

MOST_ANSWERED = 50  # of one address, whose answers are kept; each open tab of a browser has one
MOST_REMEMBERED = 10_000  # addresses whose last turn is known


class EventQueue(queueing.Queue):
    """Handles the events of addresses in turns, of each only so many at the same time, and some in order."""

    def __init__(self, page: Any, limits: Limits) -> None:
        """Begin with no event.

        Args:
            page: the page of Gradio.
            limits: what one address may do.
        """
        super().__init__(
            live_updates=True,
            concurrency_count=page.max_threads,
            update_intervals=1,
            max_size=limits.events,
            blocks=page,
            default_concurrency_limit=8,
        )
        self._own = limits.own_events
        self._addresses: dict[str, str] = {}  # by stream, the latest used last
        self._turns: dict[str, int] = {}  # when each address had its last turn
        self._turn = itertools.count(1)

    async def push(self, body: Any, request: Any, username: str | None) -> Any:
        """Add an event, unless too many of its address are not done, or their answers not fetched."""
        if self._own is not None and not self._has_place(_address(request), body.session_hash):
            return False, _("what you asked for before is still being done; wait a moment"), "queue_full"
        return await super().push(body, request, username)

    def get_events(self) -> tuple[list[queueing.Event], bool, str] | None:
        """The next event: of the address whose last turn is longest ago.

        An address gets half of the places of a group at most, so that one is free for the next visitor.
        """
        working = Counter(
            (event.concurrency_id, _address(event.request)) for job in self.active_jobs for event in job or ()
        )
        groups = list(self.event_queue_per_concurrency_id.items())
        random.shuffle(groups)
        for group, waiting in groups:
            places = waiting.concurrency_limit
            if places is not None and waiting.current_concurrency >= places:
                continue
            half = self._most_at_work(places)
            in_order = self._in_order(waiting.queue) if group == READING else waiting.queue
            events = [event for event in in_order if working[group, _address(event.request)] < half]
            if events:
                event = min(events, key=lambda each: self._turns.get(_address(each.request), 0))
                waiting.queue.remove(event)
                self._note_turn(_address(event.request))
                return [event], False, group
        return None

    def _in_order(self, waiting: list[queueing.Event]) -> list[queueing.Event]:
        """The events that need not wait for an earlier one of their stream that has an output in common."""
        shown_by: defaultdict[str, set[Any]] = defaultdict(set)  # components, by stream
        for event in itertools.chain.from_iterable(job or () for job in self.active_jobs):
            if event.concurrency_id == READING:
                shown_by[event.session_hash].update(event.fn.outputs)
        events = []
        for event in waiting:
            if shown_by[event.session_hash].isdisjoint(event.fn.outputs):
                events.append(event)
            shown_by[event.session_hash].update(event.fn.outputs)
        return events

    def _most_at_work(self, places: int | None) -> float:
        if self._own is None or places is None:
            return float("inf")
        return (places + 1) // 2

    def _note_turn(self, address: str) -> None:
        self._turns.pop(address, None)
        self._turns[address] = next(self._turn)
        if len(self._turns) > MOST_REMEMBERED:
            del self._turns[next(iter(self._turns))]

    def _has_place(self, address: str, stream: str) -> bool:
        """Whether an address may add an event; its oldest answers that nobody fetched are dropped for it."""
        self._addresses.pop(stream, None)
        kept = self.pending_messages_per_session
        self._addresses = {each: owner for each, owner in self._addresses.items() if each in kept}
        own = [each for each, owner in self._addresses.items() if owner == address]
        self._addresses[stream] = address
        for each in list(own):
            if len(own) < MOST_ANSWERED and self._unfetched([*own, stream]) < (self._own or 0):
                break
            if not self._is_busy(each):
                own.remove(each)
                kept.pop(each, None)
                self.pending_event_ids_session.pop(each, None)
        return len(own) < MOST_ANSWERED and self._unfetched([*own, stream]) < (self._own or 0)

    def _unfetched(self, streams: list[str]) -> int:
        """The number of events that wait, are at work, or whose answer was not fetched."""
        return sum(len(self.pending_event_ids_session.get(stream, ())) for stream in streams)

    def _is_busy(self, stream: str) -> bool:
        """Whether an event of a stream waits or is at work."""
        return not self.event_ids_to_events.keys().isdisjoint(self.pending_event_ids_session.get(stream, ()))


def _address(request: Any) -> str:
    return counted_as(request.client.host if request.client else "")
