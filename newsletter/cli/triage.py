"""`newsletter articles triage`: a person says yes or no to what was imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter import shapes
from newsletter.app import App
from newsletter.cli.editing import edit_opened
from newsletter.cli.output import Json, complain, opened, print_json, say, table
from newsletter.errors import NewsletterError, Refused

if TYPE_CHECKING:
    from newsletter.desk.triage import Unread

DECISIONS = {"k": "keep", "n": "not-now", "v": "never"}
QUESTION = "[k]eep, [n]ot now (a draft), ne[v]er (retire), [m]end in your editor, [w]hole text, [s]kip, [q]uit"


def triage(
    context: typer.Context,
    slugs: Annotated[list[str] | None, typer.Argument(metavar="[SLUG…]", help="Only these.")] = None,
    decision: Annotated[
        str, typer.Option("--as", metavar="keep|not-now|never", help="What the articles named are to be.")
    ] = "",
    json: Json = False,
) -> None:
    """Go through what nobody has read since its import, those that would be mailed first first."""
    from newsletter.desk.triage import named, unread

    app = opened(context)
    is_asked = sys.stdin.isatty() and sys.stdout.isatty() and not json
    if decision or (slugs and not is_asked):
        _decide(app, slugs or [], decision, json)
        return
    waiting = named(app, slugs) if slugs else unread(app)
    if json:
        print_json([_shape(each) for each in waiting])
    elif is_asked and waiting:
        _ask(app, waiting)
    else:
        rows = [(each.article.slug, each.article.title, _due(each), "; ".join(each.hints)) for each in waiting]
        table(("slug", "title", "would go", "look at"), rows, "every article that is ready has been read")


def _decide(app: App, slugs: list[str], decision: str, json: bool) -> None:
    from newsletter.desk.triage import Decision, decide

    if not slugs or decision not in list(Decision):
        raise Refused(f"name articles and what they are to be: --as {'|'.join(Decision)}")
    decided = decide(app, slugs, Decision(decision))
    if json:
        print_json([shapes.article(each) for each in decided])
        return
    for each in decided:
        say(f"{each.slug}: {each.status}, read")


def _shape(given: Unread) -> dict[str, Any]:
    return {
        "slug": given.article.slug,
        "title": given.article.title,
        "published": given.article.published.isoformat() if given.article.published else None,
        "due": shapes.occurrence(given.due),
        "hints": list(given.hints),
        "missing": list(given.article.missing),
    }


def _due(given: Unread) -> str:
    return f"{given.due.local:%Y-%m-%d}" if given.due is not None else "not in sight"


def _ask(app: App, waiting: list[Unread]) -> None:
    for number, each in enumerate(waiting, 1):
        say(f"\n{number} of {len(waiting)}")
        _show(each)
        try:
            if not _answered(app, each):
                return
        except typer.Abort:  # Ctrl-D or Ctrl-C: each word given so far is kept
            say()
            return


def _show(given: Unread) -> None:
    from newsletter.desk.triage import first_words

    article = given.article
    by = ", ".join(author.name for author in article.authors) or "nobody"
    say(f"{article.title}\n  {article.slug}; by {by}; {article.published or 'without a date'}; would go: {_due(given)}")
    for hint in given.hints:
        say(f"  look at: {hint}")
    say(f"  {first_words(article)}")


def _answered(app: App, given: Unread) -> bool:
    """False when the person has had enough."""
    from newsletter.content.reading import body_text
    from newsletter.desk.triage import Decision, decide_on, seen_again

    slug = given.article.slug
    while True:
        answer: str = typer.prompt(QUESTION, default="s", show_default=False).strip().lower()[:1]
        if answer in DECISIONS:
            if decide_on(app, given.article, Decision(DECISIONS[answer])) is not None:
                return True
            complain(f"{slug} was changed meanwhile: this is how it stands now")
            given = seen_again(app, given)
            _show(given)
        elif answer == "m":
            if _mended(app, slug):
                return True
        elif answer == "w":
            say(f"\n{body_text(given.article.body_html)}\n")
        elif answer in ("s", "q"):
            return answer == "s"


def _mended(app: App, slug: str) -> bool:
    """Whether the person has said yes to it by what they wrote; if not, they are asked again."""
    try:
        return edit_opened(app, slug).read_at is not None
    except NewsletterError as error:
        complain(str(error))
        return False
