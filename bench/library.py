"""A number of posts → a WordPress export and a feed of them, and how long the library takes to import each.

The posts are made up, the same at every run: three editors' habits, a few authors, the odd draft, and what else an
export holds. Nothing in them is to be fetched, unless pictures are asked for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bench.example_home import PROGRAM, bare_environment
from bench.measure import Row, tell
from bench.postfix import Spent, spend

POSTS = 20_000
FEED_ITEMS = 1_000
SITE = "https://practice.example.org"
FIRST = datetime(2006, 1, 3, 9, 30)  # noqa: DTZ001  # WordPress writes the site's own time
AUTHORS = (
    ("admin", "admin", "", ""),
    ("ada", "Ada Example", "Ada", "Example"),
    ("ben", "Ben Sample, LCSW", "Ben", "Sample"),
    ("cleo", "cleo", "Cleo", "Muster"),
    ("dan", "Dr. Dan Specimen", "Dan", "Specimen"),
)
CATEGORIES = ("Sleep", "Grief", "Couples", "Tools &amp; Habits", "Family", "Work", "Uncategorized")
TAGS = ("evening", "breathing", "listening", "walks", "boundaries", "letters", "seasons", "first steps")
WORDS = (
    "a quiet evening can hold more than we expect when nobody asks it to be useful and the kettle takes its time "
    "while two people learn again how to listen without preparing an answer because most of what we need was said "
    "slowly and somebody stayed in the room long enough to hear it though the day had been loud and full of errands"
).split()

_HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.4" -->
<rss version="2.0"
	xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
	xmlns:content="http://purl.org/rss/1.0/modules/content/"
	xmlns:wfw="http://wellformedweb.org/CommentAPI/"
	xmlns:dc="http://purl.org/dc/elements/1.1/"
	xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
	<title>The Example Practice</title>
	<link>{SITE}</link>
	<description>Notes from the practice</description>
	<language>en-GB</language>
	<wp:wxr_version>1.2</wp:wxr_version>
	<wp:base_site_url>{SITE}</wp:base_site_url>
	<wp:base_blog_url>{SITE}</wp:base_blog_url>
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        export, home = Path(folder) / "export.xml", Path(folder) / "home"
        write_wordpress_export(export, POSTS)
        print(f"{POSTS:,} posts, {export.stat().st_size / 1e6:.0f} MB", flush=True)
        spend([*PROGRAM, "init", str(home)], bare_environment())
        tell_import(import_export(home, export, "wordpress"), import_export(home, export, "wordpress"))
        feed, followed = Path(folder) / "feed.xml", Path(folder) / "followed"
        write_feed(feed, FEED_ITEMS)
        spend([*PROGRAM, "init", str(followed)], bare_environment())
        taken = import_export(followed, feed, "feed")
        tell(Row("P", f"a feed of {FEED_ITEMS:,} items, imported", taken.seconds, 3, 2, "s", "", True))


def import_export(home: Path, export: Path, format: str) -> Spent:
    command = [*PROGRAM, "--home", str(home), "articles", "import", str(export), "--format", format, "--json"]
    return spend(command, bare_environment())


def tell_import(first: Spent, again: Spent) -> None:
    tell(Row("P", f"WordPress export of {POSTS:,} posts, imported", first.seconds, 60, 20, "s", "", True))
    tell(Row("P", "its peak memory", max(first.peak, again.peak), 250, 150, "MiB", "", True))
    tell(Row("P", "imported again, unchanged", again.seconds / first.seconds, 0.5, 0.25, "×", "the first time", True))


def write_wordpress_export(path: Path, posts: int, pictures: bool = False) -> None:
    """WXR 1.2 with so many posts of 2 to 8 KB, and a page, an attachment or a revision after every fourth.

    With `pictures` posts show some, at addresses where there are none.
    """
    random = Random(2006)
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        file.writelines(_author(number, *author) for number, author in enumerate(AUTHORS, 1))
        for number in range(1, posts + 1):
            file.write(_post(number, random, pictures))
            if number % 4 == 0:
                file.write(_other(number, random))
        file.write("</channel>\n</rss>\n")


def write_feed(path: Path, items: int) -> None:
    """An RSS 2.0 feed of that many whole posts, the newest first."""
    random = Random(2)
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"')
        file.write(' xmlns:content="http://purl.org/rss/1.0/modules/content/"')
        file.write(' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Example Practice</title>\n')
        for number in range(items, 0, -1):
            written = FIRST + timedelta(days=number)
            facts = {
                "title": f"{_words(random, 5).capitalize()} {number}",
                "link": f"{SITE}/notes/{number}/",
                "guid": f"{SITE}/?p={number}",
                "pubDate": f"{written:%a, %d %b %Y %H:%M:%S} +0000",
                "dc:creator": "Ada Example",
                "category": random.choice(CATEGORIES),
                "content:encoded": _gutenberg(random, False),
            }
            file.write(f"<item>{_elements(facts, prefix='')}</item>\n")
        file.write("</channel></rss>\n")


def _author(number: int, login: str, display_name: str, first_name: str, last_name: str) -> str:
    facts = {
        "author_id": number,
        "author_login": login,
        "author_email": f"{login}@example.org",
        "author_display_name": display_name,
        "author_first_name": first_name,
        "author_last_name": last_name,
    }
    return f"\t<wp:author>{_elements(facts)}</wp:author>\n"


def _post(number: int, random: Random, pictures: bool) -> str:
    title = f"{_words(random, 3).capitalize()} & {_words(random, 2)} ({number})"
    slug = f"{title.split()[0].lower()}-{number}"
    terms = [("category", random.choice(CATEGORIES))] + [("post_tag", tag) for tag in random.sample(TAGS, 3)]
    thumbnail = {"_thumbnail_id": 1_000_000 + number // 4 * 4} if pictures else {}
    meta = {"_edit_last": 1, "_pingme": 1, "_yoast_wpseo_metadesc": _sentence(random, 18), **thumbnail}
    body = (_gutenberg, _classic, _divi)[number % 3](random, pictures)
    excerpt = _sentence(random, 20) if number % 5 == 0 else ""
    status = "draft" if number % 40 == 0 else "publish"
    return _item(number, "post", status, title, slug, body, excerpt, AUTHORS[number % 5][0], terms, meta)


def _other(number: int, random: Random) -> str:
    post_id = 1_000_000 + number
    match number % 12:
        case 0:
            return _item(post_id, "page", "publish", f"Page {number}", f"page-{number}", _classic(random, False))
        case 4:
            return _item(post_id, "revision", "inherit", f"Earlier {number}", f"{number}-revision-v1", "Earlier words.")
    meta = {"_wp_attached_file": f"2020/01/picture-{number}.jpg", "_wp_attachment_image_alt": _sentence(random, 6)}
    address = f"{SITE}/wp-content/uploads/2020/01/picture-{number}.jpg"
    return _item(
        post_id, "attachment", "inherit", f"picture-{number}", f"picture-{number}", "", meta=meta, file=address
    )


def _item(
    post_id: int,
    kind: str,
    status: str,
    title: str,
    slug: str,
    body: str,
    excerpt: str = "",
    login: str = "admin",
    terms: list[tuple[str, str]] | None = None,
    meta: Mapping[str, object] | None = None,
    file: str = "",
) -> str:
    day = FIRST + timedelta(hours=8 * (post_id % 1_000_000))
    facts = {
        "post_id": post_id,
        "post_date": day,
        "post_date_gmt": day,
        "post_modified": day + timedelta(days=post_id % 3),
        "comment_status": "closed",
        "ping_status": "closed",
        "post_name": slug,
        "status": status,
        "post_parent": 0,
        "menu_order": 0,
        "post_type": kind,
        "post_password": "",
        "is_sticky": 0,
        **({"attachment_url": file} if file else {}),
    }
    lines = [
        f"\t<item>\n\t\t<title><![CDATA[{title}]]></title>\n\t\t<link>{SITE}/{slug}/</link>\n",
        f"\t\t<pubDate>{day:%a, %d %b %Y %H:%M:%S} +0000</pubDate>\n\t\t<dc:creator><![CDATA[{login}]]></dc:creator>\n",
        f'\t\t<guid isPermaLink="false">{SITE}/?p={post_id}</guid>\n\t\t<description></description>\n',
        f"\t\t<content:encoded><![CDATA[{body}]]></content:encoded>\n",
        f"\t\t<excerpt:encoded><![CDATA[{excerpt}]]></excerpt:encoded>\n\t\t{_elements(facts)}\n",
        *(_term(*term) for term in terms or ()),
        *(
            f"\t\t<wp:postmeta>{_elements({'meta_key': k, 'meta_value': v})}</wp:postmeta>\n"
            for k, v in (meta or {}).items()
        ),
        "\t</item>\n",
    ]
    return "".join(lines)


def _term(domain: str, name: str) -> str:
    nicename = name.lower().replace(" &amp; ", "-").replace(" ", "-")
    return f'\t\t<category domain="{domain}" nicename="{nicename}"><![CDATA[{name}]]></category>\n'


def _elements(facts: Mapping[str, object], prefix: str = "wp:") -> str:
    return "".join(f"<{prefix}{name}><![CDATA[{value}]]></{prefix}{name}>" for name, value in facts.items())


def _words(random: Random, count: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(count))


def _sentence(random: Random, count: int) -> str:
    return f"{_words(random, count).capitalize()}."


def _paragraphs(random: Random) -> Iterator[str]:
    """Some with emphasis, a link or an entity in them."""
    for number in range(random.randint(5, 14)):
        words = " ".join(_sentence(random, random.randint(8, 22)) for _ in range(5))
        match number % 4:
            case 1:
                words = f'{words} <a href="{SITE}/?utm_source=blog">{_words(random, 3)}</a>.'
            case 2:
                words = f"<em>{_words(random, 4)}</em> &ndash; {words}"
        yield words


def _picture(number: int) -> str:
    return f'<img class="alignnone" src="{SITE}/wp-content/uploads/2020/01/inside-{number}.jpg" alt="A window" />'


def _gutenberg(random: Random, pictures: bool) -> str:
    blocks = [f"<!-- wp:paragraph -->\n<p>{words}</p>\n<!-- /wp:paragraph -->" for words in _paragraphs(random)]
    heading = f'<!-- wp:heading -->\n<h2 class="wp-block-heading">{_sentence(random, 4)}</h2>\n<!-- /wp:heading -->'
    items = "".join(f"<!-- wp:list-item -->\n<li>{_words(random, 7)}</li>\n<!-- /wp:list-item -->" for _ in range(4))
    blocks[2:2] = [heading, f'<!-- wp:list -->\n<ul class="wp-block-list">{items}</ul>\n<!-- /wp:list -->']
    if pictures:
        figure = f'<figure class="wp-block-image">{_picture(random.randint(1, 999))}</figure>'
        blocks.insert(1, f'<!-- wp:image {{"id":7}} -->\n{figure}\n<!-- /wp:image -->')
    return "\n\n".join(blocks)


def _classic(random: Random, pictures: bool) -> str:
    parts = list(_paragraphs(random))
    parts.insert(2, f"<h3>{_sentence(random, 4)}</h3>")
    parts.insert(4, "<!--more-->")
    if pictures:
        parts.insert(1, f'[caption id="attachment_7" width="300"]{_picture(random.randint(1, 999))} A window[/caption]')
    return "\n\n".join(parts)


def _divi(random: Random, pictures: bool) -> str:
    text = "\n\n".join(_paragraphs(random))
    style = '_builder_version="4.9.0" background_size="initial" global_colors_info="{}"'
    image = f'[et_pb_image src="{SITE}/wp-content/uploads/2020/01/divi.jpg" {style}][/et_pb_image]' if pictures else ""
    button = f'[et_pb_button button_url="{SITE}/contact/" button_text="Write to us" {style}][/et_pb_button]'
    column = f'[et_pb_column type="4_4" {style}]{image}[et_pb_text {style}]{text}[/et_pb_text]{button}[/et_pb_column]'
    section = f"[et_pb_section {style}][et_pb_row {style}]{column}[/et_pb_row][/et_pb_section]"
    return section
