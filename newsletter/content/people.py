"""The words around a name, `Jane Doe, LCSW – Calm Waters` → the author they speak of."""

from __future__ import annotations

import re

from newsletter.model import Author

_PARTICLES = set(
    "de del della der den di da das do dos du des la le las los van von vom zu zum zur y e bin ibn al el".split()
)
_GENERATIONS = {"Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV"}
_COMPANIES = {"LLC", "LTD", "INC", "PLLC", "LLP", "GMBH", "AG", "PC", "PA", "USA", "UK", "US"}
_CREDENTIAL = re.compile(r"[A-Za-z]{1,6}(?:[.\-/][A-Za-z]{0,6}){0,4}\.?(?:\(?[A-Z]{1,4}\)?)?")
_NAME_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.\-])*")
_IN_BRACKETS = re.compile(r"\s*\(([^()]*)\)")
_AND = re.compile(r"\s+(?:and|und|et|&|\+)\s+")
ROLE_WORDS = set(
    "author authors writer writers therapist therapists counselor counselors counsellor counsellors "
    "clinician clinicians psychologist psychiatrist psychotherapist director founder co-founder owner coach "
    "social worker clinical guest blogger contributor contributors editor intern doctor physician nurse "
    "teacher curator practitioner specialist consultant manager president partner lead senior associate "
    "columnist mediator head minister pastor vicar host "
    "licensed staff resident team member autor autorin therapeut therapeutin auteur auteure autora "
    "terapeuta".split()
)
DOINGS = frozenset(
    "is has was works holds earned writes lives teaches helps sees answers runs leads offers "
    "ist arbeitet schreibt lebt leitet est travaille écrit reçoit es trabaja escribe".split()
)
"""What a sentence about a person says they do."""
_KEEPERS = {"curator", "head", "keeper", "manager", "minister", "professor", "teacher", "editor"}
_DASH = re.compile(r"\s+[-–—|·]\s+|\s*[—|]\s*|\s+(?:at|@)\s+|,?\s+(?:of|with)\s+(?=[A-Z])")


def is_credential(word: str) -> bool:
    """Told by its shape: a short group of letters, mostly capitals (`LCSW`, `PhD`, `Psy.D.`, `LCSW-C`)."""
    letters = [char for char in word if char.isalpha()]
    if not _CREDENTIAL.fullmatch(word) or not 2 <= len(letters) <= 9:
        return False
    if word in _GENERATIONS or word.upper().strip(".") in _COMPANIES:
        return False
    capitals = sum(char.isupper() for char in letters)
    has_dots = "." in word.rstrip(".") or "-" in word
    return letters[0].isupper() and capitals >= 2 and (capitals * 2 >= len(letters) or has_dots)


def is_person_name(words: str) -> bool:
    """One to six capitalised words (`Sonia De La Torre`, `Ludwig van Beethoven`, `Dr. Jane Doe Jr.`)."""
    parts = words.split()
    if not 1 <= len(parts) <= 6:
        return False
    return parts[0].casefold() not in _NOT_A_NAME and all(_is_name_word(part) for part in parts)


_NOT_A_NAME = set(
    "the our your my a an and by about meet in on how why what when admin editor staff guest this these".split()
)


def _is_name_word(word: str) -> bool:
    if word.casefold() in _PARTICLES or word in _GENERATIONS:
        return True
    return bool(_NAME_WORD.fullmatch(word)) and not word[0].islower()


def read_people(words: str) -> tuple[Author, ...]:
    """The authors of a byline: `Jane Doe, LCSW and John Roe, PhD`. Empty when it names nobody."""
    authors: list[Author] = []
    for part in _AND.split(words.strip(" ,;")):
        person = read_person(part)
        if person is None:
            return ()
        # `Jane Doe, John Roe and Ann Poe`: what stands where a role would is a second name.
        roles = [role.strip() for role in person.role.split(",") if role.strip()]
        others = [role for role in roles if _is_second_name(role)]
        kept = ", ".join(role for role in roles if role not in others)
        authors.append(Author(person.name, person.credentials, kept, person.practice))
        authors += [Author(other) for other in others]
    return tuple(authors)


def _is_second_name(words: str) -> bool:
    has_role = any(word.casefold() in ROLE_WORDS for word in words.split())
    return len(words.split()) > 1 and is_person_name(words) and not has_role


def read_person(words: str) -> Author | None:
    """`Jane Doe, LCSW, Clinical Director – Calm Waters` as an author; None when no name stands first."""
    person, practice = _practice_apart(_IN_BRACKETS.sub(_out_of_brackets, words).strip(" ,;:"))
    name, *groups = [part.strip() for part in person.split(",")]
    credentials: list[str] = []
    roles: list[str] = []
    while groups and groups[0] in _GENERATIONS:
        name = f"{name} {groups.pop(0)}"
    for group in filter(None, groups):
        is_earned = all(is_credential(word) or word in _GENERATIONS for word in group.split())
        (credentials if is_earned else roles).append(group)
    if any(role.split()[0].casefold() in DOINGS for role in roles):
        return None  # `Jane Doe, LCSW, leads a group`: a sentence about somebody
    name, trailing = _without_trailing_credentials(name)
    if not is_person_name(name):
        return None
    return Author(
        name=name if name.endswith(("Jr.", "Sr.")) else name.rstrip("."),
        credentials=", ".join(trailing + credentials),
        role=", ".join(roles),
        practice=practice.strip(" .,"),
    )


def _out_of_brackets(match: re.Match[str]) -> str:
    """`Jane Doe (LCSW)` says what a comma would; most other brackets hold pronouns."""
    return f", {match[1]}" if is_credential(match[1]) else ""


def is_same_person(one: str, other: str) -> bool:
    """`Jane` or `Dr. Jane Doe` beside `Jane Doe`; two full names are the same only when all words are."""
    first, second = _name_words(one), _name_words(other)
    return bool(first and second) and (first <= second or second <= first)


def _name_words(name: str) -> set[str]:
    return {word.casefold().strip(".,") for word in name.split()} - {"dr", "mr", "mrs", "ms", "prof"}


def _practice_apart(text: str) -> tuple[str, str]:
    match = next((found for found in _DASH.finditer(text) if not _is_of_a_subject(text, found)), None)
    return (text, "") if match is None else (text[: match.start()], text[match.end() :])


def _is_of_a_subject(text: str, match: re.Match[str]) -> bool:
    """`Curator of Textiles`: what stands behind is what somebody looks after, not where."""
    return match[0].strip(" ,") == "of" and text[: match.start()].rpartition(" ")[2].casefold() in _KEEPERS


def _without_trailing_credentials(name: str) -> tuple[str, list[str]]:
    """`Jane Doe LCSW` apart; a name in capitals is left whole, its last word could be either."""
    words = name.split()
    trailing: list[str] = []
    while len(words) > 2 and is_credential(words[-1]) and any(char.islower() for char in "".join(words[:-1])):
        trailing.insert(0, words.pop())
    return " ".join(words), [" ".join(trailing)] if trailing else []
