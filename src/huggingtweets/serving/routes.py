"""The addresses of the server, and what each answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ..errors import HuggingtweetsError, UserError
from . import answers, requests
from .access import Access
from .answers import error_response, json_response
from .bots import BotName, Bots, LoadedModel
from .limits import Limits
from .metrics import CONTENT_TYPE, Metrics
from .posts import Post, write_posts
from .requests import PostsRequest
from .worker import Worker

_LOG = logging.getLogger(__name__)
DROP_EVERY = 30.0  # seconds between two looks for models that nobody asks for

Result = TypeVar("Result")
Parser = Callable[[bytes, Limits], PostsRequest]


class Refused(Exception):  # noqa: N818 -- the name says what happened
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, code: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers


def application(
    bots: Bots, limits: Limits, *, keys: Sequence[str] = (), hosts: Sequence[str] | None = None
) -> Starlette:
    """The ASGI application.

    Args:
        bots: that are served.
        limits: of requests.
        keys: one of them has to be sent; none: no key is asked for.
        hosts: names that a request may be addressed to; None: any.
    """
    server = Server(bots, limits)
    return Starlette(
        routes=[
            Route("/", server.about),
            Route("/health", server.health),
            Route("/metrics", server.metrics_page),
            Route("/v1/models", server.models),
            Route("/v1/models/{name:path}", server.model),
            Route("/v1/completions", server.completions, methods=["POST"]),
            Route("/v1/chat/completions", server.chat_completions, methods=["POST"]),
        ],
        middleware=[Middleware(Access, keys=keys, hosts=hosts)],
        exception_handlers={HTTPException: _http_error, Exception: _unexpected},
        lifespan=server.lifespan,
    )


class Server:
    """The state of the server, and its answers."""

    def __init__(self, bots: Bots, limits: Limits) -> None:
        """Serve bots within limits."""
        self._bots, self._limits = bots, limits
        self._metrics = Metrics()
        self._worker = Worker()
        self._posts = 0  # that are being written or wait for it

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Drop idle models while the server runs, and end the worker after it."""
        dropping = asyncio.create_task(self._drop_idle())
        yield
        dropping.cancel()
        await asyncio.to_thread(self._worker.close)

    async def _drop_idle(self) -> None:
        while True:
            await asyncio.sleep(DROP_EVERY)
            self._bots.drop_idle()

    async def about(self, request: Request) -> Response:
        """What the server is, at the address that the command printed."""
        has_key, bot = "authorization" in request.headers, next(iter(self._bots.names))
        return json_response(answers.about(str(request.base_url), bot, has_key=has_key))

    async def health(self, _: Request) -> Response:
        """That the server answers."""
        return json_response({"status": "ok"})

    async def metrics_page(self, _: Request) -> Response:
        """The counters."""
        gauges = {"posts_in_progress": self._posts, "models_loaded": self._bots.loaded}
        return Response(self._metrics.text(gauges), headers={"content-type": CONTENT_TYPE})

    async def models(self, _: Request) -> Response:
        """The bots that there are."""
        listed = [_listed(name, bot) for name, bot in self._bots.names.items()]
        return json_response({"object": "list", "data": listed})

    async def model(self, request: Request) -> Response:
        """One bot."""
        name = request.path_params["name"]
        if name not in self._bots.names:
            return error_response(404, f"there is no model {name}", "model_not_found")
        return json_response(_listed(name, self._bots.names[name]))

    async def completions(self, request: Request) -> Response:
        """Posts that begin with a prompt."""
        return await self._answer(request, requests.completion)

    async def chat_completions(self, request: Request) -> Response:
        """A post that begins with the last message."""
        return await self._answer(request, requests.chat)

    async def _answer(self, request: Request, parse: Parser) -> Response:
        """Write the posts that are asked for, or say why not."""
        started = time.monotonic()
        try:
            response = await self._posts_response(request, parse)
        except Refused as refused:
            response = error_response(refused.status, str(refused), refused.code, refused.headers)
        except UserError as error:
            response = error_response(400, str(error), "invalid_request")
        except ClientDisconnect:
            response = Response(status_code=499)  # nobody reads it
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is answered and counted
            response = _unexpected(request, error)
        self._metrics.count("requests_total", path=request.url.path, status=str(response.status_code))
        self._metrics.took(time.monotonic() - started)
        return response

    async def _posts_response(self, request: Request, parse: Parser) -> Response:
        asked = parse(await self._body(request), self._limits)
        bot = self._bots.names.get(asked.bot)
        if bot is None:
            raise Refused(404, f"there is no model {asked.bot}; see /v1/models", "model_not_found")
        if self._posts + asked.count > self._limits.posts:
            message = "too many posts are being written; ask again in a moment"
            raise Refused(429, message, "busy", **{"retry-after": "1"})
        self._posts += asked.count
        try:
            async with asyncio.timeout(self._limits.seconds):
                posts = await _unless_disconnected(request, self._write(asked, bot))
        except TimeoutError:
            raise Refused(503, f"this took more than {self._limits.seconds:g} seconds", "timeout") from None
        finally:
            self._posts -= asked.count
        if asked.stream:
            events = answers.stream(asked, posts)
            return StreamingResponse(events, media_type="text/event-stream", headers=_UNCACHED)
        return json_response(answers.answer(asked, posts))

    async def _write(self, asked: PostsRequest, bot: BotName) -> list[Post]:
        loaded = await self._loaded(bot)
        try:
            return await write_posts(asked, bot, loaded, self._worker, self._metrics)
        except HuggingtweetsError:
            raise
        except Exception:
            self._bots.drop(bot.folder)  # whatever it was, the next request gets a model in order
            raise

    async def _loaded(self, bot: BotName) -> LoadedModel:
        try:
            return await self._bots.load(bot.folder)
        except HuggingtweetsError as error:  # whatever is missing, the client cannot help it
            _LOG.warning("%s", error)  # it names folders, which are nobody else's business
            raise Refused(503, "this model cannot be loaded; the server's log says why", "model") from error

    async def _body(self, request: Request) -> bytes:
        """The body of a request, which is JSON and neither long nor slow."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":  # what a web page of another site cannot send unasked
            raise Refused(415, "expected Content-Type: application/json", "content_type")
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for part in request.stream():
                    body += part
                    if len(body) > self._limits.body:
                        raise Refused(413, f"expected at most {self._limits.body:,} bytes", "too_large")
        except TimeoutError:
            raise Refused(408, "the body did not come in time", "timeout") from None
        return bytes(body)


async def _unless_disconnected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Do the work, and stop it when the client goes away.

    Raises:
        ClientDisconnect: it did.
    """
    working, waiting = asyncio.create_task(work), asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        for task in (working, waiting):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


_UNCACHED = {"cache-control": "no-store", "x-accel-buffering": "no"}  # the second for nginx


def _listed(name: str, bot: BotName) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": bot.created, "owned_by": "huggingtweets"}


def _http_error(_: Request, error: Exception) -> Response:
    """An address that there is not, or a method that it does not take."""
    if not isinstance(error, HTTPException):
        raise error
    return error_response(error.status_code, error.detail, "http", error.headers)


def _unexpected(_: Request, error: Exception) -> Response:
    _LOG.error("unexpected", exc_info=error)
    return error_response(500, "something unexpected happened; the server's log tells more", "unexpected")
