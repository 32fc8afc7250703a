"""What stands between square brackets in a post: shortcodes become HTML or go, words stay."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.cleaning import clean
from newsletter.content.lifting import lift
from newsletter.content.sources.wordpress.items import read_content
from newsletter.content.sources.wordpress.modules import MAX_GALLERY, MAX_PICTURES, Album
from newsletter.content.sources.wordpress.shortcodes import Counts, expand_shortcodes
from newsletter.content.sources.wordpress.site import Picture
from newsletter.content.sources.wordpress.values import read_attributes, read_base64
from newsletter.model import CallToAction

LAMP = Picture("https://example.org/lamp.jpg", "A lamp", "Our lamp")
SEA = Picture("https://example.org/sea.jpg", "", "")


def album() -> Album:
    return Album({"4": LAMP, "5": SEA}, ("5",))


def expand(text: str, counts: Counts | None = None) -> str:
    return expand_shortcodes(text, album(), counts or Counts())


def body(content: str, notes: list[str] | None = None) -> str:
    """As it stands in the article."""
    return clean(read_content(content, album(), [] if notes is None else notes))


@pytest.mark.parametrize(
    "words",
    [
        "She said it [sic] twice.",
        "As shown before [1], and again [2, 3].",
        "[laughs] No. [Laughs again]",
        "See [the list on page 4] and [a link](https://example.org).",
        "He wrote [note: x = 3] there.",
        "items[i] = items[i + 1]",
        'input[type="text"] { color: red }',
        "[] [[]] [ x ] [/] [-] [[wiki link]]",
        "An open [bracket and a closed] one",
        "[s/he] or [self-conscious]",
    ],
)
def test_words_in_square_brackets_stay(words: str) -> None:
    counts = Counts()
    assert expand(words, counts) == words
    assert not counts.removed and not counts.unwrapped


@pytest.mark.parametrize(
    "shortcode",
    ["[recent_posts]", '[widget id="4"]', "[map lat=4 long=5]", "[button /]", "[contact-form-7]", "[toc]"],
)
def test_unknown_shortcode_that_encloses_nothing_goes(shortcode: str) -> None:
    counts = Counts()
    assert expand(f"One {shortcode} two", counts) == "One  two"
    assert counts.removed.total() == 1


def test_unknown_shortcode_that_encloses_words_leaves_them() -> None:
    counts = Counts()
    assert expand('A [highlight color="red"]kept <em>word</em>[/highlight].', counts) == "A kept <em>word</em>."
    assert counts.unwrapped == Counter({"highlight": 1})


def test_words_that_a_closing_tag_makes_a_shortcode_are_one() -> None:
    assert expand("[quiet]Hush[/quiet] and [quiet]") == "Hush and [quiet]"


def test_shortcodes_that_stand_side_by_side_are_no_one_sentence() -> None:
    text = "[one_half]Left.[/one_half][one_half_last]Right.[/one_half_last][box]A[/box][box]B[/box]"
    assert body(text) == "<p>Left.</p>\n<p>Right.</p>\n<p>A</p>\n<p>B</p>"


def test_notes_count_what_was_not_understood() -> None:
    notes: list[str] = []
    read_content("[tint]a[/tint] [tint]b[/tint] [recent_posts] [gallery ids='99']", album(), notes)
    assert notes == [
        "2 shortcodes taken away, what they enclosed kept: tint (2)",
        "1 shortcode removed: recent_posts",
        "1 picture left out, which the export lacks",
    ]


def test_doubled_brackets_are_how_one_writes_about_shortcodes() -> None:
    assert expand('Write [[gallery ids="4"]] there.') == 'Write [gallery ids="4"] there.'
    assert expand("Write [[caption]Words[/caption]] there.") == "Write [caption]Words[/caption] there."


@pytest.mark.parametrize(
    "shortcode",
    [
        '[caption id="attachment_4" width="300"]<img src="https://example.org/a.jpg"> A <em>lamp</em>[/caption]',
        '[wp_caption width="300"]\n<img src="https://example.org/a.jpg">\nA <em>lamp</em>\n[/wp_caption]',
        '[caption id=“attachment_4”]<img src="https://example.org/a.jpg">A <em>lamp</em>[/caption]',
        '[caption id="4" caption="A lamp"]<img src="https://example.org/a.jpg">[/caption]',
    ],
)
def test_caption_becomes_a_figure(shortcode: str) -> None:
    expected = '<figure><img src="https://example.org/a.jpg"><figcaption>A <em>lamp</em></figcaption></figure>'
    assert body(shortcode).replace("A lamp", "A <em>lamp</em>") == expected


def test_caption_keeps_the_link_of_its_picture() -> None:
    linked = '<a href="https://example.org/big"><img src="https://example.org/a.jpg"></a>'
    assert body(f"[caption]{linked} Big[/caption]") == f"<figure>{linked}<figcaption>Big</figcaption></figure>"


def test_gallery_shows_pictures_of_the_export_and_counts_those_it_lacks() -> None:
    notes: list[str] = []
    shown = body('[gallery columns="2" ids="5,4,99"]', notes)
    assert shown.index("sea.jpg") < shown.index("lamp.jpg")
    assert '<img src="https://example.org/lamp.jpg" alt="A lamp"><figcaption>Our lamp</figcaption>' in shown
    assert notes == ["1 picture left out, which the export lacks"]


def test_gallery_without_ids_shows_what_was_uploaded_to_the_post_once() -> None:
    assert body("[gallery] and [gallery]").count("sea.jpg") == 1
    assert "sea.jpg" not in body('[gallery exclude="5"]')


def test_galleries_show_no_more_pictures_than_a_mail_can_hold() -> None:
    many = ",".join(["4"] * (MAX_GALLERY + 5))
    assert expand(f"[gallery ids='{many}']").count("<img") == MAX_GALLERY
    assert expand(f"[gallery ids='{many}']" * 20).count("<img") == MAX_PICTURES


@pytest.mark.parametrize(
    ("shortcode", "address"),
    [
        ("[embed]https://example.org/v?a=1&amp;b=2[/embed]", "https://example.org/v?a=1&amp;b=2"),
        ('[embed width="4"]https://example.org/v[/embed]', "https://example.org/v"),
        ('[audio mp3="https://example.org/a.mp3"][/audio]', "https://example.org/a.mp3"),
        ('[video width="640" mp4="https://example.org/a.mp4"]', "https://example.org/a.mp4"),
        ("[youtube https://www.youtube.com/watch?v=abcdefghijk]", "https://www.youtube.com/watch?v=abcdefghijk"),
        ('[youtube id="abcdefghijk"]', "https://www.youtube.com/watch?v=abcdefghijk"),
        ("[vimeo 123456789]", "https://vimeo.com/123456789"),
        ("https://example.org/on-its-own", "https://example.org/on-its-own"),
    ],
)
def test_what_plays_becomes_a_link(shortcode: str, address: str) -> None:
    shown = body(f"Before\n\n{shortcode}\n\nAfter")
    assert f'<a href="{address}">' in shown
    assert "[" not in shown


@pytest.mark.parametrize(
    "content",
    [
        "Before\n\nhttps://youtu.be/abcdefghijk\n\nAfter",
        "Before\n\n[embed]https://www.youtube.com/watch?v=abcdefghijk[/embed]\n\nAfter",
        "Before [youtube id='abcdefghijk'] After",
        '<p>Before</p><!-- wp:embed --><figure class="wp-block-embed"><div class="wp-block-embed__wrapper">\n'
        "https://youtu.be/abcdefghijk\n</div></figure><!-- /wp:embed --><p>After</p>",
    ],
)
def test_video_is_shown_by_its_picture(content: str) -> None:
    shown = body(content)
    assert shown.startswith("<p>Before</p>") and shown.endswith("<p>After</p>")
    assert (
        '<a href="https://www.youtube.com/watch?v=abcdefghijk"><img src="https://i.ytimg.com/vi/abcdefghijk/' in shown
    )
    assert shown.count("<figure>") == 1


def test_address_that_leads_nowhere_is_no_link() -> None:
    for bad in ("javascript:alert(1)", "#top", "http://[", ""):
        assert "<a" not in body(f'[et_pb_button button_url="{bad}" button_text="Go"][/et_pb_button]')


def test_divi_gives_its_texts_headings_pictures_and_buttons() -> None:
    content = """[et_pb_section fb_built="1" _builder_version="4.9"][et_pb_row][et_pb_column type="4_4"]
