"""A web address as somebody wrote it, and what its host resolves to → the place that may be asked, or why it may not.

Whoever writes an article, a feed or a redirect chooses the addresses that we ask. They must not reach this machine, its
private network or the cloud's own pages, by any spelling (OWASP: server-side request forgery).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin

import idna

from newsletter.errors import ConfigError

MAX_ADDRESS = 4_000  # characters; longer ones exist only to hurt

DEFAULT_PORTS = {"http": 80, "https": 443}

_MOST_SHOWN = 200  # characters of an address in an error

Allowed = frozenset[tuple[str, int | None]]
"""Hosts that may be asked whatever they resolve to; with a port, on that one alone."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """One http(s) address, taken apart once, so that nobody later can read another host out of it."""

    scheme: str
    host: str  # ASCII, small letters; an IPv6 address without its brackets
    port: int
    target: str  # path and query, ASCII; the fragment is nobody's business but the reader's

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


# -- reading an address

_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?)?", re.DOTALL)
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PORT = re.compile("[0-9]{1,5}")
_LABEL = re.compile("[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")
_PATH_SIGNS = "/%:@!$&'()*+,;=~"
_MAX_HOST = 253  # octets, RFC 1035 §2.3.4


def read_address(text: str) -> WebAddress:
    """Raises ValueError, in words that follow the address, for what is no http(s) address or is not plainly written."""
    text = text.strip(" \t\r\n\f")
    if len(text) > MAX_ADDRESS:
        raise ValueError(f"the address is longer than {MAX_ADDRESS} characters")
    if _UNSPEAKABLE.search(text):
        raise ValueError("the address holds a control character")
    parts = _PARTS.match(text)
    if parts is None:
        raise ValueError("this is no web address: it must begin with https:// or http://")
    scheme = parts[1].lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError("only https and http addresses are fetched")
    if parts[2] is None:
        raise ValueError(f"after {scheme}: there must be two slashes and a host")
    host, port = _read_authority(parts[2])
    return WebAddress(scheme, host, port or DEFAULT_PORTS[scheme], _read_target(parts[3], parts[4] or ""))


def read_redirect(base: WebAddress, location: str) -> str:
    """The address that a Location header names, seen from `base`; still to be read. Raises ValueError as above."""
    if "\\" in location:
        # The standard library and browsers disagree on what it means.
        raise ValueError("the address holds a backslash")
    if _UNSPEAKABLE.search(location):
        raise ValueError("the address holds a control character")
    try:
        return urljoin(base.url, location)
    except ValueError:
        raise ValueError("the address is malformed") from None


def show_address(text: str) -> str:
    """The address as it may stand in a report: one line, not endless, and nobody's password in it."""
    line = _UNSPEAKABLE.sub("\ufffd", text.strip())
    line = re.sub(r"^([^/?#]*//)[^/?#]*@", r"\1…@", line)
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}…"


def _read_authority(text: str) -> tuple[str, int | None]:
    """The host, and the port if one is named. Raises ValueError."""
    if "@" in text:
        raise ValueError("the address holds a user name or a password; only open pages are fetched")
    if "\\" in text:
        raise ValueError("the address holds a backslash")
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("the brackets of its host do not close")
        return _read_ipv6(host), _read_port(rest[1:])
    host, _, port = text.partition(":")
    return _read_host(host), _read_port(port)


def _read_port(text: str) -> int | None:
    if not text:
        return None
    if not _PORT.fullmatch(text) or not 0 < int(text) < 65536:
        raise ValueError("its port is no number between 1 and 65535")
    return int(text)


def _read_ipv6(text: str) -> str:
    if "%" in text:
        raise ValueError("its host is an address with a zone, which means something on one machine only")
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise ValueError("its host is no IPv6 address") from None


def _read_host(text: str) -> str:
    if not text:
        raise ValueError("the address names no host")
    if "%" in text:
        raise ValueError("its host is written with percent signs")
    if text.endswith("."):
        raise ValueError("its host ends in a dot")
    host = text.lower() if text.isascii() else _in_ascii(text)
    labels = host.split(".")
    if len(host) > _MAX_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("its host is no host name")
    # What ends in a number is an IPv4 address to most resolvers, in some base or with parts left out. Only the one
    # spelling that nobody can misread is taken (the WHATWG's "ends in a number").
    if _NUMBER.fullmatch(labels[-1]) and not (text == host and _is_plain_ipv4(host)):
        raise ValueError("its host is an IP address in an odd spelling")
    return host


def _in_ascii(text: str) -> str:
    """The host's A-labels. The mapping also makes plain digits and dots of those that only look like them."""
    if len(text) > _MAX_HOST:
        raise ValueError("its host is no host name")
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        raise ValueError("its host is no host name") from None


