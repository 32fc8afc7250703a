"""A practice's page with everything on it, for tests that render."""

from __future__ import annotations

from datetime import date

from newsletter.model import Article, Author, CallToAction, Hero, Newsletter
from newsletter.rendering.page import PageInput

MEDIA = "https://news.example.org/media"

VALUES = {
    "name": "Ada",
    "email": "ada@example.org",
    "unsubscribe_url": "https://news.example.org/unsubscribe/token",
    "web_view_url": "https://news.example.org/archive/abc",
}

BODY = """
<p>A kept promise is a small thing. {{ name }} stays as it is.</p>
<h2>Start small</h2>
<p>See <a href="https://example.org/a?b=1&amp;c=2">the study</a>, <em>please</em>.</p>
<ul><li>Say when you are late.</li><li>Ask once more.<ul><li>Wait for the answer.</li></ul></li></ul>
<blockquote><p>Nobody is watching while trust grows.</p></blockquote>
<h3>This week</h3>
<ol><li>Choose one evening.</li><li>Cook slowly.</li></ol>
<figure><img src="media/lake.jpg" alt="Two people at a lake"><figcaption>Outdoors.</figcaption></figure>
<table><tr><th>Day</th><th>Habit</th></tr><tr><td>Monday</td><td>A walk</td></tr></table>
<pre>a line of code</pre><hr><p>Be kind.</p>
"""

NEWSLETTER = Newsletter(
    name="Harbour Letters",
    from_address="Harbour <post@example.org>",
    postal_address="12 Quay Street\nPortland, ME 04101",
    privacy_url="https://example.org/privacy",
    notice="In a crisis call 988. Replies are not read at night.",
)

MARIA = Author(
    "Maria Lind",
    credentials="LCSW",
    role="Therapist",
    practice="Harbour",
    bio="Maria works with couples.\n\nShe likes dogs.",
    photo="media/maria.jpg",
    url="https://example.org/maria",
)
TOM = Author("Tom Okafor", bio="Tom writes about gardens.")

ARTICLE = Article(
    slug="small-promises",
    title="How Small Promises Grow",
    body_html=BODY,
    subtitle="Notes on trust",
    published=date(2023, 6, 23),
    categories=("Relationships", "Values"),
    authors=(MARIA, TOM),
    hero=Hero("media/hero.jpg", "A quiet harbour", "Brett", "Unsplash"),
)

PAGE = PageInput(
    newsletter=NEWSLETTER,
    subject="How Small Promises Grow",
    preheader="Small habits that hold.",
    article=ARTICLE,
    call_to_action=CallToAction("Ready to talk?", "Book a visit", "https://example.org/book?a=1&b=2"),
    list_name="Friends",
    web_view_url="https://news.example.org/archive/abc",
    media_base_url=MEDIA,
    logo="",
    issue_date=date(2026, 11, 24),
)
