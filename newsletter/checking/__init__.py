"""May it go: one filled copy of an issue → findings, each with what is wrong, where, and how to mend it."""

from newsletter.checking.report import CheckInput, Finding, Report, check_issue

__all__ = ["CheckInput", "Finding", "Report", "check_issue"]
