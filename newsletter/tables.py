"""The newsletter's schema on one page, beside the audience's in subscribers/tables.py, on one MetaData."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
    text,
)

from subscribers.tables import UTCDateTime, mailing_lists, metadata, subscribers

__all__ = ["mailing_lists", "metadata", "subscribers"]

# The home's first newsletter lives in config.toml alone: a row here is one more beside it.
newsletters = Table(
    "newsletters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("from_address", Text, nullable=False),
    Column("reply_to", Text, nullable=False, default=""),
    Column("postal_address", Text, nullable=False, default=""),
    Column("privacy_url", Text, nullable=False, default=""),
    Column("logo", Text, nullable=False, default=""),
    Column("notice", Text, nullable=False, default=""),
    Column("unsubscribe_mailto", Text, nullable=False, default=""),
    Column("language", String(35), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("look", String(100), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
)

calls_to_action = Table(
    "calls_to_action",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("text", Text, nullable=False, default=""),
    Column("label", Text, nullable=False, default=""),
    Column("url", Text, nullable=False, default=""),
)

authors = Table(
    "authors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("credentials", Text, nullable=False, default=""),
    Column("role", Text, nullable=False, default=""),
    Column("practice", Text, nullable=False, default=""),
    Column("bio", Text, nullable=False, default=""),
    Column("photo", Text, nullable=False, default=""),
    Column("url", Text, nullable=False, default=""),
    Column("email", Text, nullable=False, default=""),
    Column("active_from", Date),
    Column("active_until", Date),
    Column("credentials_until", Date),
    Column("call_to_action", String(200), nullable=False, default=""),  # a name in calls_to_action
    Column("corrected", JSON, nullable=False, default=list),  # fields a person set; an import leaves them alone
)

articles = Table(
    "articles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
    Column("source_url", Text, nullable=False, default=""),
    Column("source_key", Text),  # what its source calls it for ever: a feed's guid
    # SHA-256 of what was last imported; empty: something of it could not be had, the next import tries again
    Column("source_hash", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("subtitle", Text, nullable=False, default=""),
    Column("summary", Text, nullable=False, default=""),
    Column("published", Date),
    Column("updated", Date),
    Column("language", String(35), nullable=False, default=""),
    Column("status", String(20), nullable=False),
    Column("categories", JSON, nullable=False, default=list),
    Column("tags", JSON, nullable=False, default=list),
    Column("hero", JSON),
    Column("call_to_action", JSON),
    Column("body_html", Text, nullable=False),
    Column("evergreen", Boolean, nullable=False, default=False),
    Column("seasons", JSON, nullable=False, default=list),
    Column("not_before", Date),
    Column("expires", Date),
    Column("review_by", Date),
    Column("priority", Integer, nullable=False, default=0),
    Column("guesses", JSON, nullable=False, default=list),
    Column("corrected", JSON, nullable=False, default=list),
    Column("title_key", Text),  # its words alone, to find the same title again; null: not indexed yet
    Column("read_at", UTCDateTime),  # when a person last said yes to it; null: nobody since it was imported
    Column("added_at", UTCDateTime, nullable=False),
    Column("updated_at", UTCDateTime, nullable=False),
    Index("ix_articles_source_url", "source_url"),
    Index("ix_articles_source_key", "source_key"),
    Index("ix_articles_source_hash", "source_hash"),
    Index("ix_articles_title_key", "title_key"),
)

# What an article said before each change; its row in `articles` is the newest version.
article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),  # 1 is what was first imported
    Column("until", UTCDateTime, nullable=False),  # when the next version took its place
    Column("cause", String(200), nullable=False),  # what changed it, in words: an import with its source, an edit
    Column("fields", JSON, nullable=False),
)

# A sketch of each text: the smallest few hashes of its runs of words. Texts that share many are nearly the same.
article_shingles = Table(
    "article_shingles",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("shingle", BigInteger, primary_key=True),
    Index("ix_article_shingles_shingle", "shingle"),
)

# The words of each article, for the search; the database keeps WORD_INDEX of them in step by itself.
article_words = Table(
    "article_words",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
)

WORD_INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE article_search USING fts5(title, words, content='article_words',"
        " content_rowid='article_id', tokenize='unicode61 remove_diacritics 2')",
        "CREATE TRIGGER article_words_added AFTER INSERT ON article_words BEGIN"
        " INSERT INTO article_search(rowid, title, words) VALUES (new.article_id, new.title, new.words); END",
        "CREATE TRIGGER article_words_removed AFTER DELETE ON article_words BEGIN"
        " INSERT INTO article_search(article_search, rowid, title, words)"
        " VALUES ('delete', old.article_id, old.title, old.words); END",
        "CREATE TRIGGER article_words_changed AFTER UPDATE ON article_words BEGIN"
        " INSERT INTO article_search(article_search, rowid, title, words)"
        " VALUES ('delete', old.article_id, old.title, old.words);"
        " INSERT INTO article_search(rowid, title, words) VALUES (new.article_id, new.title, new.words); END",
    ),
    "postgresql": (
        "CREATE INDEX ix_article_words_search ON article_words USING gin"
        " ((setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', words), 'B')))",
    ),
}
"""What SQLAlchemy has no words for; on SQLite the FTS5 table `article_search` and the triggers that feed it."""

for _dialect, _statements in WORD_INDEX.items():
    for _statement in _statements:
        _ddl: Any = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(article_words, "after_create", _ddl.execute_if(dialect=_dialect))
_ddl = DDL("DROP TABLE article_search")  # type: ignore[no-untyped-call]
event.listen(article_words, "before_drop", _ddl.execute_if(dialect="sqlite"))

# Feeds the library keeps in step with.
feeds = Table(
    "feeds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False, default=""),
    Column("import_as", String(20), nullable=False),  # the status of what is new in it
    Column("every_minutes", Integer, nullable=False),
    Column("etag", Text, nullable=False, default=""),  # RFC 9110 §8.8: what the server called the last answer
    Column("last_modified", Text, nullable=False, default=""),
    Column("checked_at", UTCDateTime),
    Column("next_check_at", UTCDateTime, nullable=False, index=True),
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("last_error", Text, nullable=False, default=""),
    Column("created_at", UTCDateTime, nullable=False),
)

feed_items = Table(
    "feed_items",
    metadata,
    Column("feed_id", ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),  # its guid, else its address
    Column("name", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("article_id", ForeignKey("articles.id", ondelete="SET NULL"), index=True),
    Column("position", Integer, nullable=False),  # in the feed when it was last there; 0 is the newest
    Column("seen_at", UTCDateTime, nullable=False),
)

article_authors = Table(
    "article_authors",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("author_id", ForeignKey("authors.id"), nullable=False, index=True),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("newsletter_id", ForeignKey("newsletters.id")),  # null: the home's first one
    Column("list_id", ForeignKey("mailing_lists.id"), nullable=False),
    Column("recurrence", Text, nullable=False, server_default=text("''")),
    Column("timezone", String(64), nullable=False),
    Column("options", JSON),  # those that differ from the defaults
    Column("status", String(20), nullable=False),
    Column("grace_minutes", Integer, nullable=False),
    Column("seed", Integer, nullable=False),  # breaks ties, so that every pick can be told again
    Column("created_at", UTCDateTime, nullable=False),
    Column("resumed_at", UTCDateTime, nullable=False),  # nothing up to here is owed any more
    # A removed schedule stays for its issues' sake and gives its name back.
    Index(
        "uq_schedules_name",
        "name",
        unique=True,
        sqlite_where=text("status <> 'removed'"),
        postgresql_where=text("status <> 'removed'"),
    ),
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("schedule_id", ForeignKey("schedules.id"), nullable=False),
    Column("local", String(16), nullable=False),  # the wall clock in the schedule's zone, YYYY-MM-DDTHH:MM
    Column("utc", UTCDateTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("decided_ahead", Boolean, nullable=False, server_default=false()),  # by a person, before its time
    UniqueConstraint("schedule_id", "local"),
    Index("ix_occurrences_schedule_id_utc", "schedule_id", "utc"),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("newsletter_id", ForeignKey("newsletters.id")),
    Column("schedule_id", ForeignKey("schedules.id")),
    Column("occurrence_id", ForeignKey("occurrences.id")),
    Column("lead_article_id", ForeignKey("articles.id"), nullable=False, index=True),
    Column("list_id", ForeignKey("mailing_lists.id"), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("public_id", String(64), nullable=False, unique=True),
    Column("rendered", Text, nullable=False),  # both parts, cut at the slots: what is sent, and stays
    Column("web_html", Text, nullable=False),
    Column("web_html_bare", Text),  # without bio and photo: once an author has left; null where there were none
    Column("content_hash", String(64), nullable=False),
    # Every candidate with every rule's word; of a group's issue its own article alone.
    Column("picked", JSON, nullable=False),
    Column("kind", String(20), nullable=False, server_default=text("'picked'")),
    Column("note", Text, nullable=False, server_default=text("''")),  # the editor's lines above the article
    Column("inputs", JSON),  # what the pick was made from, so that it can be replayed
    Column("foreseen", JSON),  # what the forecast said when it was drafted
    Column("send_at", UTCDateTime),  # when a letter goes; what was picked goes at its occurrence
    Column("seed", Integer, nullable=False),
    Column("pause_reason", Text, nullable=False, default=""),
    Column("created_at", UTCDateTime, nullable=False),
    Column("started_at", UTCDateTime),
    Column("finished_at", UTCDateTime),
    UniqueConstraint("occurrence_id", "lead_article_id"),
)

# A person's word on an occurrence to come: this article, or not this one.
choices = Table(
    "choices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("schedule_id", ForeignKey("schedules.id"), nullable=False),
    Column("local", String(16), nullable=False),  # as in occurrences
    Column("article_id", ForeignKey("articles.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_at", UTCDateTime, nullable=False),
    UniqueConstraint("schedule_id", "local", "article_id"),
)

# Who was asked for a yes, about which content, and what they said.
approvals = Table(
    "approvals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), nullable=False),
    Column("email", String(320), nullable=False),  # empty: a person at the command line
    Column("role", String(20), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("text", Text, nullable=False, server_default=text("''")),  # the plain part, to show what has changed since
    Column("asked_at", UTCDateTime, nullable=False),
    Column("answer", String(20)),
    Column("answered_at", UTCDateTime),
    Column("reason", Text, nullable=False, default=""),
    UniqueConstraint("issue_id", "email", "content_hash"),
)

# Times in which nothing goes out, of everything or of what has one tag.
pauses = Table(
    "pauses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tag", String(200), nullable=False, default=""),  # empty: everything
    Column("reason", Text, nullable=False, default=""),
    Column("since", UTCDateTime, nullable=False),
    Column("until", UTCDateTime),  # null: until somebody resumes
)

# What this database knows of itself: which copy it is, and when it last ran.
identity = Table(
    "identity",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("set_at", UTCDateTime, nullable=False),
)

issue_articles = Table(
    "issue_articles",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False, index=True),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("issue_id", ForeignKey("issues.id")),
    Column("occurrence_id", ForeignKey("occurrences.id")),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="SET NULL")),
    Column("purpose_key", String(200)),  # what makes a mail of another kind the same mail
    Column("email", String(320), nullable=False),
    Column("status", String(20), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reply", Text, nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("message_id", String(255), nullable=False),
    Column("date", UTCDateTime),  # the Date header, fixed at the first try
    Column("next_attempt_at", UTCDateTime),
    Column("claimed_by", String(200)),
    Column("lease_until", UTCDateTime),
    Column("handed_at", UTCDateTime),  # given to a connection: from here on a crash leaves it in doubt
    Column("sent_at", UTCDateTime),
    UniqueConstraint("issue_id", "subscriber_id"),
    UniqueConstraint("occurrence_id", "subscriber_id"),
    UniqueConstraint("kind", "purpose_key"),
    Index("ix_deliveries_issue_id_status_id", "issue_id", "status", "id"),
    Index("ix_deliveries_subscriber_id_issue_id", "subscriber_id", "issue_id"),
)

# What did not go well, one row a try; a good hand-over is told by its delivery alone.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("reply", Text, nullable=False),
)
