"""Everything that can go wrong with an audience, as one tree whose members carry facts, not only sentences.

SubscribersError                        one clear line for the person at the keyboard
├── InvalidAddress(address, words)      not an address a message can be sent to
├── InvalidField(field, words)          a name or an attribute that must not be stored
├── InvalidToken                        a link that we did not make, or made for something else
├── UnknownList(name)                   no mailing list of that name
├── ListNameTaken(name)                 there is one already
├── ConsentMissing                      nobody said that the reader agreed
└── UnreadableImport(source, line)      a file offered for import cannot be read at all
"""

from __future__ import annotations

LONGEST_QUOTE = 80
"""An error repeats no more characters than this of what it complains about."""


class SubscribersError(Exception):
    """One clear line that names the file, line or field, fit to be printed as it is."""


class InvalidAddress(SubscribersError):
    def __init__(self, address: str, words: str) -> None:
        super().__init__(f"{_shortened(address)!r}: {words}")
        self.address = address
        self.words = words


class InvalidField(SubscribersError):
    def __init__(self, field: str, words: str) -> None:
        super().__init__(f"{field}: {words}")
        self.field = field
        self.words = words


class InvalidToken(SubscribersError):
    def __init__(self) -> None:
        super().__init__("this link is not one of ours, or was cut short on its way")


class UnknownList(SubscribersError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no mailing list {_shortened(name)!r}")
        self.name = name


class ListNameTaken(SubscribersError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is already a mailing list {name!r}")
        self.name = name


class ConsentMissing(SubscribersError):
    """A reader is not confirmed on nobody's word."""


class UnreadableImport(SubscribersError):
    def __init__(self, source: str, line: int | None, words: str) -> None:
        place = f"{source}, line {line}" if line is not None else source
        super().__init__(f"{place}: {words}")
        self.source = source
        self.line = line
        self.words = words


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
