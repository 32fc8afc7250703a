"""Footnotes, and the tags that generators of sites put among Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.sources.markdown import read_markdown
from newsletter.content.sources.markdown.tags import without_tags
from newsletter.errors import SourceError


def _body(text: str) -> str:
    """As it is, whatever it opens or ends with."""
    return read_markdown(f"---\ntitle: T\nslug: t\nstatus: ready\n---\n{text}\n", "a.md").body_html


def _notes(text: str) -> tuple[str, ...]:
    notes = read_markdown(f"---\ntitle: T\ndate: 2024-01-01\nauthor: Jane Doe\n---\n{text}\n", "a.md").notes
    return notes


def test_footnotes_are_numbers_and_a_list_at_the_end() -> None:
    text = "One[^b] two[^a] again[^b].\n\n[^a]: Note *a*.\n[^b]: Note b.\n\n    And more.\n\nLast."
    assert _body(text) == (
        "<p>One<sup>1</sup> two<sup>2</sup> again<sup>1</sup>.</p>\n<p>Last.</p>\n"
        "<hr>\n<ol><li><p>Note b.</p>\n<p>And more.</p></li><li>Note <em>a</em>.</li></ol>"
    )


def test_footnote_that_nothing_refers_to_is_said_to_be_left_out() -> None:
    assert _notes("One.\n\n[^a]: Lost.\n[^b]: Too.") == ("2 footnotes that nothing refers to left out",)
    assert _body("A reference[^x] to nothing.") == "<p>A reference[^x] to nothing.</p>"


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (
            '{{< figure src="lamp.jpg" alt="A \\"lamp\\"" caption="Ours & yours" >}}',
            '<figure><img src="lamp.jpg" alt="A &quot;lamp&quot;"><figcaption>Ours &amp; yours</figcaption></figure>',
        ),
        (
            "{{< figure src=lamp.jpg >}}\nText *goes* on.",
            '<figure><img src="lamp.jpg" alt=""></figure>\n<p>Text <em>goes</em> on.</p>',
        ),
        (
            "{{<figure\n  src='lamp.jpg'\n  link='https://example.org/'\n>}}\n\nText",
            '<figure><a href="https://example.org/"><img src="lamp.jpg" alt=""></a></figure>\n<p>Text</p>',
        ),
        (
            '{% include figure image_path="/a.png" alt="A" caption="C" %}',
            '<figure><img src="/a.png" alt="A"><figcaption>C</figcaption></figure>',
        ),
        ('{% image "./a.png", "A lamp" %}', '<figure><img src="./a.png" alt="A lamp"></figure>'),
        ("{{% note %}}\nKeep *this*.\n{{% /note %}}", "<p>Keep <em>this</em>.</p>"),
        ("a\n\n{% comment %}\n\nnot this\n\n{% endcomment %}\n\nb", "<p>a</p>\n<p>b</p>"),
        ("{% raw %}{{ x }} {% y %}{% endraw %}", "<p>{{ x }} {% y %}</p>"),
        ("{% highlight ruby %}\nputs *1*\n{% endhighlight %}", "<pre><code>puts *1*\n</code></pre>"),
        ("{{< highlight go >}}\na := 1\n{{< /highlight >}}", "<pre><code>a := 1\n</code></pre>"),
        ("{{</* figure src=x */>}}", "<p>{{&lt; figure src=x &gt;}}</p>"),
        ("![A]({{ site.baseurl }}/img/a.png)", '<p><img src="/img/a.png" alt="A"></p>'),
        ("![A]({{ '/img/a.png' | relative_url }})", '<p><img src="/img/a.png" alt="A"></p>'),
        ('[words]({% post_url 2024-01-01-a %}) and [more]({{< ref "a.md" >}})', "<p>words and more</p>"),
        (
            "A *word*{: .big} here.\n{: .lead}\n\n{:.b}\n# One {#one}\n\n## Two {.x #two}",
            "<p>A <em>word</em> here.</p>\n<h2>One</h2>\n<h2>Two</h2>",
        ),
        ("* TOC\n{:toc}\n\nText", "<p>Text</p>"),
        ("{{ reader }} and { a } and {b}", "<p>{{ reader }} and { a } and {b}</p>"),
        (
            "```\n{% raw %} {: .x}\n{{< figure src=x >}}\n```",
            "<pre><code>{% raw %} {: .x}\n{{&lt; figure src=x &gt;}}\n</code></pre>",
        ),
    ],
)
def test_tags_become_what_they_mean(markdown: str, html: str) -> None:
    assert _body(markdown) == html


@pytest.mark.parametrize(
    ("tag", "address"),
    [
        ("{{< youtube w7Ft2ymGmfc >}}", "https://www.youtube.com/watch?v=w7Ft2ymGmfc"),
        ('{{< youtube id="w7Ft2ymGmfc" autoplay="true" >}}', "https://www.youtube.com/watch?v=w7Ft2ymGmfc"),
        ('{% include youtube.html id="w7Ft2ymGmfc" %}', "https://www.youtube.com/watch?v=w7Ft2ymGmfc"),
        ("{% youtube w7Ft2ymGmfc %}", "https://www.youtube.com/watch?v=w7Ft2ymGmfc"),
        ("{{< vimeo 146022717 >}}", "https://vimeo.com/146022717"),
    ],
)
def test_video_becomes_a_link(tag: str, address: str) -> None:
    assert f'<a href="{address}">' in _body(tag)
    assert _notes(tag) == ()


def test_what_is_removed_is_counted_by_name() -> None:
    text = "{{< gallery a b >}}{{< gallery c >}}\n\n{% unknown %}\n\n{{< note >}}kept{{< /note >}}\n\n"
    text += '{{< youtube "a b" >}}'
    assert _notes(text) == ("5 shortcodes were removed: gallery (2), unknown, note, youtube",)
    assert _notes("{{< tweet 1 >}} x") == ("1 shortcode was removed: tweet",)
    assert "kept" in _body(text)


def test_title_keeps_its_line_below_tags() -> None:
    draft = read_markdown("{{< note\n a=1\n>}}\n\n{: .x}\n# The title\n\nText", "a.md")
    assert [(guess.value, guess.line) for guess in draft.guesses] == [("The title", 6)]


def test_nothing_active_comes_in_by_a_tag() -> None:
    html = _body('{{< figure src="javascript:alert(1)" alt="\\"><script>x</script>" link="javascript:y" >}} text')
    assert "javascript" not in html
    assert "<script" not in html
    assert "text" in html


@pytest.mark.parametrize(
    "text",
    [
        "{{<" * 300_000,
        "{%" * 300_000,
        "{{< a " * 200_000,
        "{% raw %}" * 100_000,
        "{{" + " " * 500_000,
        "{{< figure " + 'a="' * 200_000 + " >}}",
        "{{< " + "a" * 500_000 + " >}}",
        "# " + " " * 300_000 + "{#a" * 100_000,
        "\n".join("{:" * 10 for _ in range(50_000)),
        "[x]{:" * 100_000,
        "```\n" * 100_000 + "{",
    ],
    ids=lambda text: text[:12],
)
def test_a_flood_of_tags_is_passed_once(text: str) -> None:
    without, _ = without_tags(text)  # what is not passed once would take hours
    assert without.count("\n") == text.count("\n")


PIECES = st.sampled_from(
    [" ", "\n", *"""{{ }} {% %} < > / {: } figure src=x " ' raw endraw comment endcomment ``` # é""".split()]
)


