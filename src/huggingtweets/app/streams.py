"""The state that Gradio keeps of each stream of events, of each address only for the streams used last.

An open tab of a browser is a stream. Its name is made up by whoever asks, and Gradio keeps a quarter of a
megabyte for each until the page ends: whoever made up a name for each request would fill the memory.
"""

from __future__ import annotations

from contextvars import ContextVar

from gradio import routes
from gradio.state_holder import SessionState, StateHolder

MOST_STREAMS = 2_000  # of all addresses, as many as Gradio keeps answers of
MOST_OWN_STREAMS = 200  # of one address
asking: ContextVar[str] = ContextVar("asking", default="")  # address of the request that is being answered


class Streams(StateHolder):
    """Keeps the state of each stream, as Gradio asks for it by the stream's name."""

    def __init__(self) -> None:
        """Begin with no stream."""
        super().__init__()  # type: ignore[no-untyped-call] # of Gradio
        self._addresses: dict[str, str] = {}  # by stream

    def __getitem__(self, stream: str) -> SessionState:
        """The state of a stream; a new one takes the place of the one that its address used longest ago."""
        if stream not in self:
            self._make_place(asking.get())
            self._addresses[stream] = asking.get()
        return super().__getitem__(stream)

    def _make_place(self, address: str) -> None:
        with self.lock:
            known = [each for each in self.session_data if each in self._addresses]  # the latest used last
            self._addresses = {each: self._addresses[each] for each in known}
            own = [each for each in known if self._addresses[each] == address]
            for each in own[: max(0, len(own) + 1 - MOST_OWN_STREAMS)]:
                del self.session_data[each]
                self.time_last_used.pop(each, None)


def bound_streams() -> None:
    """Let the pages that are launched from now on keep few streams of each address."""
    routes.StateHolder = Streams  # type: ignore[attr-defined] # Gradio has no setting for it
