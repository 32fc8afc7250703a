"""Each pre-flight rule is shown the fault it is for, and a sound copy passes all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mjml import mjml2html

from newsletter.checking import CheckInput, Finding, Report, check_issue
from newsletter.model import CallToAction, Hero
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.page import HTML_LIMIT, PageInput, render_issue
from newsletter.rendering.slots import fill
from newsletter.rendering.templating import Look
from sample_pages import ARTICLE, BODY, NEWSLETTER, PAGE, VALUES

CALM = load_look("calm", [packaged_templates()])


def to_html(mjml: str) -> str:
    return mjml2html(mjml, fonts={}, social_icon_origin="")


def copy_of(page: PageInput = PAGE, look: Look = CALM, **values: str) -> CheckInput:
    rendered = render_issue(page, look, to_html)
    filled = {**VALUES, **values}
    return CheckInput(
        newsletter=page.newsletter,
        rendered=rendered,
        html=fill(rendered.html, filled),
        text=fill(rendered.text, filled),
    )


def changed(filename: str, old: str, new: str) -> Look:
    assert old in CALM.sources[filename]
    return Look("calm", {**CALM.sources, filename: CALM.sources[filename].replace(old, new)}, {})


def with_article(**fields: object) -> PageInput:
    return replace(PAGE, article=replace(ARTICLE, **fields))  # type: ignore[arg-type]


def rules_of(subject: CheckInput) -> dict[str, str]:
    return {f"{finding.rule} in {finding.where}": finding.severity for finding in check_issue(subject).findings}


def test_sound_issue_passes_although_its_article_shows_template_syntax() -> None:
    assert "{{ name }}" in BODY
    assert check_issue(copy_of()) == Report("pass", ())


def test_reader_whose_name_looks_like_a_template_is_no_fault() -> None:
    assert check_issue(copy_of(name="{{ name }} {% if %}")).verdict == "pass"


def test_look_without_a_way_to_leave_is_blocked() -> None:
    html = changed("issue.mjml.j2", '<a href="{{ reader.unsubscribe_url }}">Unsubscribe</a>', "")
    assert rules_of(copy_of(look=html)) == {"unsubscribe_html in HTML part": "block"}
    text = changed("issue.txt.j2", "{{ reader.unsubscribe_url }}", "")
    assert rules_of(copy_of(look=text)) == {"unsubscribe_text in text part": "block"}


def test_address_to_unsubscribe_that_is_no_link_is_blocked() -> None:
    look = changed(
        "issue.mjml.j2",
        '<a href="{{ reader.unsubscribe_url }}">Unsubscribe</a>',
        "{{ reader.unsubscribe_url }}",
    )
    assert rules_of(copy_of(look=look)) == {"unsubscribe_html in HTML part": "block"}


def test_copy_whose_reader_has_no_address_to_unsubscribe_is_blocked() -> None:
    found = rules_of(copy_of(unsubscribe_url=""))
    assert found["unsubscribe_html in HTML part"] == found["unsubscribe_text in text part"] == "block"


def test_call_to_action_that_no_link_leads_to_is_blocked() -> None:
    look = changed("issue.mjml.j2", 'href="{{ call_to_action.url }}"', 'href="https://example.org/other"')
    assert rules_of(copy_of(look=look)) == {"call_to_action in HTML part": "block"}
    page = replace(PAGE, call_to_action=CallToAction("Talk?", "Book", ""))
    assert rules_of(copy_of(page)) == {"call_to_action in call to action": "block"}


def test_newsletter_without_a_postal_address_is_blocked() -> None:
    page = replace(PAGE, newsletter=replace(NEWSLETTER, postal_address="\n"))
    assert rules_of(copy_of(page)) == {"postal_address in config.toml": "block"}


def test_look_that_hides_the_postal_address_is_blocked() -> None:
    look = changed("issue.mjml.j2", "{{ line }}", "")
    assert rules_of(copy_of(look=look)) == {"postal_address in HTML part": "block"}


def test_template_syntax_left_in_the_look_is_blocked() -> None:
    look = changed("issue.mjml.j2", "Hello ", "Hello {% raw %}{{ first_name }}{% endraw %} ")
    assert rules_of(copy_of(look=look)) == {"left_over_syntax in issue.mjml.j2": "block"}


def test_marker_that_nobody_filled_in_is_blocked() -> None:
    subject = copy_of()
    spoilt = replace(subject, text=subject.text + "nl" + "0" * 20 + "x3q")
    assert rules_of(spoilt) == {"left_over_slot in text part": "block"}


def test_empty_subject_and_empty_text_are_blocked() -> None:
    subject = copy_of(replace(PAGE, subject="  "))
    assert rules_of(subject) == {"subject in subject": "block"}
    assert rules_of(replace(copy_of(), text="\n"))["text_part in text part"] == "block"


def test_empty_html_is_blocked_and_not_a_crash() -> None:
    assert check_issue(replace(copy_of(), html="")).verdict == "block"


def test_picture_without_words_is_a_warning() -> None:
    page = with_article(hero=Hero("media/a.jpg"), body_html='<p><img src="media/b.jpg"></p>')
    report = check_issue(copy_of(page))
    assert report.verdict == "warn"
    assert [finding.rule for finding in report.findings] == ["alternative_text"] * 2
    assert "media/b.jpg" in report.findings[1].words


def test_page_without_a_language_is_a_warning() -> None:
    look = changed("issue.mjml.j2", ' lang="{{ newsletter.language }}"', "")
    assert rules_of(copy_of(look=look)) == {"language in HTML part": "warn"}


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("http://example.org/", "link_insecure"),
        ("ftp://example.org/", "link_scheme"),
        ("/about", "link_scheme"),
        ("#", "link_empty"),
        ("", "link_empty"),
    ],
)
def test_link_that_does_not_work_everywhere_is_a_warning(address: str, rule: str) -> None:
    subject = copy_of()
    spoilt = replace(subject, html=subject.html.replace("https://example.org/privacy", address))
    assert rules_of(spoilt) == {f"{rule} in HTML part": "warn"}


@pytest.mark.parametrize(
    "address",
    ["https://example.org/", "mailto:a@example.org", "tel:988", "#below", "http://127.0.0.1:8000/x"],
)
def test_link_that_works_is_no_fault(address: str) -> None:
    subject = copy_of()
    assert rules_of(replace(subject, html=subject.html.replace("https://example.org/privacy", address))) == {}


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://tracker.example.net/p.gif" alt="x">',
        '<link rel="stylesheet" href="https://fonts.example.net/x.css">',
        '<table background="http://example.net/x.png"></table>',
        "<style>@import 'https://fonts.example.net/x';</style>",
        '<p style="background: url(//example.net/x.png)">x</p>',
        '<script src="https://example.net/x.js"></script>',
    ],
)
def test_anything_loaded_from_an_outside_host_is_blocked(markup: str) -> None:
    subject = copy_of()
    spoilt = replace(subject, html=subject.html.replace("</body>", markup + "</body>"))
    assert rules_of(spoilt) == {"outside_host in HTML part": "block"}


@pytest.mark.parametrize(("length", "severity"), [(150, None), (151, "warn"), (250, "warn"), (251, "block")])
def test_subject_that_no_mail_program_shows_whole_is_told(length: int, severity: str | None) -> None:
    found = rules_of(copy_of(replace(PAGE, subject="x" * length)))
    assert found == ({"subject_length in subject": severity} if severity else {})


def test_mend_of_a_long_subject_names_the_command() -> None:
    (finding,) = check_issue(copy_of(replace(PAGE, subject="x" * 2_400))).findings
    assert "2,400 characters" in finding.words
    assert "newsletter articles edit SLUG --set title=" in finding.mend


def test_picture_that_the_home_does_not_have_is_blocked_by_name() -> None:
    subject = replace(copy_of(), missing_media=("media/gone.jpg", "media/lost.png"))
    report = check_issue(subject)
    assert report.verdict == "block"
    assert [finding.rule for finding in report.findings] == ["missing_picture"] * 2
    assert "media/gone.jpg" in report.findings[0].words and "media/lost.png" in report.findings[1].words
    assert "newsletter articles edit" in report.findings[0].mend


@pytest.mark.parametrize(
    "source", ["images/a.jpg", "../a.jpg", "http://example.org/a.jpg", "https://example.net/a.jpg"]
)
def test_hero_that_is_left_out_is_a_warning_that_names_it(source: str) -> None:
    report = check_issue(copy_of(with_article(hero=Hero(source, "A harbour"))))
    assert [(finding.rule, finding.severity) for finding in report.findings] == [("dropped_picture", "warn")]
    assert source in report.findings[0].words


def test_html_that_would_be_clipped_is_blocked_and_a_heavy_message_a_warning() -> None:
    subject = copy_of()
    clipped = replace(subject, html=subject.html.replace("</body>", "x" * HTML_LIMIT + "</body>"))
    assert rules_of(clipped) == {"html_size in HTML part": "block"}
    assert rules_of(replace(subject, message_size=500_001)) == {"message_size in message": "warn"}


def test_what_blocks_comes_first_and_makes_the_verdict() -> None:
    warning = Finding("a", "links", "warn", "w", "x", "m")
    block = Finding("b", "links", "block", "w", "x", "m")
    assert Report.of([warning, block]) == Report("block", (block, warning))
    assert Report.of([warning]).verdict == "warn"
