"""`newsletter articles …`: the library."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from newsletter import shapes
from newsletter.cli.output import Json, Yes, confirm, note, opened, print_json, progress, say, table
from newsletter.content.completeness import explain_missing
from newsletter.content.draft import explain_guess
from newsletter.content.reading import body_text
from newsletter.errors import SourceError
from newsletter.model import Article
from newsletter.states import ArticleStatus

app = typer.Typer(help="The library: what issues are made of.", no_args_is_help=True)


class Format(StrEnum):
    AUTO = "auto"
    MARKDOWN = "markdown"
    TEXT = "text"


class ImportStatus(StrEnum):
    READY = "ready"
    DRAFT = "draft"


@app.command("import")
def import_(
    context: typer.Context,
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE…", help="Files, or folders of them.")],
    format: Annotated[Format, typer.Option(help="How to read them; auto looks at each.")] = Format.AUTO,
    status: Annotated[ImportStatus | None, typer.Option(help="Whatever the sources say.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")] = False,
    json: Json = False,
) -> None:
    """Bring in Markdown with front matter, or text pasted from a blog page."""
    from newsletter.desk.library import import_articles

    home = opened(context)
    wanted = ArticleStatus(status) if status else None
    with progress("importing", None) as advance:
        report = import_articles(home, sources, format, wanted, dry_run, advance)
    if json:
        print_json(report.as_json())
    for item in report.items:
        if item.outcome == "failed":
            note(f"newsletter: {item.reason}")
        elif not json:
            say(f"{item.outcome}: {item.slug or item.reason}  ({item.item})")
        if not json:
            for words in item.notes:
                say(f"    {words}")
    if not json:
        say(report.summary)
    if report.unreadable:
        raise typer.Exit(1)


@app.command("list")
def list_(
    context: typer.Context,
    status: Annotated[ArticleStatus | None, typer.Option(help="Only these.")] = None,
    json: Json = False,
) -> None:
    """Every article, with what keeps it from being sent."""
    from newsletter.store.articles import list_articles

    with opened(context).database.read() as connection:
        found = list_articles(connection, status)
    if json:
        print_json([shapes.article(article) for article in found])
        return
    rows = [
        (
            article.slug,
            article.published,
            article.status,
            ", ".join(author.name for author in article.authors),
            f"{article.last_sent:%Y-%m-%d}" if article.last_sent else "never",
            ", ".join(article.missing),
        )
        for article in found
    ]
    columns = ("slug", "published", "status", "authors", "sent", "missing")
    table(columns, rows, "the library is empty: `newsletter articles import FILE`")


@app.command()
def show(context: typer.Context, slug: str, json: Json = False) -> None:
    """One article, with everything that was guessed and what is missing."""
    from newsletter.desk.library import find

    article = find(opened(context), slug)
    _print(article, json)
    if not json:
        say(f"\n{body_text(article.body_html)}")


@app.command()
def edit(
    context: typer.Context,
    slug: str,
    settings: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help="A correction; no later import undoes it."),
    ],
    json: Json = False,
) -> None:
    """Correct fields of an article."""
    from newsletter.desk.library import edit_article

    given: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise SourceError(setting, "is not FIELD=VALUE")
        given[name.strip()] = value
    _print(edit_article(opened(context), slug, given), json)


@app.command()
def retire(context: typer.Context, slug: str, yes: Yes = False, json: Json = False) -> None:
    """Take an article out of picking for good; it stays in the library and in past issues."""
    from newsletter.desk.library import find
    from newsletter.desk.library import retire as retire_article

    home = opened(context)
    confirm(f"Retire {find(home, slug).title!r}?", yes)
    _print(retire_article(home, slug), json)


def _print(article: Article, json: bool) -> None:
    """All but the body, unless it is for a script."""
    if json:
        print_json(shapes.article(article))
        return
    shown = shapes.article(article)
    for name, value in shown.items():
        if name not in ("body_html", "body_text", "guesses", "missing") and value not in (None, [], ""):
            say(f"{name}: {_words(value)}")
    guessed = {guess.field: guess for guess in article.guesses if guess.field not in article.corrected}
    for guess in guessed.values():
        say(f"guessed: {explain_guess(guess)}")
    if article.missing:
        say(f"cannot be sent: {explain_missing(article, article.missing)}")


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {part}" for key, part in value.items() if part)
    if isinstance(value, list):
        return "; ".join(_words(each) for each in value)
    return str(value)
