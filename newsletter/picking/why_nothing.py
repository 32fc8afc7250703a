"""A pick that came to nothing → why, article by article, in short."""

from __future__ import annotations

from newsletter.picking.pick import Pick


def refusals(pick: Pick) -> list[str]:
    """`slug: why`, for each candidate; who is kept back by the fewest rules comes first, being the soonest mended."""
    refused = [one for one in pick.candidates if one.refused]
    refused.sort(key=lambda one: (sum(reason.refused for reason in one.reasons), one.slug))
    return [f"{one.slug}: {'; '.join(reason.words for reason in one.reasons if reason.refused)}" for one in refused]


def why_nothing(pick: Pick, most: int) -> str:
    """On one line, with at most so many articles named."""
    named = refusals(pick)
    if not named:
        return pick.words
    more = f"; and {len(named) - most} more" if len(named) > most else ""
    return f"{pick.words} ({'; '.join(named[:most])}{more})"
