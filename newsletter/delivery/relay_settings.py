"""Which relay, and how we talk to it: the settings of `[smtp]` as a value that cannot be wrong in itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

from newsletter.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Raises ConfigError."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"] = "starttls"  # never less than what is set
    username: str = ""  # empty: no AUTH
    password: str = field(default="", repr=False)
    connections: int = 4  # at most, at once
    pipelining: Literal["auto", "off"] = "auto"  # auto: where the relay offers it
    timeout: float = 60.0  # seconds, to connect and per command
    final_dot_timeout: float = 600.0  # seconds; ending earlier makes doubt (RFC 5321 §4.5.3.2.6)
    helo_name: str = ""  # empty: our own address of the connection, in brackets (RFC 5321 §4.1.3)
    ca_file: str = ""  # a further authority to trust, in PEM

    def __post_init__(self) -> None:
        if not self.host.isprintable() or not self.host.strip() or " " in self.host:
            raise ConfigError("smtp.host", "must be a host name or an address")
        if not 1 <= self.port <= 65_535:
            raise ConfigError("smtp.port", "must be 1 to 65535")
        if self.connections < 1:
            raise ConfigError("smtp.connections", "must be 1 or more")
        if any(not "!" <= character <= "~" for character in self.helo_name):
            raise ConfigError("smtp.helo_name", "must be one word in plain ASCII")
        for key in ("username", "password"):
            if "\0" in getattr(self, key):
                raise ConfigError(f"smtp.{key}", "must not hold a NUL")

    @property
    def is_loopback(self) -> bool:
        if self.host.lower() == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