[et_pb_text _builder_version="4.9"]First words.

Second words.[/et_pb_text]
[et_pb_image src="https://example.org/a.jpg" alt="A %22door%22"][/et_pb_image]
[et_pb_blurb title="Three steps &amp; more" use_icon="on"]<p>Sit, breathe, listen.</p>[/et_pb_blurb]
[et_pb_testimonial author="Ann Poe" job_title="Reader"]It helped.[/et_pb_testimonial]
[et_pb_contact_form][et_pb_contact_field field_title="Name"]x[/et_pb_contact_field][/et_pb_contact_form]
[et_pb_button button_url="https://example.org/book" button_text="Book %91now%93"][/et_pb_button]
[/et_pb_column][/et_pb_row][/et_pb_section]"""
    notes: list[str] = []
    shown = body(content, notes)
    assert "<p>First words.</p>\n<p>Second words.</p>" in shown
    assert '<figure><img src="https://example.org/a.jpg" alt="A &quot;door&quot;"></figure>' in shown
    assert "<h3>Three steps &amp; more</h3>\n<p>Sit, breathe, listen.</p>" in shown
    assert "<blockquote><p>It helped.</p><p>– Ann Poe, Reader</p></blockquote>" in shown.replace("</p>\n<p>", "</p><p>")
    assert shown.endswith('<p><a href="https://example.org/book">Book [now]</a></p>')
    assert "Name" not in shown and "et_pb" not in shown
    assert notes == [
        "4 shortcodes taken away, what they enclosed kept: et_pb_section, et_pb_row, et_pb_column, et_pb_text",
        "1 shortcode removed: et_pb_contact_form",
    ]


def test_bakery_gives_its_texts_pictures_and_buttons() -> None:
    packed = b64encode(quote("<p>Packed – and said.</p>").encode()).decode()
    content = f"""[vc_row full_width="stretch"][vc_column width="1/2"][vc_column_text css=".vc_1"]First.

