"""The link in an approval mail → a page with one red button: GET asks, one POST pauses everything."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.app import App
from newsletter.desk import pausing
from newsletter.store.pauses import Pause
from newsletter.web.headers import page_headers
from newsletter.web.pages import render_page

TIME = "%Y-%m-%d %H:%M"
BY_BUTTON = "by the button in a mail"


def add_pause_page(web: FastAPI, app: App, problem: Callable[[int], Response]) -> None:
    def pause(request: Request, token: str) -> Response:
        if not app.tokens.is_pause(token):
            return problem(404)
        paused = pausing.pause_of_everything(app)
        if request.method == "POST" and (paused is None or paused.until is not None):
            paused = pausing.pause(app, reason=paused.reason if paused else BY_BUTTON)
        html = render_page(app, app.first_newsletter, "pause", **_words(app, paused))
        return HTMLResponse(html, headers=page_headers(html))

    web.add_api_route("/pause/{token:path}", pause, methods=["GET", "HEAD", "POST"])


def _words(app: App, paused: Pause | None) -> dict[str, str]:
    """Empty where nothing is paused; an empty `until` for a pause without an end."""
    if paused is None:
        return {"since": "", "until": "", "reason": ""}
    until = paused.until.astimezone(app.zone).strftime(TIME) if paused.until else ""
    return {"since": paused.since.astimezone(app.zone).strftime(TIME), "until": until, "reason": paused.reason}
