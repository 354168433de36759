"""Reports of models as pages of their own, each at an address that cannot be guessed.

A report can come with a model of somebody else. The browser is told to run nothing in it, and to keep it away
from the page and its cookies, as the sandboxed frame does that shows it in the page.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from ..model_folder import ModelFolder

PREFIX = "/report/"
SECURITY_POLICY = (
    "sandbox allow-popups; default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"
)
FRAMES = "; frame-ancestors 'self'"
PUBLIC_FRAMES = "; frame-ancestors 'self' https://huggingface.co"  # which shows Spaces in a frame


class Reports:
    """The addresses of the reports that visitors opened since the server began."""

    def __init__(self, *, public: bool = False) -> None:
        """Begin with none.

        Args:
            public: whether the page is, so that it may itself be shown in a frame.
        """
        self._policy = SECURITY_POLICY + (PUBLIC_FRAMES if public else FRAMES)
        self._addresses: dict[Path, str] = {}
        self.route = Route(PREFIX + "{token}", self._serve)

    def address(self, model: ModelFolder) -> str:
        """The address of a model's report, from the root of the page."""
        return PREFIX + self._addresses.setdefault(model.report_page, secrets.token_urlsafe(24))

    async def _serve(self, request: Request) -> Response:
        token = request.path_params["token"]
        file = next((file for file, known in self._addresses.items() if known == token), None)
        if file is None or not file.is_file():
            return PlainTextResponse("This report is not here any more; open it from the page.", 404)
        headers = {"Content-Security-Policy": self._policy, "Cache-Control": "no-store"}
        return FileResponse(file, media_type="text/html", headers=headers)
