"""An address that stands in a mail → its page: the web view, the way out of a list, a picture."""

from __future__ import annotations

import logging
import re
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from starlette.exceptions import HTTPException

from newsletter.app import App
from newsletter.desk.media import find_picture
from newsletter.errors import ConfigError, DatabaseError, NewsletterError
from newsletter.model import Newsletter
from newsletter.store.issues import web_view
from newsletter.store.links import Origin, origin_of
from newsletter.tables import issues
from newsletter.web import approvals
from newsletter.web.body import BoundedBody
from newsletter.web.headers import archive_headers, machine_headers, media_headers, page_headers
from newsletter.web.pages import render_page
from newsletter.web.pausing import add_pause_page
from newsletter.web.prefix import BelowPrefix
from subscribers import InvalidToken
from subscribers.store import unsubscribe
from subscribers.tokens import UnsubscribeLink

READING = ["GET", "HEAD"]
RETRY_SECONDS = 120

# The pages of problem.html.j2, by the status they go with.
PROBLEMS = {404: "page", 405: "method", 408: "slow", 413: "large", 500: "broken", 503: "unavailable"}

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

logger = logging.getLogger(__name__)


def build_web(app: App) -> FastAPI:
    """Everything a mail links to, ready to be served. The caller has opened the database.

    Raises ConfigError for a base_url that is no address.
    """
    pages = PublicPages(app)
    # No docs: nothing of FastAPI's own, and nothing that loads from another host.
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    web.add_api_route("/archive/{public_id}", pages.archive, methods=READING)
    web.add_api_route("/unsubscribe/{token:path}", pages.unsubscribe, methods=[*READING, "POST"])
    web.add_api_route("/media/{path:path}", pages.media, methods=READING)
    add_pause_page(web, app, pages.problem)
    approvals.add_approval_pages(web, app, pages.problem)
    web.add_api_route("/healthz", pages.healthz, methods=READING)
    web.add_exception_handler(HTTPException, pages.refused)
    for busy in (DatabaseError, NoFreeConnection):
        web.add_exception_handler(busy, pages.unavailable)
    web.add_exception_handler(Exception, pages.broken)
    web.add_middleware(BoundedBody, refuse=pages.problem, readers=(approvals.PATH,))
    web.add_middleware(BelowPrefix, prefix=_path(app.base_url))
    return web


def _path(base_url: str) -> str:
    try:
        return urlsplit(base_url).path
    except ValueError as error:
        raise ConfigError("web.base_url", f"{base_url!r} is no address: {error}") from None


class PublicPages:
    """One home's pages. Each method answers one kind of request."""

    def __init__(self, app: App) -> None:
        self._app = app

    def archive(self, public_id: str) -> Response:
        """The issue as it was sent, without anything of any reader."""
        with self._app.database.read() as connection:
            html = web_view(connection, public_id, self._app.today) if _PUBLIC_ID.fullmatch(public_id) else None
        if html is None:
            return self.problem(404, "issue")
        addresses = (self._app.base_url, self._app.media_url)
        return HTMLResponse(html, headers=archive_headers(addresses, self._app.newsletters()))

    def unsubscribe(self, request: Request, token: str) -> Response:
        """GET asks and changes nothing; POST is the reader's word, with one click (RFC 8058 §3)."""
        if self._app.tokens.is_test_copy(token):
            return self._page("test-copy", self._app.first_newsletter)
        try:
            link = self._app.tokens.read_unsubscribe(token)
        except InvalidToken:
            return self.problem(404, "link")
        if request.method == "POST":
            self._leave(link)
        with self._app.database.read() as connection:
            origin = origin_of(connection, link.list_id, link.issue_id)
        page = "unsubscribed" if request.method == "POST" else "unsubscribe"
        return self._page(page, self._newsletter(origin), list_name=origin.list_name)

    def media(self, request: Request, path: str) -> Response:
        """A picture of the home."""
        picture = find_picture(self._app.home.media, path)
        if picture is None:
            return self.problem(404)
        headers = {**media_headers(), "ETag": picture.etag}
        if picture.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        try:
            return Response(picture.path.read_bytes(), media_type=picture.media_type, headers=headers)
        except OSError:  # removed since, or not ours to read
            return self.problem(404)

    def healthz(self) -> Response:
        """Whether the database answers; not why it does not, which is nobody's business outside."""
        try:
            with self._app.database.read() as connection:
                connection.execute(select(issues.c.id).limit(1))
        except (NewsletterError, SQLAlchemyError):
            logger.exception("the database does not answer")
            return JSONResponse({"status": "unavailable"}, 503, headers=machine_headers())
        return JSONResponse({"status": "ok"}, headers=machine_headers())

    def refused(self, request: Request, error: Exception) -> Response:
        """What routing could not serve: no such page, or not by this method."""
        assert isinstance(error, HTTPException)
        response = self.problem(error.status_code)
        response.headers.update(error.headers or {})
        return response

    def unavailable(self, request: Request, error: Exception) -> Response:
        """The database is busy, full or away: a mail program that unsubscribes somebody tries again."""
        logger.error("%s", error)
        response = self.problem(503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    def broken(self, request: Request, error: Exception) -> Response:
        """A fault of ours; the server logs it."""
        return self.problem(500)

    def problem(self, status: int, problem: str = "") -> Response:
        """The page for what went wrong. It asks the database nothing."""
        known = problem or PROBLEMS.get(status, "method")
        return self._page("problem", self._app.first_newsletter, status, problem=known)

    def _leave(self, link: UnsubscribeLink) -> None:
        where = "unsubscribe link" + (f", issue {link.issue_id}" if link.issue_id is not None else "")
        with self._app.database.write() as connection:
            unsubscribe(connection, link.subscriber_id, link.list_id, where, self._app.clock())

    def _newsletter(self, origin: Origin) -> Newsletter:
        known = {newsletter.id: newsletter for newsletter in self._app.newsletters()}
        return known.get(origin.newsletter_id, self._app.first_newsletter)

    def _page(self, page: str, newsletter: Newsletter, status: int = 200, **variables: object) -> Response:
        html = render_page(self._app, newsletter, page, **variables)
        return HTMLResponse(html, status, headers=page_headers(html))
