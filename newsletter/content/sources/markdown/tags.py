"""A Markdown body with the tags of Hugo, Jekyll or Eleventy → Markdown alone, line for line, and what was removed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

# No tag reaches over a brace inside it: whatever stands in the text, it is passed once.
_TAG = re.compile(
    r"\{\{<(?P<shortcode>[^{}]*)>\}\}"
    r"|\{\{%(?P<percent>[^{}]*)%\}\}"
    r"|\{%(?P<liquid>[^{}]*)%\}"
    r"|\{\{(?P<output>[^{}]*)\}\}"
)
_WORD = re.compile(
    r"(?:(?P<key>[\w-]+)\s*=\s*)?"
    r"(?:\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>[^']*)'|`(?P<back>[^`]*)`|(?P<bare>[^\s\"'`=,]+))"
)
_FENCE = re.compile(r"[\s>]*(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)")
_ATTRIBUTES = re.compile(r"(?<=[)*_`\]])\{:[^{}\n]*\}")
_HEADING_ATTRIBUTES = re.compile(r"\{[#.:][^{}\n]*\}(?=[ \t#]*$)")
_SITE = re.compile(r"\s*-?\s*(?:site\.(?:base_?url|url)|\.Site\.BaseURL)\b", re.IGNORECASE)
_FILTERED = re.compile(
    r"""\s*-?\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')\s*\|\s*(?:relative_url|absolute_url|url|prepend)\b"""
)
_VIDEOS = {"youtube": "https://www.youtube.com/watch?v={}", "vimeo": "https://vimeo.com/{}"}
_PICTURES = frozenset({"figure", "img", "image", "picture"})
_VIDEO_ID = re.compile(r"[\w-]{1,64}")
_MAX_NAMED = 8  # kinds of tags in a note

WATCH = "Watch the video"


def without_tags(body: str) -> tuple[str, tuple[str, ...]]:
    """The body as any Markdown parser reads it, and notes on what it lost. What stands in code fences is left alone."""
    if "{" not in body:
        return body, ()
    removed: Counter[str] = Counter()
    parts = []
    for is_code, lines in _fenced(body):
        if not lines:
            continue
        text = "\n".join(lines)
        parts.append(text if is_code else _without_attributes(_replaced(text, removed)))
    return "\n".join(parts), _note(removed)


def _fenced(body: str) -> Iterator[tuple[bool, list[str]]]:
    """(whether it is a code fence, its lines), in order."""
    lines: list[str] = []
    mark = ""
    for line in body.split("\n"):
        found = _FENCE.fullmatch(line)
        if not mark and found and "`" not in found["info"]:
            yield False, lines
            lines, mark = [], found["mark"]
        elif mark and found and found["mark"].startswith(mark) and not found["info"].strip():
            yield True, [*lines, line]
            lines, mark = [], ""
            continue
        lines.append(line)
    yield bool(mark), lines


def _note(removed: Counter[str]) -> tuple[str, ...]:
    if not removed:
        return ()
    named = [f"{name} ({count})" if count > 1 else name for name, count in removed.most_common(_MAX_NAMED)]
    more = ", …" if len(removed) > _MAX_NAMED else ""
    total = removed.total()
    return (f"{total} {'shortcodes were' if total > 1 else 'shortcode was'} removed: {', '.join(named)}{more}",)


@dataclass(slots=True)
class _Words:
    """What stands in one tag: its name, the words behind it, and those with a key."""

    name: str = ""
    plain: list[str] = field(default_factory=list)
    by_key: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, inside: str) -> _Words:
        words = cls()
        for found in _WORD.finditer(inside.strip(" \t\n-/")):
            value = next(found[group] for group in ("double", "single", "back", "bare") if found[group] is not None)
            value = re.sub(r"\\(.)", r"\1", value) if found["double"] is not None else value
            if found["key"]:
                words.by_key.setdefault(found["key"].lower(), value)
            elif not words.name:
                words.name = value
            else:
                words.plain.append(value)
        return words


