"""Templates: values stay behind markers, and every fault names its line."""

from __future__ import annotations

import pytest

from newsletter.errors import RenderError
from newsletter.rendering.slots import Html, Marks, Slot, cut
from newsletter.rendering.templating import Look, Reader, Rendered, render_template


def look_of(**sources: str) -> Look:
    files = {name.replace("_", ".") + ".j2": text for name, text in sources.items()}
    return Look("plain", files, {name: f"templates/plain/{name}" for name in files})


def render(source: str, **variables: object) -> tuple[Rendered, Marks]:
    marks = Marks(repr((source, variables)))
    return render_template(look_of(issue=source), "issue.j2", {"reader": Reader(), **variables}, marks), marks


def text_of(source: str, **variables: object) -> str:
    rendered, marks = render(source, **variables)
    return "".join(
        piece if isinstance(piece, str) else f"«{piece.name}|{piece.fallback}»"
        for piece in cut(rendered.text, marks, "plain", rendered.place_of_mark)
    )


def test_no_value_is_in_what_mjml_sees() -> None:
    rendered, marks = render("<p>{{ title }}{{ body }}</p>", title='"hostile"', body=Html("<b>bold</b>"))
    assert "hostile" not in rendered.text and "bold" not in rendered.text
    assert marks.values == ['"hostile"', Html("<b>bold</b>")]


def test_readers_values_become_slots_with_their_fallbacks() -> None:
    source = '{{ reader.name("there") }} {{ reader.attribute("city", "town") }} {{ reader.unsubscribe_url }}'
    assert text_of(source) == "«name|there» «attributes.city|town» «unsubscribe_url|»"
    _, marks = render(source)
    assert marks.values[0] == Slot("name", "there")


def test_value_that_looks_like_a_template_stays_as_it_is() -> None:
    assert text_of("{{ title }}", title="{{ 7 * 7 }} {% if %}") == "{{ 7 * 7 }} {% if %}"


def test_markers_come_through_macros_set_blocks_and_loops() -> None:
    source = (
        "{% macro shout(word) %}<{{ word | upper }}>{% endmacro %}"
        "{% set block %}[{{ title }}]{% endset %}"
        "{% for name in names %}{{ shout(name) }}{% endfor %}{{ block }}{{ 1 + 1 }}"
    )
    assert text_of(source, names=["a", "b"], title="t") == "<A><B>[t]2"


def test_constant_of_a_set_block_stays_template_text_and_can_be_compared() -> None:
    rendered, _ = render(
        '{% set green %}#2c5e50{% endset %}<p style="color:{{ green }}">{% if green == "#2c5e50" %}yes{% endif %}'
    )
    assert rendered.text == '<p style="color:#2c5e50">yes'


def test_two_renders_of_one_look_do_not_share_markers() -> None:
    look = look_of(issue="{{ 'constant' }}{{ title }}")
    for title in ("one", "two"):
        marks = Marks(title)
        rendered = render_template(look, "issue.j2", {"title": title}, marks)
        assert cut(rendered.text, marks, "plain", rendered.place_of_mark) == (f"constant{title}",)


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n\n{{ nobody }}", 3, "'nobody' is undefined"),
        ("a\n{{ article.colour }}", 2, "has no attribute 'colour'"),
        ("a\n{% if nobody %}x{% endif %}", 2, "'nobody' is undefined"),
        ("{% for x in [1] %}\n\n\n{{ y }}\n{% endfor %}", 4, "'y' is undefined"),
        ("a\n{% if x %}\n", 2, "Unexpected end of template"),
        ("a\n{{ 1 + }}", 2, "unexpected 'end of print statement'"),
        ("a\n{{ x | nofilter }}", 2, "No filter named 'nofilter'"),
        ("a\n{{ x | safe }}", 2, "No filter named 'safe'"),
        ("a\n{{ reader.shoe_size }}", 2, "no attribute 'shoe_size'"),
        ("a\n{{ reader.attribute('') }}", 2, "needs the name of an attribute"),
        ("a\n{% if reader.name('x') %}b{% endif %}", 2, "filled in per reader"),
        ("a\n{{ reader.name('x') | upper }}", 2, "filled in per reader"),
        ("a\n{{ 'Dear ' ~ reader.name('x') }}", 2, "filled in per reader"),
        ("a\n{{ reader.email == 'x' }}", 2, "filled in per reader"),
        ("a\n{{ 1 / 0 }}", 2, "division by zero"),
        ("a\n{{ article.__class__ }}", 2, "unsafe"),
        ("a\n\x01b", 2, "a control character"),
        ("a\n{% include 'missing.j2' %}", 2, "there is no template missing.j2"),
    ],
)
def test_fault_names_template_and_line(source: str, line: int | None, words: str) -> None:
    with pytest.raises(RenderError) as fault:
        render(source, article=Slot("article"), x="x")
    assert words in str(fault.value)
    assert fault.value.line == line
    if line is not None:
        assert str(fault.value).startswith(f"templates/plain/issue.j2, line {line}: ")


