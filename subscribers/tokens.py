"""One secret → the signed links in mail, their check, and keyed hashes that nobody else can compute."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

from subscribers.errors import InvalidToken, SubscribersError

SHORTEST_SECRET = 16  # bytes


class Purpose(StrEnum):
    """What a link is for. Each has a key of its own, so that no link does what another was made for."""

    UNSUBSCRIBE = "unsubscribe"
    TEST_COPY = "test copy"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class UnsubscribeLink:
    """Who leaves which list, and the issue whose link was used (None: another mail)."""

    subscriber_id: int
    list_id: int
    issue_id: int | None


class Tokens:
    """Signs and checks. The same facts always give the same token: no clock, no chance, no expiry.

    A reader may press the link of a mail from years ago, and a message sent again must have the same bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST_SECRET:
            raise SubscribersError(f"the secret for links needs at least {SHORTEST_SECRET} bytes")
        # Not every command makes links: the package is loaded with the first who does.
        from itsdangerous.signer import Signer, SigningAlgorithm

        class Sha256(SigningAlgorithm):
            """The same signature as by the package's own way, in one call: that takes twice as long."""

            def get_signature(self, key: bytes, value: bytes) -> bytes:
                return hmac.digest(key, value, "sha256")

        self._secret = secret
        self._hash_keys: dict[str, bytes] = {}
        # The keys are derived here, once: a signer would derive its key anew for each of a million links.
        self._signers = {
            purpose: Signer(self._derived("link", purpose), key_derivation="none", algorithm=Sha256(), sep=".")
            for purpose in Purpose
        }

    def unsubscribe_token(self, subscriber_id: int, list_id: int, issue_id: int | None) -> str:
        """At most 80 characters, safe in a URL, for ids of up to 11 digits."""
        return self._signed(Purpose.UNSUBSCRIBE, f"{subscriber_id}.{list_id}.{issue_id or 0}")

    def read_unsubscribe(self, token: str) -> UnsubscribeLink:
        """What the link says. Raises InvalidToken unless we made it, to the letter, for this purpose."""
        numbers = _UNSUBSCRIBE_TOKEN.fullmatch(token)
        if numbers is None:
            raise InvalidToken
        subscriber_id, list_id, issue_id = (int(number) for number in numbers.groups())
        link = UnsubscribeLink(subscriber_id, list_id, issue_id or None)
        # Made again and compared: base64 has several spellings of one signature, a link of ours has one.
        if not hmac.compare_digest(token, self.unsubscribe_token(subscriber_id, list_id, link.issue_id)):
            raise InvalidToken
        return link

    def test_copy_token(self) -> str:
        """Stands where a reader's link would stand in a copy that is nobody's."""
        return self._signed(Purpose.TEST_COPY, "test")

    def is_test_copy(self, token: str) -> bool:
        """Whether the link comes from a test copy, which changes nothing for anybody."""
        return token.isascii() and hmac.compare_digest(token, self.test_copy_token())

    def pause_token(self) -> str:
        """Opens the page on which everything is paused; the same for everybody, as long as the secret is."""
        return self._signed(Purpose.PAUSE, "everything")

    def is_pause(self, token: str) -> bool:
        return token.isascii() and hmac.compare_digest(token, self.pause_token())

    def keyed_hash(self, purpose: str, *parts: str | int) -> str:
        """32 hex digits that follow from secret, purpose and parts, each part told from its neighbours."""
        key = self._hash_keys.get(purpose)
        if key is None:
            key = self._hash_keys[purpose] = self._derived("hash", purpose)
        return hashlib.blake2b(_unmistakable(parts), key=key, digest_size=16).hexdigest()

    def _signed(self, purpose: Purpose, payload: str) -> str:
        return self._signers[purpose].sign(payload).decode("ascii")

    def _derived(self, kind: str, purpose: str) -> bytes:
        return hmac.digest(self._secret, f"newsletter {kind}: {purpose}".encode(), "sha256")


_NUMBER = "(0|[1-9][0-9]{0,18})"
_UNSUBSCRIBE_TOKEN = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}\.[A-Za-z0-9_-]{{43}}")


def _unmistakable(parts: tuple[str | int, ...]) -> bytes:
    """Each part with its kind and length before it: ("ab", "c") is not ("a", "bc"), and 1 is not "1"."""
    told = [f"s{len(part)}:{part}" if isinstance(part, str) else f"i{len(str(part))}:{part}" for part in parts]
    return "".join(told).encode("utf-8", "surrogatepass")
