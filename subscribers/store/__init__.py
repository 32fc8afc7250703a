"""Every query on the audience, by what is asked: each takes a connection and gives back values of model.py.

The caller owns the transaction. All of it runs on SQLite and on PostgreSQL.
"""

from subscribers.store.importing import BATCH, ImportReport, import_rows
from subscribers.store.leaving import find_suppression, is_suppressed, suppress, unsubscribe
from subscribers.store.lists import add_list, find_list, list_by_id, lists_with_counts
from subscribers.store.offering import Added, AddOutcome, add_consent, add_subscriber
from subscribers.store.reading import (
    find_profile,
    find_subscriber,
    find_subscribers,
    list_profiles,
    list_subscribers,
)
from subscribers.store.sending import (
    audience,
    audience_query,
    audience_size,
    audience_zones,
    has_real_addresses,
    may_receive,
)

__all__ = [
    "BATCH",
    "AddOutcome",
    "Added",
    "ImportReport",
    "add_consent",
    "add_list",
    "add_subscriber",
    "audience",
    "audience_query",
    "audience_size",
    "audience_zones",
    "find_list",
    "find_profile",
    "find_subscriber",
    "find_subscribers",
    "find_suppression",
    "has_real_addresses",
    "import_rows",
    "is_suppressed",
    "list_by_id",
    "list_profiles",
    "list_subscribers",
    "lists_with_counts",
    "may_receive",
    "suppress",
    "unsubscribe",
]