def _is_plain_ipv4(text: str) -> bool:
    try:
        return str(IPv4Address(text)) == text
    except ValueError:
        return False


def _read_target(path: str, query: str) -> str:
    # Browsers take a backslash for a slash here, and people on Windows rely on it.
    return quote(path.replace("\\", "/") or "/", safe=_PATH_SIGNS) + quote(query, safe=f"{_PATH_SIGNS}?[]")


# -- hosts that somebody has opened


def read_allowed(entries: Iterable[str]) -> Allowed:
    """What `fetch.allow_hosts` opens. Raises ConfigError for an entry that names no single host."""
    return frozenset(_read_entry(entry.strip()) for entry in entries)


def is_allowed(host: str, port: int, allowed: Allowed) -> bool:
    return (host, None) in allowed or (host, port) in allowed


def _read_entry(entry: str) -> tuple[str, int | None]:
    is_bare_ipv6 = entry.count(":") > 1 and not entry.startswith("[")
    try:
        if re.search(r"[/?#*]", entry):
            raise ValueError("it must be one host, such as intranet.example.org or localhost:8000")
        return _read_authority(f"[{entry}]" if is_bare_ipv6 else entry)
    except ValueError as error:
        raise ConfigError("fetch.allow_hosts", f"{entry!r} opens nothing: {error}") from None


# -- ports

# Where a server listens that reads lines of text and may take a request of ours for orders: mail, terminals, files,
# databases, caches. Below 1024 that is everything but the web's own two ports; above it, the WHATWG's list of bad ports
# and the common databases. What is left is where websites of one's own tend to live.
_BAD_HIGH_PORTS = frozenset(
    int(port)
    for port in (
        "1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080 "
        "1433 1434 1521 2375 2376 3306 3389 5432 5672 5900 6379 9042 9200 11211 27017"
    ).split()
)


def refuse_port(host: str, port: int, allowed: Allowed) -> None:
    """Raises ValueError for a port where no web server is to be expected, unless `host:port` was opened by name."""
    is_usual = port in DEFAULT_PORTS.values() or (port > 1023 and port not in _BAD_HIGH_PORTS)
    if not is_usual and (host, port) not in allowed:
        raise ValueError(f"port {port} belongs to something else than the web")


# -- what a host resolves to

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")

# The IANA's special-purpose registries, and what is not in them and yet no public host. `ipaddress` knows many of
# these, but not the same ones in every version of Python.
_FORBIDDEN: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (IPv6Network(network) if ":" in network else IPv4Network(network), kind)
    for kind, networks in {
        "this machine itself": "0.0.0.0/8 127.0.0.0/8 ::/127",
        "on a private network": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7 fec0::/10",
        "a link-local address, where clouds keep their secrets": "169.254.0.0/16 fe80::/10 168.63.129.16/32",
        "a group of hosts, not one": "224.0.0.0/4 255.255.255.255/32 ff00::/8",
        "reserved": "192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4 100::/64 2001::/23 5f00::/16",
        "set aside for examples": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
        "an IPv4 address wrapped in an IPv6 one": "::ffff:0:0/96 ::ffff:0:0:0/96 ::/96 2002::/16",
    }.items()
    for network in networks.split()
)


def judge_host_address(text: str) -> str:
    """What forbids this IP address, in words that follow "is"; empty when it is a public host's."""
    try:
        address = ip_address(text)
    except ValueError:
        return "no IP address"
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "an address with a zone, which means something on one machine only"
        if address in _NAT64:  # how a network without IPv4 reaches every host that has nothing else
            return judge_host_address(str(IPv4Address(int(address) & 0xFFFFFFFF)))
    for network, kind in _FORBIDDEN:
        if address.version == network.version and address in network:
            return kind
    is_global = address.is_global and (address.version == 4 or address in _GLOBAL_UNICAST)
    return "" if is_global else "reserved"


def choose_host_addresses(host: str, port: int, resolved: Sequence[str], allowed: Allowed) -> list[str]:
    """The IP addresses to connect to, in the resolver's order and each once.

    Raises ValueError when a single one of them is forbidden, unless the host was opened by name: a host with a public
    and a private address is how the guard would be walked around.
    """
    if not is_allowed(host, port, allowed):
        for address in resolved:
            if kind := judge_host_address(address):
                raise ValueError(_refusal(host, port, address, kind))
    return list(dict.fromkeys(resolved))


def _refusal(host: str, port: int, address: str, kind: str) -> str:
    place = f"{host} is" if host == address else f"{host} leads to {address}, which is"
    shown = f"[{host}]" if ":" in host else host
    entry = host if port in DEFAULT_PORTS.values() else f"{shown}:{port}"
    return f'{place} {kind}; to fetch from it all the same, name "{entry}" in fetch.allow_hosts'
