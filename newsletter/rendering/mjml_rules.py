"""What MJML 4 allows, for mjml_check.py: each tag's parents and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ENDING = "ending"  # its content is HTML or text, not MJML


@dataclass(frozen=True, slots=True)
class Rule:
    parents: frozenset[str]
    attributes: frozenset[str]
    is_ending: bool = False


def _names(*lists: str) -> frozenset[str]:
    return frozenset(name for names in lists for name in names.split())


_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_INNER_PADDING = "inner-padding inner-padding-top inner-padding-right inner-padding-bottom inner-padding-left"
_BORDER = "border border-top border-right border-bottom border-left"
_INNER_BORDER = (
    "inner-border inner-border-top inner-border-right inner-border-bottom inner-border-left inner-border-radius"
)
_FONT = "font-family font-size font-style font-weight line-height"
_EVERYWHERE = "css-class mj-class"
_SECTION = (
    "background-color background-url background-repeat background-size background-position"
    " background-position-x background-position-y border-radius direction full-width text-align"
    " text-padding"
)
_IN_COLUMN = "mj-column mj-hero"


def _rule(parents: str, *attributes: str, ending: str = "") -> Rule:
    return Rule(_names(parents), _names(*attributes), is_ending=ending == ENDING)


# mjml.io/documentation, and MRML where it follows: what it does not render is not listed.
RULES: Mapping[str, Rule] = {
    "mjml": _rule("", "lang dir owa"),
    "mj-head": _rule("mjml"),
    "mj-title": _rule("mj-head", ending=ENDING),
    "mj-preview": _rule("mj-head", ending=ENDING),
    "mj-style": _rule("mj-head", "inline", ending=ENDING),
    "mj-breakpoint": _rule("mj-head", "width"),
    "mj-attributes": _rule("mj-head"),
    "mj-body": _rule("mjml", "background-color width", _EVERYWHERE),
    "mj-wrapper": _rule("mj-body", _SECTION, _BORDER, _PADDING, _EVERYWHERE),
    "mj-section": _rule("mj-body mj-wrapper", _SECTION, _BORDER, _PADDING, _EVERYWHERE),
    "mj-hero": _rule(
        "mj-body mj-wrapper",
        "mode height background-url background-width background-height background-position background-color"
        " border-radius container-background-color inner-background-color vertical-align",
        _INNER_PADDING,
        _PADDING,
        _EVERYWHERE,
    ),
    "mj-group": _rule("mj-section", "background-color direction vertical-align width", _EVERYWHERE),
    "mj-column": _rule(
        "mj-section mj-group",
        "background-color border-radius direction inner-background-color vertical-align width",
        _BORDER,
        _INNER_BORDER,
        _PADDING,
        _EVERYWHERE,
    ),
    "mj-text": _rule(
        _IN_COLUMN,
        "align background-color color container-background-color height letter-spacing"
        " text-decoration text-transform"
        " vertical-align",
        _FONT,
        _PADDING,
        _EVERYWHERE,
        ending=ENDING,
    ),
    "mj-button": _rule(
        _IN_COLUMN,
        "align background-color border-radius color container-background-color height href"
        " inner-padding letter-spacing name rel target text-align text-decoration text-transform"
        " title vertical-align width",
        _FONT,
        _BORDER,
        _PADDING,
        _EVERYWHERE,
        ending=ENDING,
    ),
    "mj-image": _rule(
        _IN_COLUMN,
        "align alt border-radius container-background-color fluid-on-mobile font-size height href"
        " max-height name rel sizes src srcset target title usemap width",
        _BORDER,
        _PADDING,
        _EVERYWHERE,
    ),
    "mj-divider": _rule(
        _IN_COLUMN,
        "align border-color border-style border-width container-background-color width",
        _PADDING,
        _EVERYWHERE,
    ),
    "mj-spacer": _rule(_IN_COLUMN, "container-background-color height", _BORDER, _PADDING, _EVERYWHERE),
    "mj-table": _rule(
        _IN_COLUMN,
        "align border cellpadding cellspacing color container-background-color font-family"
        " font-size font-weight line-height role table-layout vertical-align width",
        _PADDING,
        _EVERYWHERE,
        ending=ENDING,
    ),
    "mj-social": _rule(
        _IN_COLUMN,
        "align border-radius color container-background-color icon-height icon-padding icon-size"
        " inner-padding mode table-layout text-decoration text-padding vertical-align",
        _FONT,
        _PADDING,
        _EVERYWHERE,
    ),
    "mj-social-element": _rule(
        "mj-social",
        "align alt background-color border-radius color href icon-height icon-padding"
        " icon-position icon-size name rel sizes src srcset target text-decoration text-padding"
        " title vertical-align",
        _FONT,
        _PADDING,
        _EVERYWHERE,
        ending=ENDING,
    ),
    "mj-navbar": _rule(
        _IN_COLUMN,
        "align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size"
        " ico-line-height ico-open ico-padding ico-padding-top ico-padding-right"
        " ico-padding-bottom ico-padding-left ico-text-decoration"
        " ico-text-transform",
        _PADDING,
        _EVERYWHERE,
    ),
    "mj-navbar-link": _rule(
        "mj-navbar",
        "color href letter-spacing name rel target text-decoration text-transform",
        _FONT,
        _PADDING,
        _EVERYWHERE,
        ending=ENDING,
    ),
    "mj-raw": _rule(
        "mjml mj-head mj-body mj-wrapper mj-section mj-group mj-column mj-hero mj-social mj-navbar",
        "position",
        _EVERYWHERE,
        ending=ENDING,
    ),
}

REFUSED: Mapping[str, str] = {
    "mj-include": "a look is made of its own files: use {% include %} with a file of the look",
    "mj-font": "it loads a font from an outside host; name fonts that readers have",
    "mj-accordion": "its arrows are loaded from an outside host, and Outlook shows everything open",
    "mj-carousel": "its arrows are loaded from an outside host, and few mail programs turn it",
    "mj-html-attributes": "the renderer does not know it",
}
"""Tags of MJML that a look may not have, and why."""

ALL_ATTRIBUTES = frozenset(name for rule in RULES.values() for name in rule.attributes)
"""What `mj-all` and `mj-class` may set."""
