"""A copy of an issue → the report on it: every finding of every family, and one verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from newsletter.checking import access, content, links, size
from newsletter.checking.finding import CheckInput, Finding, Rule

__all__ = ["RULES", "CheckInput", "Finding", "Report", "Verdict", "check_issue"]

Verdict = Literal["pass", "warn", "block"]

RULES: tuple[Rule, ...] = (*content.RULES, *links.RULES, *access.RULES, *size.RULES)


@dataclass(frozen=True, slots=True)
class Report:
    verdict: Verdict
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Report:
        """The report on these findings, what blocks first."""
        ordered = tuple(sorted(findings, key=lambda finding: finding.severity != "block"))
        return cls(ordered[0].severity if ordered else "pass", ordered)


def check_issue(subject: CheckInput) -> Report:
    """The pre-flight report. A verdict of `block` means: do not send."""
    return Report.of(finding for rule in RULES for finding in rule(subject))
