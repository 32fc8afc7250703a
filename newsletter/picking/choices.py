"""What a person chose for an occurrence, as rules among the others."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.model import Article
from newsletter.picking.rules import NEVER, History, Moment, Refusal, Score, Verdict


@dataclass(frozen=True, slots=True)
class Pinned:
    """A person chose this article for the occurrence; every other rule still has its word."""

    slug: str
    name = "pinned"
    tally = "behind the pinned article"

    def judge(self, article: Article, history: History, at: Moment) -> Verdict:
        if article.slug == self.slug:
            return Score("pinned by hand")
        return Refusal(f"{self.slug} is pinned by hand", NEVER)
