"""What a person looks for, in words → the articles that hold all of them, the best first."""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

from newsletter.content.reading import folded

_WORD = re.compile(r"\w+")
_PHRASE = re.compile(r'"([^"]*)"')

_FTS5 = text(
    "SELECT rowid FROM article_search WHERE article_search MATCH :wanted ORDER BY bm25(article_search, 5.0, 1.0), rowid"
)
# Written as the index has it, or PostgreSQL reads every row.
_VECTOR = "(setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', words), 'B'))"
_TSQUERY = text(
    f"SELECT article_id FROM article_words, to_tsquery('simple', :wanted) AS wanted WHERE {_VECTOR} @@ wanted"
    f" ORDER BY ts_rank({_VECTOR}, wanted) DESC, article_id"
)


def search(connection: Connection, wanted: str) -> list[int]:
    """The ids of those articles; a word in the title counts for more. No words, no articles.

    A word is found by how it begins: `sleep` finds `sleeping`. Words between quotes stand beside each other.
    """
    wanted = folded(wanted)
    phrases = [_WORD.findall(phrase) for phrase in _PHRASE.findall(wanted)]
    words = _WORD.findall(_PHRASE.sub(" ", wanted))
    if connection.dialect.name == "postgresql":
        query, parts = _TSQUERY, [*(f"{word}:*" for word in words), *(" <-> ".join(each) for each in phrases if each)]
        joined = " & ".join(f"({part})" for part in parts)
    else:
        query, parts = _FTS5, [*(f'"{word}"*' for word in words), *(f'"{" ".join(each)}"' for each in phrases if each)]
        joined = " ".join(parts)
    if not parts:
        return []
    return list(connection.execute(query, {"wanted": joined}).scalars())
