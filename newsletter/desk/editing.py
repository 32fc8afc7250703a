"""An article opened as Markdown in a person's editor → their corrections, kept in the library."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from newsletter.app import App
from newsletter.content.corrections import as_fields, changed_fields, says_more_than_a_name
from newsletter.content.decoding import decode
from newsletter.content.draft import Draft
from newsletter.content.editing import refuse_crossed_days
from newsletter.content.sources.markdown import read_markdown
from newsletter.content.words import picture
from newsletter.content.writing import write_for_editing
from newsletter.desk.exporting import pictures_of
from newsletter.desk.library import correct, find
from newsletter.desk.own_pictures import BODY, HERO, own_pictures
from newsletter.errors import NewsletterError, Refused, SourceError
from newsletter.model import Article

_NOTHING_LOST = (" found", " fetched without encryption (http)")
"""How notes end on what the text lacks, and on pictures that are the home's own in the end."""


def edit_in_editor(
    app: App,
    slug: str,
    run: Callable[[Path], None],
    again: Callable[[SourceError], bool] = lambda error: False,
) -> tuple[Article, tuple[str, ...]]:
    """The article after what a person wrote, and the names of the fields they corrected, none when it is as it was.

    `run` returns when the editor is closed. What cannot be read is offered once more as long as `again` says so; then
    it is kept in the file that the error names. Raises NotFound, Refused or what `run` raises.
    """
    text = write_for_editing(find(app, slug))
    folder = Path(mkdtemp(prefix="newsletter-"))
    file = folder / f"{slug}.md"
    file.write_text(text, "utf-8")
    try:
        before = read_markdown(text, file.name, as_it_is=True)
        changed = changed_fields(before, _after(app, file, before, run, again))
        article = find(app, slug)
        if changed:
            article = correct(app, article, as_fields(article, changed), changed)
    except BaseException as error:
        if not _is_worth_keeping(file, text):
            shutil.rmtree(folder, ignore_errors=True)
        elif isinstance(error, NewsletterError):
            raise Refused(f"{error}; what was written is kept in {file}") from None
        raise
    shutil.rmtree(folder, ignore_errors=True)
    return article, tuple(changed)


def _after(
    app: App, file: Path, before: Draft, run: Callable[[Path], None], again: Callable[[SourceError], bool]
) -> Draft:
    while True:
        run(file)
        try:
            return _with_own_pictures(app, _read(file, before), before)
        except SourceError as error:
            if not again(error):
                raise


def _read(file: Path, before: Draft) -> Draft:
    """What stands in the file now. Raises SourceError also for what an import would pass over with a note."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SourceError(file.name, error.strerror or "cannot be read") from None
    after = read_markdown(decode(data, file.name), file.name, as_it_is=True)
    if after.slug:
        raise SourceError(file.name, "the slug cannot be changed here")
    if any(guess.field == "title" for guess in after.guesses):
        raise SourceError(file.name, "an article needs a title")
    if any(map(says_more_than_a_name, after.authors)):
        raise SourceError(file.name, "authors have only their names here; `newsletter authors set NAME` says the rest")
    passed_over = [note for note in after.notes if note not in before.notes and not note.endswith(_NOTHING_LOST)]
    if passed_over:
        raise SourceError(file.name, "; ".join(passed_over))
    if (after.not_before, after.expires) != (before.not_before, before.expires):
        refuse_crossed_days(after.not_before, after.expires)
    _check_pictures(after, before, file.name)
    return after


def _check_pictures(after: Draft, before: Draft, name: str) -> None:
    try:
        for source in sorted(pictures_of(after) - pictures_of(before)):
            picture(source)
    except ValueError as error:
        raise SourceError(name, f"the picture {error}") from None


def _with_own_pictures(app: App, after: Draft, before: Draft) -> Draft:
    """Where a picture was added, with that one in the home. Raises SourceError."""
    if not pictures_of(after) - pictures_of(before):
        return after
    own = own_pictures(app, {HERO: after.hero.src if after.hero else "", BODY: after.body_html})
    hero = replace(after.hero, src=own[HERO]) if after.hero else None
    return replace(after, hero=hero, body_html=own[BODY])


def _is_worth_keeping(file: Path, text: str) -> bool:
    try:
        return file.read_text("utf-8", "replace") != text
    except OSError:
        return False
