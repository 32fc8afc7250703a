"""A link in an approval mail → its page: GET asks and changes nothing, POST is that person's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.app import App
from newsletter.desk.answering import Opened, Standing, open_link, press, schedule_of
from newsletter.desk.approval_links import Purpose
from newsletter.desk.approval_mail import difference_for, in_words, readers_of, when
from newsletter.desk.swapping import candidates_for
from newsletter.scheduling.approval import who
from newsletter.web.headers import page_headers
from newsletter.web.pages import render_page
from subscribers import InvalidToken

PATH = "/approve/"
FIELDS = 10  # of a form; nobody's has more


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a form, empty for a body that is none."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        found = parse_qs(body, max_num_fields=FIELDS)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in found.items()}


def add_approval_pages(web: FastAPI, app: App, problem: Callable[[int, str], Response]) -> None:
    def answer(request: Request, token: str, form: Annotated[Mapping[str, str], Depends(_form)]) -> Response:
        try:
            if request.method == "POST":
                opened = press(app, token, form.get("words", ""), form.get("slug", ""))
            else:
                opened = open_link(app, token)
        except InvalidToken:
            return problem(404, "approval")
        newsletter = app.newsletter(opened.issue.newsletter_id)
        html = render_page(app, newsletter, "approve", **_variables(app, opened))
        return HTMLResponse(html, headers=page_headers(html))

    web.add_api_route(f"{PATH}{{token:path}}", answer, methods=["GET", "HEAD", "POST"])


def _variables(app: App, opened: Opened) -> dict[str, object]:
    """As approve.html.j2 tells them."""
    issue, asked = opened.issue, opened.asked
    zone = schedule_of(app, issue).timezone
    is_open = opened.standing is Standing.OPEN
    candidates = candidates_for(app, issue) if is_open and opened.purpose is Purpose.SWAP else []
    wish = opened.wish if is_open and opened.purpose is Purpose.YES else None
    changed, changes = difference_for(app, asked) if is_open else ("", [])
    return {
        "purpose": str(opened.purpose),
        "standing": str(opened.standing),
        "is_new": opened.is_new,
        "words": opened.words,
        "wish": {"who": who(wish), "words": wish.reason} if wish else None,
        "role": str(asked.role),
        "subject": issue.subject,
        "list_name": issue.list_name,
        "readers": in_words(readers_of(app, issue)),
        "at": when(issue.occurrence.utc, zone) if issue.occurrence else "",
        "is_late": issue.occurrence is not None and app.clock() >= issue.occurrence.utc,
        "answered_at": when(asked.answered_at, zone) if asked.answered_at else "",
        "candidates": [
            {"slug": each.slug, "title": each.title, "authors": ", ".join(author.name for author in each.authors)}
            for each in candidates
        ],
        "changed": changed,
        "changes": [{"before": each.before, "now": each.now} for each in changes],
    }
