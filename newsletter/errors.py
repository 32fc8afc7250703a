"""Everything that can go wrong, as one tree whose members carry facts, not only sentences.

NewsletterError                 one clear line for the person at the keyboard
├── ConfigError(key)            a setting is unknown, missing or of the wrong kind
├── SourceError(source, line)   something offered for import cannot be read
│   └── FetchError(status)      an address cannot be fetched: refused by us, by the server, or broken on the way
│       └── TooLarge            what stands there is larger than it may be
├── NotFound(noun, name)        nothing of that name
├── Refused                     allowed by the code, refused for the reader's sake (guards, pre-flight)
├── RenderError(template, line) a template or its MJML is broken
├── MessageError(field)         a message that must not be built: injected header, overlong line
├── InvalidTransition           a life cycle does not have that arrow
├── DatabaseError               the database cannot be used: newer schema, locked, disk full
├── AlreadyRunning(pid)         another process holds this home
└── DeliveryError(reply)        what one try at handing a message over came to
    ├── TransientFailure        4yz, or nothing was said: try this reader again later
    ├── PermanentFailure        5yz for this reader: give up, keep the reply
    ├── RelayRefusal            5yz at EHLO, AUTH or MAIL: no reader's fault, the issue pauses
    └── InDoubt                 the connection died between the final dot and its reply
"""

from __future__ import annotations

from typing import NamedTuple


class NewsletterError(Exception):
    """One clear line that names the file, line or field, fit to be printed as it is."""


class ConfigError(NewsletterError):
    def __init__(self, key: str, words: str) -> None:
        super().__init__(f"{key}: {words}" if key else words)
        self.key = key


class SourceError(NewsletterError):
    def __init__(self, source: str, words: str, line: int | None = None) -> None:
        place = f"{source}, line {line}" if line is not None else source
        super().__init__(f"{place}: {words}")
        self.source = source
        self.line = line
        self.words = words


class FetchError(SourceError):
    """`source` is the address, `status` what the server answered; None when it did not come to an answer."""

    def __init__(self, source: str, words: str, status: int | None = None) -> None:
        super().__init__(source, words)
        self.status = status


class TooLarge(FetchError):
    """Asking again would bring nothing else."""


class NotFound(NewsletterError):
    def __init__(self, noun: str, name: str, words: str = "") -> None:
        super().__init__(f"there is no {noun} {name!r}" + (f"; {words}" if words else ""))
        self.noun = noun
        self.name = name


class Refused(NewsletterError):
    """The sentence says what to change."""


class RenderError(NewsletterError):
    def __init__(self, template: str, words: str, line: int | None = None) -> None:
        place = f"{template}, line {line}" if line is not None else template
        super().__init__(f"{place}: {words}")
        self.template = template
        self.line = line
        self.words = words


class MessageError(NewsletterError):
    def __init__(self, field: str, words: str) -> None:
        super().__init__(f"{field}: {words}")
        self.field = field


class InvalidTransition(NewsletterError):
    def __init__(self, noun: str, before: str, after: str) -> None:
        super().__init__(f"the {noun} is {before}{' already' if before == after else f'; it cannot become {after}'}")


class DatabaseError(NewsletterError):
    """The database cannot be used as it is."""


class AlreadyRunning(NewsletterError):
    def __init__(self, pid: int, words: str) -> None:
        super().__init__(words)
        self.pid = pid


class Reply(NamedTuple):
    """What a relay answered: the code and the lines after it, joined (RFC 5321 §4.2)."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class DeliveryError(NewsletterError):
    """`reply` is None when the relay said nothing at all."""

    def __init__(self, words: str, reply: Reply | None = None) -> None:
        super().__init__(words)
        self.reply = reply


class TransientFailure(DeliveryError):
    """Try this reader again later."""


class PermanentFailure(DeliveryError):
    """Give this reader up."""


class RelayRefusal(DeliveryError):
    """The relay refuses us, not a reader: pause the issue, mark nobody."""


class InDoubt(DeliveryError):
    """Nobody can know whether the relay took the message."""