@given(st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=500)
def test_no_line_and_no_word_outside_tags_is_lost(text: str) -> None:
    without, _ = without_tags(f"first\n{text}\nlast")
    assert without.startswith("first\n")
    assert without.endswith("\nlast")
    assert without.count("\n") >= text.count("\n") + 2


@pytest.mark.parametrize(
    "text", ["[^1]: " * 5_000, "[^a" * 3_000, "[^1]" * 10_000 + "\n\n[^1]: x", "^[" * 5_000 + "x" + "]" * 5_000]
)
def test_floods_of_footnotes_end(text: str) -> None:
    read_markdown(f"# T\n\n{text}\n", "a.md")


def test_picture_that_stands_in_the_text_as_data_is_left_out_and_said() -> None:
    data = "data:image/png;base64," + "iVBORw0KGgo=" * 100_000
    text = f"One ![A lamp]({data}) two ![][image1]\n\n[image1]: <{data}>"
    assert _body(text) == "<p>One two</p>"
    assert _notes(text) == ("left out: 2 pictures without an address",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("*a*" * 100_001, "a.md: the Markdown has 300,004 characters; at most 300,000 are read"),
        ("[" * 20_001, "a.md: the Markdown has more than 20,000 opening brackets"),
    ],
    ids=["length", "brackets"],
)
def test_more_than_the_parser_can_hold_is_refused(text: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_markdown(f"{text}\n", "a.md")
    assert str(caught.value) == words
