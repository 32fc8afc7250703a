"""A schedule's recipe → the one by which an article goes again, where nothing new may go and the schedule says so."""

from __future__ import annotations

from dataclasses import replace

from newsletter.picking.replay import Recipe


def to_repeat(recipe: Recipe) -> Recipe | None:
    """Whatever went longest ago goes first; of the refusals those alone are lifted that are about repeats.

    None where a schedule sends nothing rather than something again.
    """
    if recipe.options.when_empty != "repeat" or recipe.may_repeat:
        return None
    return replace(recipe, options=replace(recipe.options, order="evergreen", weights=()), may_repeat=True)
