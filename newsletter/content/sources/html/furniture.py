"""The tree of a page → the same without what is not article: navigation, share bars, comments, lists of other posts."""

from __future__ import annotations

import re

from newsletter.content.cleaning.furniture import furniture_kind
from newsletter.content.cleaning.players import find_player
from newsletter.content.recognising.signs import is_bar, is_comments_heading, is_related_heading, read_topics
from newsletter.content.sources.html.body import Found, Run, runs_of
from newsletter.content.sources.html.places import bare, names_of, text_of
from newsletter.content.sources.html.tree import Element
from newsletter.content.words import is_address

_TAGS = frozenset("nav button input dialog label".split())
_ROLES = frozenset("navigation banner contentinfo search dialog alertdialog complementary".split())
_NAMES = re.compile(
    r"(?:.*[-_])?(?:share|sharing|social|sharer)(?:[-_](?:bar|buttons?|links?|icons?|list|box|block|wrap(?:per)?|tools"
    r"|container|media|post|this))*"
    r"|comments?(?:[-_].*)?|.*[-_]comments?(?:[-_](?:area|list|section|wrap(?:per)?))?|disqus.*"
    r"|(?:.*[-_])?(?:related|recommended|recommendations?|read-?(?:next|also)|more-?(?:posts|articles|stories|reading)"
    r"|also-?like|up-?next|(?:next|prev|previous|recent|latest|popular|adjacent)-?(?:posts?|articles?|entry|nav)"
    r"|post-?(?:nav|navigation|pager)|pagination|pager)(?:[-_].*)?"
    r"|(?:.*[-_])?(?:newsletter|subscribe|subscription|sign-?up|opt-?in|mailing-?list)(?:[-_].*)?"
    r"|(?:.*[-_])?(?:sidebar|breadcrumbs?|skip-?link|cookies?|consent|popup|modal|paywall|tag-?cloud|back-?to-?top)"
    r"(?:[-_].*)?"
    r"|widget(?:[-_]area)?|ads?|ad[-_](?:slot|unit|container|wrapper|block)|advert.*|adsbygoogle|sponsored|promo"
    r"|toc|table-of-contents|print-?only|menu|navbar|(?:site|page|main)[-_](?:header|footer|nav)|colophon|masthead"
    r"|(?:.*[-_])?(?:tags-links|post-?tags|entry-?tags|tag-?list|cat-links|post-?categories|post-?labels|taxonomy-.*)"
    r"|(?:.*[-_])?(?:likes?|claps?|like-?button|rating|views?-?count|comment-?count)",
    re.IGNORECASE,
)
_LINES = re.compile(
    r"(?:.*[-_])?(?:(?:entry|post|article|blog|page)[-_]*(?:item[-_]*)?(?:meta|date|byline|info|author(?:-name)?)(?:[-_].*)?"
    r"|byline|dateline|posted-on|posted-by|published|reading-?time|read-?time|date-?header|post-timestamp)",
    re.IGNORECASE,
)
_PAGE_BUTTON = re.compile(
    r"(?:subscribe|sign up|share|leave a (?:comment|reply)|upgrade to paid|refer a friend|give a gift|jetzt abonnieren"
    r"|abonnieren|s'abonner|suscríbete)\b.{0,40}",
    re.IGNORECASE,
)
_MAX_LINE = 250  # characters of what is only a date, an author, a reading time
# What a post says of itself, not of its parts (`tag-comments`, `category-related`).
_OF_POST = re.compile(r"(?:tag|category|post_tag|type|post|status|format|page|theme|wp)-.*", re.IGNORECASE)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SHARE = 0.4  # of the article; what holds more of it is no furniture, whatever it is called
_SHORT = 100  # characters from which a line is a paragraph
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())


