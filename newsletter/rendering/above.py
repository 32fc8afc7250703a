"""A notice and a copy of an issue → one page: the words above, the issue below as its readers see it."""

from __future__ import annotations

import re

from newsletter.errors import RenderError

_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)  # what one mail program alone reads: not ours to set free
_HEAD = re.compile(r'<head[^>]*>(<meta charset="utf-8">)?', re.IGNORECASE)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)

TEXT_LINE = "=" * 72


def put_above(notice: str, issue: str) -> str:
    """Both given as whole HTML pages. The issue's own rules come last, and so its look wins. Raises RenderError."""
    begins, ends = _BODY.search(notice), _BODY_END.search(notice)
    head, body = _HEAD.search(issue), _BODY.search(issue)
    if begins is None or ends is None or head is None or body is None:
        raise RenderError("issue.mjml.j2", "there is no place in it for the words above a copy")
    styles = "".join(_STYLE.findall(_COMMENT.sub("", notice[: begins.start()])))
    words = notice[begins.end() : ends.start()]
    return issue[: head.end()] + styles + issue[head.end() : body.end()] + words + issue[body.end() :]


def put_text_above(notice: str, issue: str) -> str:
    return f"{notice.rstrip()}\n\n{TEXT_LINE}\n\n{issue}"
