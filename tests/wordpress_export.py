"""Facts of a site → the WordPress export that tests read."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from newsletter.content.draft import Draft
from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.wordpress import read_wordpress

SITE = "https://practice.example.org"


def export(*items: str, head: str = "", version: str = "1.2", title: str = "Harbour House") -> bytes:
    """A whole WXR file; `head` stands before the items."""
    wordpress = f"http://wordpress.org/export/{version}"
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file. -->
<rss version="2.0" xmlns:excerpt="{wordpress}/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="{wordpress}/">
<channel>
<title>{title}</title>
<link>{SITE}</link>
<language>en-US</language>
<wp:wxr_version>{version}</wp:wxr_version>
<wp:base_site_url>{SITE}</wp:base_site_url>
<wp:base_blog_url>{SITE}</wp:base_blog_url>
{head}
{"".join(items)}
</channel>
</rss>
""".encode()


def post(
    body: str = "<p>Some words.</p>",
    title: str = "A calm evening",
    *,
    number: int = 7,
    kind: str = "post",
    status: str = "publish",
    link: str = f"{SITE}/a-calm-evening/",
    creator: str = "jane",
    excerpt: str = "",
    terms: str = "",
    meta: dict[str, str] | None = None,
    more: str = "",
    **facts: str,
) -> str:
    """One item; `facts` are `wp:` elements by name, `more` is any other markup."""
    known = {
        "post_id": str(number),
        "post_date": "2024-03-03 23:30:00",
        "post_date_gmt": "2024-03-04 04:30:00",
        "post_modified": "2024-03-03 23:40:00",
        "post_name": "a-calm-evening",
        "status": status,
        "post_parent": "0",
        "post_type": kind,
        "post_password": "",
        **facts,
    }
    elements = "".join(f"<wp:{name}><![CDATA[{value}]]></wp:{name}>" for name, value in known.items())
    metas = "".join(
        f"<wp:postmeta><wp:meta_key><![CDATA[{key}]]></wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value>"
        "</wp:postmeta>\n"
        for key, value in (meta or {}).items()
    )
    return f"""<item>
<title><![CDATA[{title}]]></title>
<link>{link}</link>
<pubDate>Mon, 04 Mar 2024 04:30:00 +0000</pubDate>
<dc:creator><![CDATA[{creator}]]></dc:creator>
<guid isPermaLink="false">{SITE}/?p={number}</guid>
<description></description>
<content:encoded><![CDATA[{body}]]></content:encoded>
<excerpt:encoded><![CDATA[{excerpt}]]></excerpt:encoded>
{elements}
{terms}{metas}{more}</item>
"""


def attachment(number: int, url: str, alt: str = "", caption: str = "", parent: int = 0) -> str:
    return post(
        "",
        f"picture {number}",
        number=number,
        kind="attachment",
        status="inherit",
        excerpt=caption,
        meta={"_wp_attachment_image_alt": alt} if alt else {},
        attachment_url=url,
        post_parent=str(parent),
    )


def author(login: str, display_name: str = "", first_name: str = "", last_name: str = "", more: str = "") -> str:
    facts = {
        "login": login,
        "email": f"{login}@example.org",
        "display_name": display_name or login,
        "first_name": first_name,
        "last_name": last_name,
    }
    elements = "".join(f"<wp:author_{name}><![CDATA[{value}]]></wp:author_{name}>" for name, value in facts.items())
    return f"<wp:author>{elements}{more}</wp:author>\n"


def term(domain: str, name: str, nicename: str = "") -> str:
    return f'<category domain="{domain}" nicename="{nicename}"><![CDATA[{name}]]></category>\n'


def source(data: bytes) -> Source:
    return Source("export.xml", BytesIO(data))


def offered(data: bytes, pages: bool = False) -> Iterator[Offered]:
    return read_wordpress(source(data), pages)


def articles(data: bytes, pages: bool = False) -> list[Item]:
    return [each for each in offered(data, pages) if isinstance(each, Item)]


def left_out(data: bytes) -> dict[str, str]:
    return {each.name: each.reason for each in offered(data) if isinstance(each, LeftOut)}


def draft(*items: str, head: str = "") -> Draft:
    """The first article's."""
    return articles(export(*items, head=head))[0].draft()
