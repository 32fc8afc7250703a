"""What Elementor keeps beside a post, a tree of widgets as JSON → the HTML of those that hold something to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from newsletter.content.sources.wordpress.values import figure, heading, link, media

MAX_DATA = 4_000_000  # characters; read, they take some twenty times as many bytes

Settings = Mapping[str, object]


def read_elementor(data: str) -> str:
    """Empty when there is nothing to read, or too much of it."""
    if not data or len(data) > MAX_DATA:
        return ""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    return "".join(_show(kind, settings) for kind, settings in _widgets(tree))


def _widgets(tree: object) -> Iterator[tuple[str, Settings]]:
    """(kind, settings) of each widget, in reading order."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            settings = node.get("settings")
            yield str(node.get("widgetType", "")), settings if isinstance(settings, dict) else {}
            waiting.append(node.get("elements"))


def _show(kind: str, settings: Settings) -> str:
    match kind:
        case "text-editor":
            return _block(settings, "editor")
        case "html":
            return _block(settings, "html")
        case "heading":
            return heading(_text(settings, "title"), 2)
        case "image":
            return _picture(settings)
        case "button":
            return link(_within(settings, "link", "url"), _text(settings, "text"))
        case "video":
            return media(_text(settings, "youtube_url") or _text(settings, "vimeo_url"))
        case "blockquote":
            return f"<blockquote>{_text(settings, 'blockquote_content')}</blockquote>\n"
        case "testimonial":
            return f"<blockquote>{_text(settings, 'testimonial_content')}</blockquote>\n"
        case "image-box" | "icon-box":
            words = _text(settings, "description_text")
            return f"{_picture(settings)}{heading(_text(settings, 'title_text'))}<p>{words}</p>\n"
        case "toggle" | "accordion" | "tabs":
            return "".join(_tab(tab) for tab in _listed(settings, "tabs"))
        case "icon-list":
            items = "".join(f"<li>{_text(item, 'text')}</li>" for item in _listed(settings, "icon_list"))
            return f"<ul>{items}</ul>\n"
    return ""


def _block(settings: Settings, key: str) -> str:
    """Apart from its neighbours, even when it holds no paragraph."""
    return f"<div>{_text(settings, key)}</div>\n"


def _picture(settings: Settings) -> str:
    caption = _text(settings, "caption")
    return figure(_within(settings, "image", "url"), _within(settings, "image", "alt"), caption)


def _tab(tab: Settings) -> str:
    return f"{heading(_text(tab, 'tab_title'))}{_block(tab, 'tab_content')}"


def _text(settings: Settings, key: str) -> str:
    value = settings.get(key)
    return value if isinstance(value, str) else ""


def _within(settings: Settings, key: str, inner: str) -> str:
    value = settings.get(key)
    return _text(value, inner) if isinstance(value, dict) else ""


def _listed(settings: Settings, key: str) -> list[Settings]:
    value = settings.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
