"""A few articles of a practice, made up here → each source that an import reads, as other programs would write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO

from PIL import Image

import wordpress_export as wordpress
from packing import packed

SITE = "https://practice.example.org"

SUBJECTS = ("kettles", "staircases", "umbrellas", "harbours", "lanterns")

_DAYS = """{0} are left alone on Mondays, and so should worries be. Whoever watches {0} long enough forgets what the
hurry was about, and finds at the end of an hour that the shoulders have come down by themselves. On Tuesdays we write
down what {0} have taught us: three lines, no more, and never on the telephone. By Thursday somebody has lost the paper,
and that is part of it. Keep {0} near the window, say good morning to them, and let the rest of the week come."""


def words_on(subject: str, more: str = "") -> str:
    """About a hundred words that no other subject has; `more` stands at their end."""
    return " ".join(f"{_DAYS.format(subject.capitalize())} {more}".split())


def title_on(subject: str) -> str:
    return f"What {subject} know"


def slug_on(subject: str) -> str:
    return f"what-{subject}-know"


def address_on(subject: str) -> str:
    return f"{SITE}/{slug_on(subject)}/"


def markdown(subject: str, picture: str = "", **facts: str) -> str:
    front = {"title": title_on(subject), "date": "2024-03-04", "author": "Ruth Weber", **facts}
    lines = "\n".join(f"{name}: {value}" for name, value in front.items())
    shown = f"![A picture of it]({picture})\n\n" if picture else ""
    return f"---\n{lines}\n---\n{shown}{words_on(subject)}\n"


def text(subject: str) -> str:
    """As somebody pasted it from the site."""
    return f"{title_on(subject)}\n\nBy Ruth Weber\n\n{words_on(subject)}\n"


def page(subject: str) -> str:
    return f"""<!doctype html><html lang="en"><head><title>{title_on(subject)}</title>
    <meta name="author" content="Ruth Weber"><meta property="article:published_time" content="2024-03-04T08:00:00Z">
    </head><body><main><article><h1>{title_on(subject)}</h1><p>{words_on(subject)}</p></article></main></body></html>"""


def login_page() -> str:
    return """<!doctype html><html lang="en"><head><title>Log in</title></head><body>
    <form action="/login" method="post">
    <label>Name <input name="log"></label><label>Password <input type="password" name="pwd"></label>
    <button>Log in</button></form></body></html>"""


def post(number: int, subject: str, more: str = "", link: str = "", post_name: str = "") -> str:
    """One post of `wordpress.export`."""
    return wordpress.post(
        f"<p>{words_on(subject, more)}</p>",
        title_on(subject),
        number=number,
        link=link or address_on(subject),
        post_name=post_name or slug_on(subject),
    )


def wxr(*subjects: str) -> bytes:
    return wordpress.export(*(post(number, subject) for number, subject in enumerate(subjects, 1)))


def rss(*subjects: str, site: str = SITE) -> str:
    items = "".join(
        f"<item><title>{title_on(each)}</title><link>{site}/{slug_on(each)}/</link><guid>{site}/?p={number}</guid>"
        f"<description>{words_on(each)}</description></item>"
        for number, each in enumerate(subjects, 1)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Quiet</title>{items}</channel></rss>'


def atom(*subjects: str) -> str:
    entries = "".join(
        f'<entry><id>urn:example:{each}</id><title>{title_on(each)}</title><link href="{address_on(each)}"/>'
        f'<updated>2024-03-04T08:00:00Z</updated><content type="html">&lt;p&gt;{words_on(each)}&lt;/p&gt;</content>'
        "</entry>"
        for each in subjects
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:example</id><title>Quiet</title>{entries}</feed>'


def json_feed(*subjects: str) -> str:
    items = [
        {"id": each, "url": address_on(each), "title": title_on(each), "content_html": f"<p>{words_on(each)}</p>"}
        for each in subjects
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Quiet", "items": items})


def substack(*subjects: str) -> dict[str, str]:
    rows = "".join(
        f"{number}.{slug_on(each)},2024-03-04T08:00:00.000Z,true,,newsletter,everyone,{title_on(each)},,\n"
        for number, each in enumerate(subjects, 1)
    )
    table = "post_id,post_date,is_published,email_sent_at,type,audience,title,subtitle,podcast_url\n"
    posts = {
        f"posts/{number}.{slug_on(each)}.html": f"<p>{words_on(each)}</p>" for number, each in enumerate(subjects, 1)
    }
    return {"posts.csv": table + rows, "email_list.quiet.csv": "email\nnobody@example.org\n", **posts}


def medium(*subjects: str) -> dict[str, str]:
    stories = {
        f"posts/2024-03-04_{title_on(each).replace(' ', '-')}-{number:012x}.html": _story(each)
        for number, each in enumerate(subjects, 1)
    }
    profile = '<section class="h-card"><h3 class="p-name">Ruth Weber</h3></section>'
    return {"profile/profile.html": profile, "claps/claps-0001.html": "<p>Claps</p>", **stories}


def _story(subject: str) -> str:
    return f"""<!DOCTYPE html><html><head><title>{title_on(subject)}</title></head><body><article class="h-entry">
    <header><h1 class="p-name">{title_on(subject)}</h1></header><section data-field="body" class="e-content">
    <h3 class="graf graf--h3 graf--title">{title_on(subject)}</h3><p class="graf graf--p">{words_on(subject)}</p>
    </section><footer><a class="p-canonical" href="{address_on(subject)}">Canonical link</a></footer></article></body>
    </html>"""


def ghost(*subjects: str) -> str:
    posts = [
        {
            "id": f"{number:024x}",
            "title": title_on(each),
            "slug": slug_on(each),
            "html": f"<p>{words_on(each)}</p>",
            "type": "post",
            "status": "published",
            "published_at": "2024-03-04T08:00:00.000Z",
        }
        for number, each in enumerate(subjects, 1)
    ]
    return json.dumps({"db": [{"meta": {"version": "5.0.0"}, "data": {"posts": posts}}]})


def picture(colour: str = "teal") -> bytes:
    stream = BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    return stream.getvalue()


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    return packed(members)
