"""The audience: whom may we write to, and by whose word.

These are the names the newsletter may use without a database. Queries are in `subscribers.store`, the schema
in `subscribers.tables`; both are imported by their own path, because they load SQLAlchemy.
"""

from subscribers.addresses import Address, is_example, is_free_mail, parse
from subscribers.errors import (
    ConsentMissing,
    InvalidAddress,
    InvalidField,
    InvalidToken,
    ListNameTaken,
    SubscribersError,
    UnknownList,
    UnreadableImport,
)
from subscribers.model import (
    Consent,
    ListCounts,
    MailingList,
    Profile,
    Recipient,
    Scalar,
    Subscriber,
    Subscription,
    SubscriptionStatus,
    Suppression,
)
from subscribers.tokens import Tokens, UnsubscribeLink

__all__ = [
    "Address",
    "Consent",
    "ConsentMissing",
    "InvalidAddress",
    "InvalidField",
    "InvalidToken",
    "ListCounts",
    "ListNameTaken",
    "MailingList",
    "Profile",
    "Recipient",
    "Scalar",
    "Subscriber",
    "SubscribersError",
    "Subscription",
    "SubscriptionStatus",
    "Suppression",
    "Tokens",
    "UnknownList",
    "UnreadableImport",
    "UnsubscribeLink",
    "is_example",
    "is_free_mail",
    "parse",
]
