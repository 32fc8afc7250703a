"""A schedule's rules → those by which an article goes again where nothing new may go."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.picking.choices import Pinned
from newsletter.picking.orders import lift_repeats
from newsletter.picking.rankings import Rest
from newsletter.picking.rules import Rule, Steady, Turning


def rules_to_repeat(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Whatever went longest ago goes first; of the refusals those alone are lifted that are about repeats."""
    kept = (rule for rule in lift_repeats(rules) if isinstance(rule, Pinned) or not isinstance(rule, Steady | Turning))
    return (*kept, Rest())
