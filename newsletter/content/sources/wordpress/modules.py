"""One known shortcode, of WordPress itself or of a page builder → the HTML it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.content.sources.wordpress.site import Picture
from newsletter.content.sources.wordpress.values import (
    Attributes,
    figure,
    first_of,
    heading,
    link,
    media,
    read_bakery_link,
    read_base64,
)

MAX_GALLERY = 60  # pictures
MAX_PICTURES = 300  # of all galleries of one post


@dataclass(slots=True)
class Album:
    """The pictures a post may show."""

    pictures: Mapping[str, Picture] = field(default_factory=dict)  # by id
    uploaded: Sequence[str] = ()  # ids of those that were uploaded to the post itself
    missing: int = 0  # ids that stand for nothing in the export
    shown: int = 0

    def show(self, post_id: str, alt: str = "") -> str:
        """The figure of one picture; nothing, and one more missing, when the export lacks it."""
        picture = self.pictures.get(post_id)
        if picture is None or self.shown >= MAX_PICTURES:
            self.missing += 1
            return ""
        self.shown += 1
        return figure(picture.url, alt or picture.alt, picture.words)

    def show_all(self, ids: str, left_out: str = "") -> str:
        wanted = re.findall(r"\d+", ids)
        if not wanted:
            wanted, self.uploaded = list(self.uploaded), ()  # a second gallery would show the same ones
        others = set(re.findall(r"\d+", left_out))
        return "".join(self.show(each) for each in wanted[:MAX_GALLERY] if each not in others)


Whole = Callable[[Attributes, str, Album], str]
Around = Callable[[Attributes, Album], tuple[str, str]]

_MEDIA_OF_CAPTION = re.compile(r"\s*(?:<p[^<>]*>\s*)?((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)", re.IGNORECASE)
_SOURCES = ("src", "mp3", "m4a", "ogg", "wav", "wma", "mp4", "m4v", "webm", "ogv", "flv", "mov", "url", "0")
_VIDEO_ID = re.compile(r"[\w-]{6,20}")


def _caption(attributes: Attributes, content: str, _album: Album) -> str:
    image = _MEDIA_OF_CAPTION.match(content)
    if image is None:
        return f"\n\n{content}\n\n"
    words = content[image.end() :].strip() or attributes.get("caption", "")
    below = f"<figcaption>{words}</figcaption>" if words else ""
    return f"\n\n<figure>{image[1]}{below}</figure>\n\n"


def _gallery(attributes: Attributes, _content: str, album: Album) -> str:
    return album.show_all(
        first_of(attributes, "ids", "include", "images", "gallery_ids"), attributes.get("exclude", "")
    )


def _media(attributes: Attributes, content: str, _album: Album) -> str:
    return media(first_of(attributes, *_SOURCES) or _address_in(content))


def _address_in(content: str) -> str:
    found = re.search(r"https?://[^\s<>\"']+", content)
    return found[0].replace("&amp;", "&") if found else ""


def _youtube(attributes: Attributes, content: str, album: Album) -> str:
    return _video_by_id(attributes, content, album, "https://www.youtube.com/watch?v=")


def _vimeo(attributes: Attributes, content: str, album: Album) -> str:
    return _video_by_id(attributes, content, album, "https://vimeo.com/")


def _video_by_id(attributes: Attributes, content: str, album: Album, site: str) -> str:
    said = (first_of(attributes, "id", "video_id", "0") or content).strip().lstrip("=")
    return media(site + said) if _VIDEO_ID.fullmatch(said) else _media({**attributes, "0": said}, content, album)


def _button(*urls: str, labels: Sequence[str] = ()) -> Whole:
    def button(attributes: Attributes, content: str, _album: Album) -> str:
        address, title = read_bakery_link(first_of(attributes, *urls))
        return link(address, first_of(attributes, *labels) or content or title)

    return button


def _packed(_attributes: Attributes, content: str, _album: Album) -> str:
    return f"\n\n{read_base64(content)}\n\n"


def _headed(*titles: str, level: int = 3, picture: str = "") -> Around:
    """A heading before what it holds; a part of the page apart from its neighbours."""

    def around(attributes: Attributes, _album: Album) -> tuple[str, str]:
        shown = figure(attributes.get(picture, ""), attributes.get("alt", ""))
        return f"\n\n{shown}{heading(first_of(attributes, *titles), level)}", "\n\n"

    return around


def _with_button(titles: Sequence[str], label: str, url: str) -> Around:
    def around(attributes: Attributes, _album: Album) -> tuple[str, str]:
        address, title = read_bakery_link(attributes.get(url, ""))
        words = attributes.get(label, "") or title
        below = link(address, words) if words else ""
        return "".join(["\n\n", *(heading(attributes.get(title, "")) for title in titles)]), f"\n\n{below}"

    return around


def _wrapped(tag: str) -> Around:
    return lambda _attributes, _album: (f"\n\n<{tag}>", f"</{tag}>\n\n")


def _quote(attributes: Attributes, _album: Album) -> tuple[str, str]:
    who = ", ".join(filter(None, (attributes.get(name, "") for name in ("author", "job_title", "company_name"))))
    said_by = f"\n\n– {_escaped(who)}" if who else ""
    return "\n\n<blockquote>\n\n", f"{said_by}\n\n</blockquote>\n\n"


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;")


def _divi_picture(attributes: Attributes, _album: Album) -> tuple[str, str]:
    return figure(attributes.get("src", ""), attributes.get("alt", "")), ""


def _bakery_picture(attributes: Attributes, album: Album) -> tuple[str, str]:
    elsewhere = first_of(attributes, "custom_src", "external_img_src")
    return (figure(elsewhere) if elsewhere else album.show(attributes.get("image", ""))), ""


def _bakery_gallery(attributes: Attributes, album: Album) -> tuple[str, str]:
    ids = attributes.get("images", "")
    return (album.show_all(ids) if ids else ""), ""


def _fusion_picture(attributes: Attributes, content: str, _album: Album) -> str:
    if "<img" in content:
        return f"\n\n{content}\n\n"
    return figure(_address_in(content) or attributes.get("src", ""), attributes.get("alt", ""))


def _divi_slider_link(attributes: Attributes, _album: Album) -> tuple[str, str]:
    below = link(attributes.get("button_link", ""), attributes.get("button_text", ""))
    return f"\n\n{heading(attributes.get('heading', ''))}", f"\n\n{below if attributes.get('button_text') else ''}"


WHOLE: Mapping[str, Whole] = {
    "caption": _caption,
    "wp_caption": _caption,
    "gallery": _gallery,
    "embed": _media,
    "audio": _media,
    "video": _media,
    "youtube": _youtube,
    "vimeo": _vimeo,
    "soundcloud": _media,
    "et_pb_button": _button("button_url", labels=("button_text",)),
    "et_pb_gallery": _gallery,
    "et_pb_video": _media,
    "et_pb_audio": lambda attributes, _content, _album: link(attributes.get("audio", ""), attributes.get("title", "")),
    "vc_btn": _button("link", labels=("title",)),
    "vc_button": _button("href", "link", labels=("title",)),
    "vc_button2": _button("link", labels=("title",)),
    "vc_raw_html": _packed,
    "vc_video": lambda attributes, _content, _album: media(attributes.get("link", "")),
    "fusion_button": _button("link"),
    "fusion_code": _packed,
    "fusion_imageframe": _fusion_picture,
    "fusion_youtube": _youtube,
    "fusion_vimeo": _vimeo,
}
"""What needs to know all that it encloses."""

AROUND: Mapping[str, Around] = {
    "et_pb_blurb": _headed("title", picture="image"),
    "et_pb_toggle": _headed("title"),
    "et_pb_accordion_item": _headed("title"),
    "et_pb_tab": _headed("title"),
    "et_pb_heading": _headed("title", level=2),
    "et_pb_team_member": _headed("name", picture="image_url"),
    "et_pb_cta": _with_button(("title",), "button_text", "button_url"),
    "et_pb_fullwidth_header": _with_button(("title", "subhead"), "button_one_text", "button_one_url"),
    "et_pb_slide": _divi_slider_link,
    "et_pb_testimonial": _quote,
    "et_pb_image": _divi_picture,
    "et_pb_fullwidth_image": _divi_picture,
    "vc_custom_heading": _headed("text", level=2),
    "vc_text_separator": _headed("title"),
    "vc_toggle": _headed("title"),
    "vc_tta_section": _headed("title"),
    "vc_tab": _headed("title"),
    "vc_accordion_tab": _headed("title"),
    "vc_cta": _with_button(("h2", "h4"), "btn_title", "btn_link"),
    "vc_cta_button2": _with_button(("h2", "h4"), "title", "link"),
    "vc_single_image": _bakery_picture,
    "vc_gallery": _bakery_gallery,
    "vc_images_carousel": _bakery_gallery,
    "fusion_title": _wrapped("h2"),
    "fusion_toggle": _headed("title"),
    "fusion_tab": _headed("title"),
}
"""What writes something before and behind whatever it encloses."""

GONE = frozenset(
    "vc_raw_js vc_widget_sidebar vc_wp_search et_pb_contact_form et_pb_signup et_pb_login et_pb_search et_pb_sidebar "
    "et_pb_blog et_pb_social_media_follow et_pb_comments et_pb_post_nav et_pb_post_title et_pb_map et_pb_menu "
    "et_pb_shop et_pb_countdown_timer contact-form contact-form-7 gravityform gravityforms wpforms ninja_form "
    "ninja_forms formidable mc4wp_form fusion_form fusion_login".split()
)
"""What a mail cannot show, with all that it encloses: forms, maps, lists of other posts."""

PLAIN_NAMES = frozenset(
    "playlist elementor-template toc ez-toc sitemap simple-sitemap divider spacer clear hr addtoany sharethis "
    "jetpack-related-posts woocommerce rev_slider smartslider3 tablepress instagram-feed".split()
)
"""Shortcodes of plugins whose name alone would not tell that they are no words."""

LAYOUT = ("et_pb_", "vc_", "fusion_", "av_", "cs_", "x_", "nectar_", "themify_", "fl_", "kc_", "ux_", "mk_", "one_")
"""How the names of those begin that lay out a page: what they part is no one paragraph."""
