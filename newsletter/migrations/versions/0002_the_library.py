"""The library: versions, sketches, search, feeds, and articles nobody has read since their import."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UTCDateTime

revision = "0002"
down_revision = "0001"

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


def upgrade() -> None:
    op.add_column("authors", sa.Column("credentials_until", sa.Date(), nullable=True))
    for column in (
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("updated", sa.Date(), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("title_key", sa.Text(), nullable=True),
        sa.Column("read_at", UTCDateTime(), nullable=True),
    ):
        op.add_column("articles", column)
    op.add_column("issues", sa.Column("web_html_bare", sa.Text(), nullable=True))
    # What was in the library before anybody was asked goes on being sent.
    op.execute("UPDATE articles SET read_at = updated_at")
    for name in ("source_key", "source_hash", "title_key"):
        op.create_index(f"ix_articles_{name}", "articles", [name], unique=False)
    _create_versions_and_sketches()
    _create_word_index()
    _create_feeds()


def _create_versions_and_sketches() -> None:
    op.create_table(
        "article_versions",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_versions_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "number", name=op.f("pk_article_versions")),
    )
    op.create_table(
        "article_shingles",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("shingle", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_shingles_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "shingle", name=op.f("pk_article_shingles")),
    )
    op.create_index("ix_article_shingles_shingle", "article_shingles", ["shingle"], unique=False)


def _create_word_index() -> None:
    op.create_table(
        "article_words",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_words_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_words")),
    )
    for statement in WORD_INDEX[op.get_bind().dialect.name]:
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("import_as", sa.String(length=20), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("checked_at", UTCDateTime(), nullable=True),
        sa.Column("next_check_at", UTCDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("url", name=op.f("uq_feeds_url")),
    )
    op.create_index(op.f("ix_feeds_next_check_at"), "feeds", ["next_check_at"], unique=False)
    op.create_table(
        "feed_items",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_feed_items_article_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_items_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", "key", name=op.f("pk_feed_items")),
    )
    op.create_index(op.f("ix_feed_items_article_id"), "feed_items", ["article_id"], unique=False)
