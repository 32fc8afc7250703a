"""One message → handed to the relay now, and what became of it."""

from __future__ import annotations

import asyncio

from newsletter.app import App
from newsletter.delivery.envelope import Envelope, NotTried, Outcome, Sent
from newsletter.delivery.relay import RelaySettings, hand_over
from newsletter.errors import ConfigError, DeliveryError


def relay_settings(app: App) -> RelaySettings:
    """Raises ConfigError for what cannot be, and for readers' addresses in the clear on a network."""
    table = app.config.smtp
    settings = RelaySettings(
        host=table.host,
        port=table.port,
        security=table.security,
        username=table.username,
        password=table.password.get_secret_value(),
        connections=table.connections,
        pipelining=table.pipelining,
        timeout=table.timeout,
        helo_name=table.helo_name,
        ca_file=table.ca_file,
    )
    if settings.security == "none" and not (settings.is_loopback or table.allow_plaintext):
        words = f"is none, and {table.host} is another machine: set starttls or tls, or force it with allow_plaintext"
        raise ConfigError("smtp.security", words)
    return settings


def hand_one(settings: RelaySettings, envelope: Envelope) -> Sent | DeliveryError:
    """What became of it; a relay that cannot be reached, or refuses us, is an outcome too."""
    return asyncio.run(_hand_one(settings, envelope))


async def _hand_one(settings: RelaySettings, envelope: Envelope) -> Sent | DeliveryError:
    waiting = [envelope]
    outcomes: list[Outcome] = []
    try:
        await hand_over(
            settings,
            lambda: waiting.pop() if waiting else None,
            lambda _, outcome: outcomes.append(outcome),
            asyncio.Event(),
        )
    except DeliveryError as error:
        return error
    (outcome,) = outcomes
    assert not isinstance(outcome, NotTried)  # that is raised, and nobody stops us
    return outcome