def remove(element: Element) -> None:
    """Takes an element out of its tree; the words behind it stay."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    element.tail = None
    parent.remove(element)


def remove_furniture(root: Element, found: Found) -> None:
    """Takes out what its tag, role or names call furniture, but nothing that holds much of the article."""
    limit = found.total * _SHARE
    gone: set[Element] = set()
    for element in list(root.iter("*")):
        parent = element.getparent()
        if parent is None or parent in gone:
            if parent is not None:
                gone.add(element)
            continue
        if element.tag not in ("html", "body", "head") and found.weights[element] <= limit and _is_furniture(element):
            gone.add(element)
            remove(element)


def _is_furniture(element: Element) -> bool:
    if element.tag == "a" and element.get("href", "").startswith("#") and not bare(text_of(element)):
        return element.find(".//img") is None  # the sign beside a heading or a footnote that leads to itself
    if element.tag in _TAGS or element.get("role", "").lower() in _ROLES or element.get("hidden") is not None:
        return True
    if _HIDING.search(element.get("style", "")):
        return True
    if element.tag in ("header", "footer", "aside", "form") and not _is_in_article(element):
        return True
    names = [name for name in names_of(element) if not _OF_POST.fullmatch(name)]
    if not names:
        return False
    if furniture_kind(" ".join(names)) or any(map(_NAMES.fullmatch, names)):
        return True
    return any(map(_LINES.fullmatch, names)) and len(text_of(element)) <= _MAX_LINE and element.find(".//img") is None


def _is_in_article(element: Element) -> bool:
    return element.tag != "form" and any(place.tag in ("article", "main") for place in element.iterancestors())


def remove_tail(body: Element) -> None:
    """Takes out what the words of the page show to be none of the article: `Related posts` and what is listed below,
    `Leave a comment` and all that follows, share bars, lists of topics."""
    is_begun = False
    runs = list(runs_of(body))
    gone: set[Element] = set()
    for place, run in enumerate(runs):
        if run.block in gone or any(holder in gone for holder in run.block.iterancestors()):
            continue
        is_begun = is_begun or run.is_long
        is_title = run.block.tag in _HEADINGS or len(run.text) < _SHORT / 2
        if is_begun and is_title and is_comments_heading(run.text) and not _is_list_item(run):
            for later in runs[place:]:
                remove_run(later)
            return
        if is_begun and run.block.tag != "p" and is_title and is_related_heading(run.text):
            _remove_listed(run, body, gone)
        elif is_bar(run.text) or (is_begun and read_topics(run.text)) or _is_sign_up(run):
            remove_run(run)


def _is_sign_up(run: Run) -> bool:
    """A button of the page itself: subscribe to it, share it, comment on it."""
    return run.linked * 10 >= len(run.text) * 8 and bool(_PAGE_BUTTON.fullmatch(run.text))


def _is_list_item(run: Run) -> bool:
    return run.block.tag in ("li", "td")


def _take(element: Element, body: Element, gone: set[Element]) -> None:
    if element is not body and element.getparent() is not None:
        gone.add(element)
        remove(element)


def remove_run(run: Run) -> None:
    """Takes the words of a run out, whatever else its block holds."""
    for element, is_tail, _ in run.places:
        if is_tail:
            element.tail = None
        else:
            element.text = None


def _remove_listed(heading: Run, body: Element, gone: set[Element]) -> None:
    """A heading that announces other posts, and what stands below it up to the next paragraph."""
    top = heading.block
    parent = top.getparent()
    while parent is not None and parent is not body and not _holds_paragraph(parent):
        top, parent = parent, parent.getparent()
    following = []
    place = top.getnext()
    while place is not None and not _holds_paragraph(place) and place.tag not in _HEADINGS:
        following.append(place)
        place = place.getnext()
    for element in (top, *following):
        _take(element, body, gone)


def _holds_paragraph(element: Element) -> bool:
    """Whether it holds words of the article: a teaser of another post is short or a link."""
    return any(len(run.text) > _SHORT and run.linked * 2 < len(run.text) for run in runs_of(element))


def show_players(root: Element) -> None:
    """Makes an iframe, which cleaning knows, of the other ways in which a page embeds what plays."""
    for element in list(root.iter("object", "embed", "lite-youtube", "lite-vimeo")):
        video = element.get("videoid")
        addresses = [f"https://www.youtube.com/embed/{video}"] if video and element.tag == "lite-youtube" else []
        addresses += [f"https://player.vimeo.com/video/{video}"] if video and element.tag == "lite-vimeo" else []
        for part in element.iter("object", "embed", "param"):
            addresses += [_secure(part.get(name) or "") for name in ("src", "data", "value")]
        playing = [address for address in addresses if is_address(address) and find_player(address)]
        if playing and element.getparent() is not None:
            _become_frame(element, playing[0])


def _secure(address: str) -> str:
    return f"https:{address}" if address.startswith("//") else address.strip()


def _become_frame(element: Element, address: str) -> None:
    title = element.get("title", "")
    tail = element.tail
    element.clear()
    element.tail = tail
    element.tag = "iframe"
    element.set("src", address)
    if title:
        element.set("title", title)


_CAPTION = re.compile(r"(?:.*[-_])?caption(?:[-_](?:text|wrapper|inner))?|caption", re.IGNORECASE)
_CAPTIONED = re.compile(
    r"(?:.*[-_])?(?:caption-container|image-block.*|image-with-caption)|wp-caption.*", re.IGNORECASE
)


def mend_captions(root: Element) -> None:
    """Makes figures of the tables and boxes in which Blogger and site builders keep a picture with its caption."""
    for element in list(root.iter("table", "div")):
        if not any(map(_CAPTIONED.fullmatch, names_of(element))) or sum(1 for _ in element.iter("img")) != 1:
            continue
        captions = [part for part in element.iter("td", "div", "p") if any(map(_CAPTION.fullmatch, names_of(part)))]
        captions = [part for part in captions if part is not element and part.find(".//img") is None]
        if captions and len(text_of(element)) <= len(text_of(captions[0])) + 5:
            _become_figure(element, captions[0])


def _become_figure(element: Element, caption: Element) -> None:
    picture = next(element.iter("img"))
    link = next((place for place in picture.iterancestors() if place.tag == "a"), None)
    shown = link if link is not None and element in list(link.iterancestors()) else picture
    shown.tail = None
    caption.tail = None
    caption.tag = "figcaption"
    tail = element.tail
    for child in list(element):
        element.remove(child)
    element.text = None
    element.tag = "figure"
    element.tail = tail
    element.append(shown)
    element.append(caption)