def _replaced(text: str, removed: Counter[str]) -> str:
    out: list[str] = []
    at = 0
    awaited = ""  # the tag that ends what is passed over: a comment, or words that are no tags
    for found in _TAG.finditer(text):
        inside = found[found.lastgroup or 0]
        if awaited:
            if found.lastgroup == "liquid" and inside.strip(" -\t\n") == awaited:
                between = text[at : found.start()]
                out.append("\n" * between.count("\n") if awaited == "endcomment" else between)
                out.append("```" if awaited == "endhighlight" else "")
                at, awaited = found.end(), ""
            continue
        new, awaited = _new(found, inside, removed)
        out.append(text[at : found.start()])
        out.append(new + "\n" * (inside.count("\n") - new.count("\n")))
        at = found.end()
        if new.startswith("<figure>") and text[at : at + 1] == "\n" and text[at + 1 : at + 2] not in ("", "\n"):
            out.append("\n")  # what follows is a paragraph, no HTML
    out.append(text[at:])
    return "".join(out)


def _new(found: re.Match[str], inside: str, removed: Counter[str]) -> tuple[str, str]:
    """What takes the tag's place, and the name of the tag up to which nothing is read."""
    if found.lastgroup == "output":
        return _output(found[0], inside), ""
    if inside.lstrip().startswith("/*"):  # Hugo's way to show a shortcode
        return f"&#123;{found[0][1:]}".replace("/*", "", 1).replace("*/", "", 1), ""
    words = _Words.of(inside)
    if inside.lstrip(" -\t\n").startswith("/") or words.name.startswith("end"):
        return ("```" if words.name == "highlight" else ""), ""
    if found.lastgroup == "liquid" and words.name in ("raw", "comment", "highlight"):
        opening = f"```{words.plain[0] if words.plain else ''}" if words.name == "highlight" else ""
        return opening, f"end{words.name}"
    if words.name == "highlight":
        return f"```{words.plain[0] if words.plain else ''}", ""
    new = _known(words)
    if new is None:
        removed[words.name[:40] or "without a name"] += 1
    return new or "", ""


def _output(whole: str, inside: str) -> str:
    """`{{ site.baseurl }}` is nothing, `{{ "/a.png" | relative_url }}` its path; words in braces stay words."""
    if _SITE.match(inside):
        return ""
    path = _FILTERED.match(inside)
    if path is None:
        return whole
    return path["double"] if path["double"] is not None else path["single"]


def _known(words: _Words) -> str | None:
    name, plain, by_key = words.name.lower(), words.plain, words.by_key
    if name == "include" and plain:
        name, plain = plain[0].lower().rpartition("/")[2].removesuffix(".html"), plain[1:]
    if name in ("ref", "relref", "post_url", "link"):
        return ""  # the address of a page of the site: nobody here can know it
    if name in _VIDEOS:
        return _video(_VIDEOS[name], plain, by_key)
    return _figure(plain, by_key) if name in _PICTURES else None


def _video(address: str, plain: Sequence[str], by_key: Mapping[str, str]) -> str | None:
    video = by_key.get("id") or (plain[0] if plain else "")
    if not _VIDEO_ID.fullmatch(video):
        return None
    title = " ".join(by_key.get("title", "").split()) or WATCH
    return f'<a href="{address.format(video)}">{escape(title)}</a>'


def _figure(plain: Sequence[str], by_key: Mapping[str, str]) -> str | None:
    src = next((by_key[key] for key in ("src", "image_path", "url", "path") if by_key.get(key)), "")
    src = src or (plain[0] if plain else "")
    if not src:
        return None
    alt = by_key.get("alt") or (plain[1] if len(plain) > 1 else "")
    caption = ". ".join(words for key in ("title", "caption", "attr") if (words := by_key.get(key, "").strip(" .")))
    picture = f'<img src="{escape(src)}" alt="{_line(alt)}">'
    if by_key.get("link"):
        picture = f'<a href="{escape(by_key["link"])}">{picture}</a>'
    return f"<figure>{picture}{f'<figcaption>{_line(caption)}</figcaption>' if caption else ''}</figure>"


def _line(words: str) -> str:
    return escape(" ".join(words.split()))


def _without_attributes(text: str) -> str:
    """Without kramdown's `{: .class}` and the `{#id}` of headings."""
    lines: list[str] = []
    for line in text.split("\n"):
        if "{" in line:
            bare = line.strip()
            if bare.startswith("{:") and bare.endswith("}") and "{" not in bare[1:]:
                if bare == "{:toc}" and lines and re.match(r"\s*(?:[*+-]|\d+\.)\s", lines[-1]):
                    lines[-1] = ""  # the item in whose place the contents would stand
                line = ""
            else:
                line = _ATTRIBUTES.sub("", line)
                line = _HEADING_ATTRIBUTES.sub("", line) if line.lstrip().startswith("#") else line
        lines.append(line)
    return "\n".join(lines)
