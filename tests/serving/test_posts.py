"""What of a text is sent as a post, and that filters look at what the client has then."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from huggingtweets.generation.batch import Text, TokenProbability
from huggingtweets.generation.copy_index import CopyIndex
from huggingtweets.generation.filters import CopyFilter, Handles, PrivacyFilter, RepetitionFilter
from huggingtweets.serving.metrics import Metrics
from huggingtweets.serving.posts import write_posts
from huggingtweets.serving.requests import PostsRequest
from huggingtweets.types import Sampling

RUN = "one two three four five six"
FILTERS = (CopyFilter(CopyIndex.build([RUN], 6)), PrivacyFilter([Handles.familiar([])]), RepetitionFilter())


class Writer:
    """Stands for the thread that samples: every draft is the prompt and one continuation."""

    def __init__(self, continuation):
        self.continuation = continuation

    def sample(self, _batch, request):
        """See `Worker`."""
        pieces = [piece for piece in (self.continuation[:2], self.continuation[2:]) if piece]
        finished = Future()
        finished.set_result(
            Text(
                text=request.prompt + self.continuation,
                prompt_tokens=1,
                new_tokens=len(pieces),
                ended=True,
                tokens=tuple(TokenProbability(piece, -1.0, {}) for piece in pieces),
            )
        )
        return finished


def written(prompt, continuation, filters=FILTERS, **fields):
    """The post that answers a prompt, where the model continues it so; `fields` are of the request."""
    return asyncio.run(writing(prompt, continuation, filters, **fields))


async def writing(prompt, continuation, filters, **fields):
    """The same, beside whatever else there is."""
    asked = {"stops": (), "whole": False, **fields}
    request = PostsRequest(
        bot="me",
        prompts=(prompt,),
        choices=1,
        sampling={},
        seed=None,
        alternatives=None,
        chat=False,
        stream=False,
        usage=False,
        longest=1024,
        **asked,
    )
    loaded = SimpleNamespace(
        model=SimpleNamespace(sampling=Sampling()), batch=SimpleNamespace(), filters=filters
    )
    bot = SimpleNamespace(speaker=None)
    [post] = await write_posts(request, bot, loaded, Writer(continuation), Metrics())
    return post


class PatientFilter(PrivacyFilter):
    """Takes as long for each text as others take to be answered."""

    def __init__(self):
        """Filter nothing."""
        super().__init__([])
        self.others_answered = threading.Event()

    def objection(self, _text):
        """Object where nobody else was answered meanwhile."""
        return "" if self.others_answered.wait(5) else "nobody is answered"


def test_others_are_answered_while_filters_look_at_a_text():
    """A prompt or a post that is hard to look at does not stop the server."""
    slow = PatientFilter()

    async def both():
        asyncio.get_running_loop().call_later(0.01, slow.others_answered.set)
        return await writing("so", " it is", [slow])

    assert asyncio.run(both()).text == " it is"


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    ("prompt", "continuation"),
    [
        ("Thanks to ", " @secretfriend for all"),
        ("call me on ", " 555-123-4567 ok"),
        ("my number\n", "\n+44 7700 900123"),
        ("one two three ", " four five six"),
        ("one two three", " four five six"),
    ],
)
def test_what_a_client_must_not_have_is_refused_however_the_prompt_ends(prompt, continuation, whole):
    """Filters do not take the last word of a prompt and the first new one for one."""
    post = written(prompt, continuation, whole=whole)
    assert (post.text, post.finish) == ("", "content_filter")


@pytest.mark.parametrize("prompt", [RUN, "write to jane@example.org", "@stranger says"])
def test_nothing_is_sampled_for_a_beginning_that_no_post_may_have(prompt, monkeypatch):
    """A copy or an address stays one, however the post goes on."""
    monkeypatch.setattr(Writer, "sample", None)
    assert written(prompt, " and more").finish == "content_filter"


def test_white_space_that_the_client_has_is_not_sent_again():
    """Neither in the text nor in its first token; what has no white space at its end gets all."""
    spaced, glued = written("sothe ", "  lamp is lit"), written("sothe", "  lamp is lit")
    assert (spaced.text, [token.text for token in spaced.tokens]) == ("lamp is lit", ["lamp is lit"])
    assert (glued.text, [token.text for token in glued.tokens]) == ("  lamp is lit", ["  ", "lamp is lit"])
    halfway = written("sothe ", " lamp")
    assert [token.text for token in halfway.tokens] == ["l", "amp"]


@pytest.mark.parametrize("prompt", ["sothe ", "sothe\n\n", " sothe\t", "sothe"])
def test_an_echo_begins_with_the_prompt_as_it_was_sent(prompt):
    """White space at its end included: programs cut off as many characters as they sent."""
    assert written(prompt, " lamp", whole=True).text == prompt + ("lamp" if prompt != "sothe" else " lamp")


def test_a_stop_is_not_looked_for_in_white_space_that_the_client_has():
    """A list that the prompt has begun with an end of line goes on to the next one."""
    post = written("List:\n", "\nbread\nmilk", stops=("\n",))
    assert (post.text, post.finish) == ("bread", "stop")
    assert "".join(token.text for token in post.tokens) == "bread"


def test_a_prompt_that_repeats_itself_is_answered():
    """A long cheer is the client's own; a post that the model lets repeat itself is refused."""
    assert written("G" + "o" * 20 + "l", " for us").text == " for us"
    assert written("Goal", " of " + "0" * 20).finish == "content_filter"