Second.[/vc_column_text][vc_single_image image="4" img_size="full"][/vc_column][vc_column width="1/2"]
[vc_custom_heading text="A heading" font_container="tag:h3"][vc_raw_html]{packed}[/vc_raw_html]
[vc_btn title="Read on" link="url:https%3A%2F%2Fexample.org%2Fon|title:On|"][vc_raw_js]eHg=[/vc_raw_js]
[/vc_column][/vc_row]"""
    shown = body(content)
    assert "<p>First.</p>\n<p>Second.</p>" in shown
    assert '<img src="https://example.org/lamp.jpg" alt="A lamp">' in shown
    assert "<h2>A heading</h2>" in shown and "<p>Packed – and said.</p>" in shown
    assert '<a href="https://example.org/on">Read on</a>' in shown
    assert "vc_" not in shown and "eHg" not in shown


@pytest.mark.parametrize("packed", ["not base64!", "€€", "====", "Zg", ""])
def test_what_is_not_packed_as_it_should_be_goes(packed: str) -> None:
    assert read_base64(packed) == ""


@given(st.binary(max_size=60))
def test_whatever_was_packed_is_read_without_an_error(data: bytes) -> None:
    read_base64(b64encode(data).decode())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('id="4" Title=\'A "b"\' bare=5', {"id": "4", "title": 'A "b"', "bare": "5"}),
        ("id=&quot;4&quot; x=”y z”", {"id": "4", "x": "y z"}),
        ('https://example.org "two words"', {"0": "https://example.org", "1": "two words"}),
        ('a="1" a="2"', {"a": "1"}),
        ('t="@ET-DC@eyJk@ more"', {"t": "more"}),
        ('open="never', {"0": 'open="never'}),
        ("", {}),
    ],
)
def test_attributes_are_read_however_they_are_quoted(written: str, read: dict[str, str]) -> None:
    assert read_attributes(written) == read


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "[",
                "]",
                "[[",
                "]]",
                "/",
                "[/",
                " ",
                "\n",
                "\n\n",
                '"',
                "'",
                "=",
                "<p>",
                "</p>",
                "<!--",
                "-->",
                "<br>",
                "&quot;",
            ]
            + [
                f"[{end}{name}]"
                for name in ("a", "b_c", "caption", "gallery", "et_pb_text", "vc_btn")
                for end in ("", "/")
            ]
            + [
                "[caption id='4']",
                "<img src='x.jpg'>",
                "[gallery ids='4']",
                "[[b_c]]",
                "[embed]https://example.org[/embed]",
            ]
            + [
                "<!-- wp:paragraph -->",
                "<!-- /wp:paragraph -->",
                '<!-- wp:block {"ref":4} /-->',
                "<pre>",
                "</pre>",
                "<ul><li>",
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=30,
).map("".join)


@given(PIECES)
def test_nothing_breaks_whatever_stands_between_brackets(text: str) -> None:
    shown = read_content(text, album(), [])
    assert clean(clean(shown)) == clean(shown)


WHOLE_TAGS = [
    "[b_c]",
    "[/b_c]",
    "[caption id='4']",
    "[/caption]",
    "[et_pb_text]",
    "[/et_pb_text]",
    "[vc_btn]",
    "[gallery]",
]


@given(st.lists(st.sampled_from([*WHOLE_TAGS, "words", " ", "\n\n", "<p>", "</p>"]), max_size=30))
def test_no_known_shortcode_is_left(pieces: list[str]) -> None:
    assert "[" not in expand("".join(pieces))


@given(st.text(alphabet=st.characters(exclude_characters="[")))
def test_text_without_brackets_is_left_alone(text: str) -> None:
    assert expand(text) == text


WORDS = st.text(alphabet="abc dé\n.", min_size=1, max_size=30)


@given(st.recursive(WORDS, lambda inner: st.tuples(st.sampled_from(["box_a", "et_pb_row", "tint"]), st.lists(inner))))
def test_words_survive_however_deep_they_are_enclosed(tree: object) -> None:
    def write(node: object) -> tuple[str, str]:
        if isinstance(node, str):
            return node, node
        assert isinstance(node, tuple)
        name, children = node
        written = [write(child) for child in children]
        return f"[{name}]{''.join(text for text, _ in written)}[/{name}]", "".join(words for _, words in written)

    text, words = write(tree)
    assert expand(text).split() == expand(text).split()
    assert "".join(expand(text).split()) == "".join(words.split())


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 30_000,
        "[a " * 30_000,
        "[a]" * 30_000 + "x" + "[/a]" * 30_000,
        "[caption]" * 15_000 + "x" * 30_000 + "[/caption]" * 15_000,
        "[a][b][/a][/b]" * 12_000,
        '[a "' * 15_000 + "]",
        "[a_b " + "x='\"" * 15_000 + "]",
        "[gallery]" * 30_000,
        "[[a_b]]" * 15_000,
        "<!--" * 30_000,
        "<!-- wp:a -->" * 15_000,
        "\n " * 60_000,
        "<div>" * 30_000,
        "<p " * 30_000,
        "[caption]<a " * 20_000,
    ],
    ids=lambda hostile: hostile[:12],
)
def test_hostile_text_is_read_in_one_go(hostile: str) -> None:
    shown = read_content(hostile, album(), [])
    assert len(shown) < 4 * len(hostile) + 1_000


def test_call_to_action_of_divi_is_lifted_whole_and_the_button_below_it_stays_a_link() -> None:
    article = f"<p>{'Some words about the night. ' * 6}</p>"
    call = (
        '[et_pb_cta title="Not alone this winter?" button_text="Write to Ben" button_url="https://example.org/ben"]'
        "Our groups meet on Tuesdays.[/et_pb_cta]"
    )
    button = '[et_pb_button button_text="See the groups" button_url="https://example.org/groups" /]'
    found = lift(body(f"[et_pb_section][et_pb_text]{article}[/et_pb_text]{call}{button}[/et_pb_section]"))
    assert found.call_to_action == CallToAction(
        "Not alone this winter? Our groups meet on Tuesdays.", "Write to Ben", "https://example.org/ben"
    )
    assert found.html.endswith('\n<p><a href="https://example.org/groups">See the groups</a></p>')
    assert "winter" not in found.html
