"""The text somebody typed → an address to compare and to write on an envelope, or the reason why not."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from subscribers.errors import InvalidAddress

LONGEST = 254  # octets, RFC 5321 §4.5.3.1.3 with RFC 3696 erratum 1690

EXAMPLE_DOMAINS = frozenset({"example.com", "example.net", "example.org"})  # RFC 2606 §3
EXAMPLE_TOP_LEVELS = frozenset({"test", "example", "invalid", "localhost"})  # RFC 2606 §2, RFC 6761

FREE_MAIL_DOMAINS = frozenset(
    """
    126.com 163.com aim.com aol.com arcor.de att.net bellsouth.net bigpond.com bluewin.ch bol.com.br
    btinternet.com charter.net comcast.net cox.net daum.net earthlink.net email.com email.cz
    fastmail.com fastmail.fm free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
    googlemail.com hanmail.net hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr
    hotmail.it hushmail.com icloud.com inbox.com inbox.lv inbox.ru interia.pl juno.com kakao.com
    laposte.net libero.it list.ru live.co.uk live.com live.de live.fr live.nl mac.com mail.com mail.de
    mail.ru mailbox.org me.com msn.com naver.com netscape.net o2.pl onet.pl online.de op.pl
    optonline.net orange.fr outlook.com outlook.de outlook.fr outlook.it pm.me posteo.de posteo.net
    proton.me protonmail.ch protonmail.com qq.com rediffmail.com rocketmail.com sbcglobal.net seznam.cz
    sfr.fr shaw.ca sina.com sky.com sohu.com sympatico.ca t-online.de talktalk.net telenet.be
    terra.com.br tiscali.it tuta.com tuta.io tutanota.com uol.com.br verizon.net virgilio.it
    virginmedia.com wanadoo.fr web.de wp.pl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com
    yahoo.com.au yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru yeah.net
    ymail.com zoho.com zohomail.com
    """.split()
)
"""Providers whose domain, as the From of mail that they did not send, gets it refused (DMARC)."""


class Address(NamedTuple):
    """One mailbox: a tuple, because imports make millions of them."""

    email: str  # as it is written on the envelope: the local part as given, the domain as A-labels
    key: str  # equal for two spellings of one mailbox
    local: str
    domain_ascii: str


def parse(text: str) -> Address:
    """The address in `text`, space around it ignored. Raises InvalidAddress.

    The truth is email-validator's (syntax only, nothing is looked up). Plain ASCII addresses take a shorter
    way that accepts nothing it would refuse; tests hold the two against each other.
    """
    email = text.strip(" \t\u00a0")
    return _parse_plain(email) or _parse_fully(email)


def is_example(email: str) -> bool:
    """Whether nobody can be behind the address: its domain is reserved for examples and tests."""
    labels = email.rpartition("@")[2].casefold().split(".")
    return labels[-1] in EXAMPLE_TOP_LEVELS or ".".join(labels[-2:]) in EXAMPLE_DOMAINS


def is_free_mail(domain: str) -> bool:
    """Whether the domain belongs to a provider whose customers may not send as themselves from elsewhere."""
    return domain.casefold() in FREE_MAIL_DOMAINS


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[A-Za-z]{{2,63}}")

# RFC 2142: these are lowered, and so not "as given".
_ROLE_NAMES = frozenset(
    "abuse ftp hostmaster info marketing news noc postmaster sales security support".split()
    + "usenet uucp webmaster www".split()
)
# Top levels that no mail can reach; `example` is not among them: it may stand in addresses (RFC 6761 §6.5).
_UNREACHABLE = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})


def _parse_plain(email: str) -> Address | None:
    """The address when it is plain ASCII and beyond doubt; None says nothing."""
    local, _, domain = email.rpartition("@")
    if len(email) > LONGEST or _PLAIN_LOCAL.fullmatch(local) is None:
        return None
    plain = _plain_domain(domain)
    if plain is None:
        return None
    lowered = local.lower()
    if lowered in _ROLE_NAMES:
        return None
    return Address(f"{local}@{plain}", f"{lowered}@{plain}", local, plain)


@lru_cache(maxsize=4096)  # a few providers serve most readers
def _plain_domain(domain: str) -> str | None:
    """The domain in lower case when it is beyond doubt. Two hyphens in a row may be Punycode: doubtful."""
    if len(domain) > 253 or "--" in domain or _PLAIN_DOMAIN.fullmatch(domain) is None:
        return None
    lowered = domain.lower()
    return None if lowered.rpartition(".")[2] in _UNREACHABLE else lowered


def _parse_fully(email: str) -> Address:
    # The validator's work grows with the length; nothing this long can pass.
    if len(email) > 2 * LONGEST:
        raise InvalidAddress(email, "The email address is too long.")
    # Loading it takes longer than most commands run.
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(email, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError as error:
        raise InvalidAddress(email, str(error)) from None
    local, domain = found.local_part, found.ascii_domain
    return Address(f"{local}@{domain}", f"{_caseless(local)}@{domain}", local, domain)


def _caseless(text: str) -> str:
    """Canonical caseless form (Unicode §3.13, D145), composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