def test_fault_in_an_included_file_names_that_file() -> None:
    look = look_of(issue="a\n{% include 'foot.j2' %}", foot="\n\n{{ nobody }}")
    with pytest.raises(RenderError) as fault:
        render_template(look, "issue.j2", {}, Marks(""))
    assert str(fault.value).startswith("templates/plain/foot.j2, line 3: ")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a\n{% include '../../config.toml' %}", "there is no template ../../config.toml"),
        ("a\n{% include ['b.j2', 'c.j2'] %}", "there is none of the templates b.j2, c.j2"),
        ("a\n{% extends 'b.j2' %}", "there is no template b.j2"),
        ("a\n{% import 'b.j2' as b %}", "there is no template b.j2"),
        ("a\n{% include 'issue.j2' %}", "calls itself without end"),
        ("{% macro m() %}\n{{ m() }}{% endmacro %}{{ m() }}", "calls itself without end"),
        ("a\n{{ 'x' * 10**17 }}", "more memory than a template may have"),
        ("a\n{{ lipsum() }}", "'lipsum' is undefined"),
    ],
)
def test_template_that_cannot_end_or_begin_is_named_with_the_line(source: str, words: str) -> None:
    with pytest.raises(RenderError) as fault:
        render(source)
    assert str(fault.value) == f"templates/plain/issue.j2, line 2: {fault.value.words}"
    assert words in fault.value.words


def test_two_files_that_include_each_other_are_one_error_with_a_line() -> None:
    look = look_of(issue="\n{% include 'foot.j2' %}", foot="\n{% include 'issue.j2' %}")
    with pytest.raises(RenderError, match=r"\.j2, line 2: a template or macro calls itself without end"):
        render_template(look, "issue.j2", {}, Marks(""))


def test_file_that_the_look_lacks_is_named_with_the_look() -> None:
    with pytest.raises(RenderError, match=r"^look plain: there is no template other\.j2$"):
        render_template(look_of(issue="a"), "other.j2", {}, Marks(""))


def test_template_that_python_cannot_compile_is_one_error() -> None:
    with pytest.raises(RenderError, match="too many statically nested blocks"):
        render("{% for a in [1] %}" * 30 + "{% endfor %}" * 30)
    with pytest.raises(RenderError, match="without end"):
        render("{{ " + "(" * 9_999 + ")" * 9_999 + " }}")


def test_template_that_writes_too_much_is_refused() -> None:
    with pytest.raises(RenderError, match="writes more than 1,000,000 characters"):
        render("{% for _ in range(2000) %}" + "x" * 600 + "{% endfor %}")
    with pytest.raises(RenderError, match="values it writes are more than 25,000,000 characters"):
        render("{% for _ in range(2000) %}{{ body }}{% endfor %}", body=Html("x" * 13_000))


@pytest.mark.parametrize(
    "source",
    [
        "{{ x | SECRET }}",
        "{% SECRET %}",
        "{{ SECRET }}",
        "{{ 'x'.SECRET }}",
        "{% include 'SECRET' %}",
        "{{ 'SECRET' | int + [] }}",
    ],
)
def test_error_quotes_no_more_than_a_few_words_of_a_template(source: str) -> None:
    with pytest.raises(RenderError) as fault:
        render(source.replace("SECRET", "root_" * 1_000), x="x")
    assert "root_" * 9 not in str(fault.value) and len(str(fault.value)) < 300


def test_filter_over_finished_template_text_is_refused() -> None:
    with pytest.raises(RenderError, match="on each value instead"):
        render("{% set x %}{{ title }}{% endset %}{{ x | upper }}", title="t")


LINES = """<a1>
{% if yes %}
<a3>
{%- endif -%}

  <a6
    b7="x">
{% for n in [1, 2] %}
  <a9 n="{{ n }}">{{ title }}
{% endfor %}
{# a comment
   over two lines #}
{% set late %}
<a14>
{% endset %}
{% if no %}<a16>{% else %}<b16>{% endif %}

{{ late }}<a18>
"""


def test_every_line_of_the_output_is_traced_to_its_line_in_the_template() -> None:
    rendered, _ = render(LINES, yes=True, no=False, title="two\nlines")
    lines = {}
    for name in ("a1", "a3", "a6", "b7", "a9", "a14", "b16", "a18"):
        position = rendered.text.index(name)
        lines[name] = rendered.place(position)[1]
    assert lines == {"a1": 1, "a3": 3, "a6": 6, "b7": 7, "a9": 9, "a14": 14, "b16": 16, "a18": 18}
    assert rendered.place(rendered.text.rindex("<a9"))[1] == 9
    assert rendered.place_of_mark(0) == ("templates/plain/issue.j2", 9)
    assert "\x02" not in rendered.text


def test_line_in_an_included_file_is_traced_to_that_file() -> None:
    look = look_of(issue="<a>\n{% include 'foot.j2' %}\n<c>", foot="\n<b>\n")
    rendered = render_template(look, "issue.j2", {}, Marks(""))
    assert rendered.place(rendered.text.index("<b>")) == ("templates/plain/foot.j2", 2)
    assert rendered.place(rendered.text.index("<c>")) == ("templates/plain/issue.j2", 3)
