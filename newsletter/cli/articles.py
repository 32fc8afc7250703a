"""`newsletter articles …`: the library."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from newsletter import shapes
from newsletter.cli.editing import edit_opened
from newsletter.cli.exporting import export
from newsletter.cli.following import follow
from newsletter.cli.forecasting import WhatIf, print_differences
from newsletter.cli.importing import import_articles
from newsletter.cli.output import Json, Yes, confirm, day, opened, print_json, say, table
from newsletter.cli.triage import triage
from newsletter.content.changes import in_lines
from newsletter.content.completeness import explain_missing
from newsletter.content.draft import explain_guess
from newsletter.content.reading import bare_words, body_text, reading_minutes
from newsletter.errors import SourceError
from newsletter.model import Article
from newsletter.states import ArticleStatus


class LibraryStatus(StrEnum):
    """What an article of the library may be."""

    DRAFT = "draft"
    READY = "ready"
    RETIRED = "retired"


app = typer.Typer(help="The library: what issues are made of.", no_args_is_help=True)


app.command("import")(import_articles)
app.command("follow")(follow)
app.command("export")(export)
app.command("triage")(triage)


@app.command("list")
def list_(
    context: typer.Context,
    status: Annotated[LibraryStatus | None, typer.Option(help="Only these.")] = None,
    author: Annotated[str, typer.Option(help="By this author; a part of the name is enough.")] = "",
    category: Annotated[str, typer.Option(help="With this category or tag.")] = "",
    season: Annotated[str, typer.Option(metavar="MM-DD|today", help="With a season this day lies in.")] = "",
    sent_before: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Last sent before this day, or never.")] = "",
    sent_since: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Sent on this day or later.")] = "",
    never_sent: Annotated[bool, typer.Option("--never-sent", help="Only these.")] = False,
    unread: Annotated[bool, typer.Option("--unread", help="Nobody has said yes to them since their import.")] = False,
    search: Annotated[
        str, typer.Option(metavar="WORDS", help='That hold these words; "words in quotes" stand together.')
    ] = "",
    json: Json = False,
) -> None:
    """Every article, with what keeps it from being sent."""
    from newsletter.desk.listing import Wanted, list_library

    before, since = day("--sent-before", sent_before), day("--sent-since", sent_since)
    wanted = Wanted(
        ArticleStatus(status) if status else None, author, category, season, before, since, never_sent, unread, search
    )
    home = opened(context)
    found = list_library(home, wanted)
    if json:
        print_json([shapes.article(article) for article in found])
        return
    rows = [
        (
            article.slug,
            article.published,
            article.status,
            ", ".join(author.name for author in article.authors),
            f"{reading_minutes(len(bare_words(article.body_html).split()))} min",
            f"{article.last_sent:%Y-%m-%d}" if article.last_sent else "never",
            "yes" if article.read_at else "no",
            _missing_in_short(article),
        )
        for article in found
    ]
    columns = ("slug", "published", "status", "authors", "reading", "sent", "read", "missing")
    is_narrowed = wanted != Wanted()
    empty = "no article is like that" if is_narrowed else "the library is empty: `newsletter articles import FILE`"
    table(columns, rows, empty, spare=("reading", "sent", "published", "authors"))


def _missing_in_short(article: Article) -> str:
    """`bio, call to action`, whatever it is of the call that is missing."""
    return ", ".join(dict.fromkeys(name.partition(".")[0].replace("_", " ") for name in article.missing))


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
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="A correction; no later import undoes it."),
    ] = None,
    is_opened: Annotated[bool, typer.Option("--open", help="In your editor, as Markdown.")] = False,
    json: Json = False,
) -> None:
    """Correct fields of an article, or all of it in $VISUAL or $EDITOR."""
    from newsletter.desk.library import edit_article

    if is_opened == bool(settings):
        raise typer.BadParameter("say what to correct with --set FIELD=VALUE, or --open the article in your editor")
    home = opened(context)
    if is_opened:
        _print(edit_opened(home, slug), json)
        return
    given: dict[str, str] = {}
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        if not equals:
            raise SourceError(setting, "is not FIELD=VALUE")
        given[name.strip()] = value
    _print(edit_article(home, slug, given), json)


@app.command()
def retire(context: typer.Context, slug: str, what_if: WhatIf = False, yes: Yes = False, json: Json = False) -> None:
    """Take an article out of picking for good; it stays in the library and in past issues."""
    from newsletter.desk.forecasting import what_if_retired
    from newsletter.desk.library import find
    from newsletter.desk.library import retire as retire_article

    home = opened(context)
    if what_if:
        print_differences(what_if_retired(home, slug), json)
        return
    confirm(f"Retire {find(home, slug).title!r}?", yes)
    _print(retire_article(home, slug), json)


@app.command()
def history(context: typer.Context, slug: str, json: Json = False) -> None:
    """Every version of an article: what changed, when, by what, and in which issues it went out."""
    from newsletter.desk.library import history as history_of

    told = history_of(opened(context), slug)
    if json:
        print_json([shapes.version(each.version, each.changes, each.issues) for each in told])
        return
    for each in told:
        sent = f"; sent in issue {', '.join(map(str, each.issues))}" if each.issues else ""
        say(f"version {each.version.number}, {each.version.since:%Y-%m-%d %H:%M} UTC, {each.version.cause}{sent}")
        for change in each.changes:
            for line in in_lines(change):
                say(f"    {line}")


def _print(article: Article, json: bool) -> None:
    """All but the body, unless it is for a script."""
    if json:
        print_json(shapes.article(article))
        return
    # Here, because what cleans a correction is no other command's to load.
    from newsletter.content.editing import open_guesses

    shown = shapes.article(article)
    for name, value in shown.items():
        if name not in ("body_html", "body_text", "guesses", "missing") and value not in (None, [], ""):
            say(f"{name}: {_words(value)}")
    for guess in open_guesses(article):
        say(f"guessed: {explain_guess(guess)}")
    if article.missing:
        say(f"cannot be sent: {explain_missing(article, article.missing)}")


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {part}" for key, part in value.items() if part)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_words(each) for each in value)
    return str(value)
