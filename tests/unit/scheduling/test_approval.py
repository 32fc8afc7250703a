"""Options, who was asked, what they said and the present → whom to ask, and whether the issue goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsletter.options import Options
from newsletter.scheduling.approval import (
    Answer,
    Asked,
    Question,
    Role,
    Verdict,
    asks_from,
    decide,
    is_to_choose,
    may_go_alone,
)

AT = datetime(2026, 3, 31, 7, tzinfo=UTC)
DRAFTED = AT - timedelta(hours=48)
HALF = AT - timedelta(hours=24)
MARIA, OFFICE, DEPUTY = "maria@example.org", "office@example.org", "deputy@example.org"
NOW_IT_SAYS, IT_SAID = "now", "before"


def question(**options: Any) -> Question:
    given = {"approval": "required", "approvers": (OFFICE,), **options}
    return Question(Options(**given), (MARIA,), NOW_IT_SAYS, AT, ZoneInfo("Europe/Berlin"))


def asked(
    email: str = OFFICE,
    answer: Answer | None = None,
    content: str = NOW_IT_SAYS,
    at: datetime = DRAFTED,
    role: Role = Role.APPROVER,
    reason: str = "",
) -> Asked:
    answered = at if answer is not None else None
    return Asked(int(at.timestamp()), 1, email, role, content, at, "", answer, answered, reason)


@pytest.mark.parametrize(
    ("options", "before", "at_the_instant"),
    [
        ({}, Verdict.WAIT, Verdict.HOLD),
        ({"approval": "first-three"}, Verdict.WAIT, Verdict.HOLD),
        ({"if_unanswered": "send"}, Verdict.WAIT, Verdict.GO_ALONE),
        ({"if_unanswered": "skip"}, Verdict.WAIT, Verdict.SKIP),
        ({"approval": "optional"}, Verdict.WAIT, Verdict.GO_ALONE),
        ({"approval": "optional", "if_unanswered": "skip"}, Verdict.WAIT, Verdict.GO_ALONE),
        ({"approval": "none"}, Verdict.GO_ALONE, Verdict.GO_ALONE),
    ],
)
def test_without_an_answer_the_options_say_what_becomes_of_it(
    options: dict[str, Any], before: Verdict, at_the_instant: Verdict
) -> None:
    given = question(**options)
    assert decide(given, [asked()], AT - timedelta(seconds=1)).verdict is before
    assert decide(given, [asked()], AT).verdict is at_the_instant


@pytest.mark.parametrize(
    "options", [{}, {"if_unanswered": "skip"}, {"if_unanswered": "send"}, {"approval": "optional"}]
)
def test_a_yes_to_what_it_says_lets_it_go_at_its_instant_and_nobody_else_is_asked(options: dict[str, Any]) -> None:
    given = question(deputy=(DEPUTY,), **options)
    heard = [asked(answer=Answer.YES)]
    assert decide(given, heard, HALF).verdict is Verdict.WAIT
    assert decide(given, heard, AT + timedelta(days=9)).verdict is Verdict.GO
    assert decide(given, heard, AT).ask == ()


def test_a_yes_counts_also_where_nobody_is_asked_any_more() -> None:
    assert decide(question(approval="none"), [asked(answer=Answer.YES)], AT).verdict is Verdict.GO


def test_a_yes_to_other_words_is_none_and_everybody_is_asked_again() -> None:
    found = decide(question(), [asked(answer=Answer.YES, content=IT_SAID)], HALF)
    assert (found.verdict, found.ask) == (Verdict.WAIT, ((OFFICE, Role.APPROVER),))
    assert "changed since it was approved" in found.words


@pytest.mark.parametrize("content", [NOW_IT_SAYS, IT_SAID])
@pytest.mark.parametrize("options", [{}, {"if_unanswered": "send"}, {"approval": "optional"}])
def test_a_wish_to_mend_holds_it_whatever_it_says_since_until_somebody_says_yes(
    options: dict[str, Any], content: str
) -> None:
    wish = asked(MARIA, Answer.MEND, content, reason="the telephone number is old")
    found = decide(question(**options), [wish], AT)
    assert found.verdict is Verdict.HOLD
    assert found.words == "maria@example.org wants it mended: the telephone number is old"
    later = asked(answer=Answer.YES, at=DRAFTED + timedelta(hours=1))
    assert decide(question(**options), [wish, later], AT).verdict is Verdict.GO


@pytest.mark.parametrize("answer", [Answer.SWAP, Answer.NOT_ANY_MORE])
@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ({}, Verdict.HOLD),
        ({"approval": "optional"}, Verdict.GO_ALONE),
        ({"if_unanswered": "send"}, Verdict.GO_ALONE),
        ({"if_unanswered": "skip"}, Verdict.SKIP),
    ],
)
def test_a_wish_to_mend_ends_when_its_article_is_taken_out_which_is_no_yes(
    options: dict[str, Any], verdict: Verdict, answer: Answer
) -> None:
    wish = asked(MARIA, Answer.MEND, IT_SAID, reason="the telephone number is old")
    out = asked(answer=answer, content=IT_SAID, at=DRAFTED + timedelta(hours=1))
    found = decide(question(**options), [wish, out], AT)
    assert (found.verdict, found.words.partition(" yes")[0]) == (verdict, "nobody has said")
    held = decide(replace(question(**options), is_held=True), [wish, out], AT + timedelta(hours=1))
    assert held.verdict is Verdict.HOLD
    assert held.words == f"{OFFICE} took out what was to be mended: it waits for a yes"
    again = asked(DEPUTY, Answer.MEND, at=DRAFTED + timedelta(hours=2))
    assert decide(question(**options), [wish, out, again], AT).verdict is Verdict.HOLD


def test_a_wish_to_mend_stands_while_its_article_may_be_in_the_issue() -> None:
    """Taken out before; one of several; and put back as it was."""
    wish, hour = asked(MARIA, Answer.MEND, IT_SAID), timedelta(hours=1)
    before, after = (asked(answer=Answer.SWAP, content=IT_SAID, at=DRAFTED + turn * hour) for turn in (-1, 1))
    for given, heard in (
        (question(approval="optional"), [before, wish]),
        (question(approval="optional", articles=2), [wish, after]),
        (replace(question(approval="optional"), content_hash=IT_SAID), [wish, after]),
    ):
        assert decide(given, heard, AT).verdict is Verdict.HOLD


def test_the_latest_of_yes_and_mend_counts() -> None:
    later = asked(MARIA, Answer.MEND, at=DRAFTED + timedelta(hours=1))
    assert decide(question(), [asked(answer=Answer.YES), later], AT).verdict is Verdict.HOLD


@pytest.mark.parametrize("answer", [Answer.SWAP, Answer.SKIP, Answer.NOT_ANY_MORE])
def test_what_else_they_chose_is_no_yes(answer: Answer) -> None:
    assert decide(question(), [asked(answer=answer)], AT).verdict is Verdict.HOLD


def test_each_is_asked_once_about_the_same_content_the_author_as_author() -> None:
    given = question(approvers=(OFFICE, "author", "Maria@example.org"))
    everybody = ((MARIA, Role.AUTHOR), (OFFICE, Role.APPROVER))
    assert decide(given, [], DRAFTED).ask == everybody
    assert decide(given, [asked(MARIA)], DRAFTED).ask == everybody[1:]
    assert decide(given, [asked(MARIA), asked("OFFICE@example.org")], DRAFTED).ask == ()


def test_the_deputy_is_asked_at_half_time_when_nobody_has_answered() -> None:
    given = question(deputy=(DEPUTY,))
    assert decide(given, [asked()], HALF - timedelta(seconds=1)).ask == ()
    assert decide(given, [asked()], HALF).ask == ((DEPUTY, Role.DEPUTY),)
    assert decide(given, [asked(answer=Answer.MEND)], HALF).ask == ()
    assert decide(given, [asked(), asked(DEPUTY)], AT).ask == ()


def test_who_is_away_is_not_asked_and_the_deputy_is_at_once() -> None:
    given = question(deputy=(DEPUTY,), away=(f"{OFFICE}=2026-03-01..2026-03-29",))
    on_the_last_day = datetime(2026, 3, 29, 21, 59, tzinfo=UTC)  # 23:59 in Berlin
    assert decide(given, [], on_the_last_day).ask == ((DEPUTY, Role.DEPUTY),)
    on_the_next = on_the_last_day + timedelta(minutes=1)
    assert decide(given, [asked(DEPUTY)], on_the_next).ask == ((OFFICE, Role.APPROVER),)


def test_a_deputy_who_is_away_is_not_asked_either() -> None:
    both = (f"{OFFICE}=2026-03-01..2026-04-30", f"{DEPUTY}=2026-03-01..2026-04-30")
    assert decide(question(deputy=(DEPUTY,), away=both), [], HALF).ask == ()


def test_for_an_author_without_an_address_the_others_are_asked_and_the_deputy() -> None:
    given = Question(
        Options(approval="required", approvers=("author", OFFICE), deputy=(DEPUTY,)),
        (),
        NOW_IT_SAYS,
        AT,
        ZoneInfo("UTC"),
    )
    assert decide(given, [], DRAFTED).ask == ((OFFICE, Role.APPROVER), (DEPUTY, Role.DEPUTY))


def test_who_gets_a_first_copy_is_asked_for_a_yes_all_the_same() -> None:
    assert decide(question(), [asked(role=Role.STAFF)], DRAFTED).ask == ((OFFICE, Role.APPROVER),)


def test_after_three_issues_a_person_is_to_choose_and_until_then_a_yes_is_needed() -> None:
    new, chosen = Options(), Options(approval="required")
    assert [is_to_choose(new, begun) for begun in range(5)] == [False, False, False, True, True]
    assert not is_to_choose(chosen, 9)


@pytest.mark.parametrize(
    ("options", "alone"),
    [
        ({}, False),
        ({"approval": "required"}, False),
        ({"approval": "optional"}, True),
        ({"approval": "none"}, True),
        ({"if_unanswered": "send"}, True),
        ({"if_unanswered": "skip"}, False),
    ],
)
def test_what_may_leave_without_a_yes_is_told_before_it_is_picked(options: dict[str, Any], alone: bool) -> None:
    assert may_go_alone(Options(**options)) is alone


def test_it_is_shown_the_lead_before_its_occurrence() -> None:
    assert asks_from(Options(), AT) == DRAFTED
    assert asks_from(Options(lead=0), AT) == AT


def test_an_issue_that_is_due_before_its_occurrence_for_some_is_decided_then() -> None:
    heard = [asked(answer=Answer.YES)]
    assert decide(question(), heard, HALF, is_due=True).verdict is Verdict.GO
    assert decide(question(), [asked()], HALF, is_due=True).verdict is Verdict.HOLD
