"""The server: trained models as bots behind the HTTP API of OpenAI, which most chat programs speak.

| file | what |
|---|---|
| `routes.py` | the addresses, and what each answers |
| `requests.py` | what a client may ask for, and within which bounds |
| `answers.py` | what it gets, whole or in pieces |
| `posts.py` | writes posts that pass the text filters |
| `worker.py` | the thread that samples, for all clients at the same time |
| `bots.py` | the models by name: loaded when they are asked for, dropped when nobody asks any more |
| `access.py` | who may ask |
| `metrics.py` | what Prometheus reads |
| `limits.py` | how much of everything |

docs/serving.md tells users of it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MissingExtra, UserError
from ..machine import cores
from .limits import Limits

if TYPE_CHECKING:
    from uvicorn import Server

__all__ = ["serve"]

BACKLOG = 1024  # connections that wait
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    models: Sequence[str | Path] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    api_key_file: Path | None = None,
    without_key: bool = False,
) -> None:
    """Serve models until Ctrl-C, SIGTERM or SIGHUP, which let requests end that are being answered.

    Args:
        models: model folders, or their names below models/; none: all that are there.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        api_key_file: a file with one key a line; clients then have to send one of them.
        without_key: listen beyond this machine without any key.

    Raises:
        ModelError: a model is not there, or damaged.
        UserError: the address is taken, a key file holds none, or others could ask without a key.
        MissingExtra: the web server is not installed.
    """
    try:
        import uvicorn  # noqa: PLC0415 -- an extra
    except ImportError:
        raise MissingExtra("uvicorn, which answers requests,", "serve") from None
    from ..connections import bound_connections  # noqa: PLC0415 -- these import the extra, too
    from .access import read_keys  # noqa: PLC0415
    from .bots import Bots  # noqa: PLC0415
    from .routes import application  # noqa: PLC0415

    keys = read_keys(api_key_file) if api_key_file else ()
    if not (keys or without_key or host in LOOPBACK):
        raise UserError(
            f"--host {host} lets others reach your bots; give --api-key-file, or --without-key if all may"
        )
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores() - 1)))  # one core for requests
    bots = Bots(models)
    bots.check()
    hosts = None if keys or host not in LOOPBACK else LOOPBACK
    limits = Limits()
    bound_connections(limits)
    config = uvicorn.Config(
        application(bots, limits, keys=keys, hosts=hosts),
        log_level="warning",
        access_log=False,  # prompts and posts are nobody's business, and addresses of clients neither
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=int(limits.seconds),
    )
    with _bound(host, port) as bound:
        number = bound.getsockname()[1]
        sys.stdout.write(f"Serving {bots} at {_url(host, number)}/v1 (Ctrl-C ends it)\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):  # uvicorn repeats the signal that it has ended for
            server = uvicorn.Server(config)
            _end_at_hang_up(server)
            server.run(sockets=[bound])


def _end_at_hang_up(server: Server) -> None:
    """Let SIGHUP end the server as SIGTERM does, unless it is ignored, as under nohup."""
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
    if hang_up is None or threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(hang_up) is not signal.SIG_IGN:
        signal.signal(hang_up, server.handle_exit)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that takes connections, so that a taken address is known before anything is said.

    Raises:
        UserError: it cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason, _, _ = str(getattr(error, "strerror", None) or error).partition(" (while")  # an address
        raise UserError(
            f"{host}:{port} cannot be used ({reason}); choose another with --port or --host"
        ) from error


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
