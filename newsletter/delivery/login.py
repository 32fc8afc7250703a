"""A user name, a password and what a relay offers into the words of AUTH (RFC 4954), PLAIN before LOGIN."""

from __future__ import annotations

from base64 import b64encode
from collections import deque

from newsletter.errors import RelayRefusal, Reply


class Login:
    """The words to say, one at a time; and the ear that never repeats them."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._words: deque[bytes] = deque()
        self.is_done = False

    def begin(self, mechanisms: list[str]) -> None:
        """Choose among what EHLO offers. Raises RelayRefusal when there is nothing to choose."""
        if "PLAIN" in mechanisms:
            self._words.append(b"AUTH PLAIN " + self._plain_token())
        elif "LOGIN" in mechanisms:
            self._words.extend((b"AUTH LOGIN", _encode(self._username), _encode(self._password)))
        else:
            raise RelayRefusal("a user name is set, but the relay offers neither AUTH PLAIN nor AUTH LOGIN")

    def next_words(self) -> bytes:
        """One line, with its CRLF. Raises RelayRefusal when the relay wants more than there is to say."""
        if not self._words:
            raise RelayRefusal("the relay asks for more than a user name and a password")
        return self._words.popleft() + b"\r\n"

    def without_secrets(self, reply: Reply) -> Reply:
        """A relay may say back what it was told; no error and no log may."""
        text = reply.text
        for secret in (self._plain_token(), _encode(self._username), _encode(self._password)):
            text = text.replace(secret.decode("ascii"), "…") if secret else text
        return Reply(reply.code, text.replace(self._password, "…") if self._password else text)

    def _plain_token(self) -> bytes:
        return _encode(f"\0{self._username}\0{self._password}")


def _encode(text: str) -> bytes:
    return b64encode(text.encode())
