"""An article's blocks → its HTML: headings, paragraphs, lists, verse, and tables whose cells were parted by tabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import groupby, pairwise

from newsletter.content.recognising.blocks import Block, heading_lines

_MAX_VERSE = 80  # characters of a line
_MIN_RUN = 3  # lines, right below each other, that are no accident
_LONG = 100  # characters from which a line is a paragraph


def lay_out(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, the lines of a list that lost its marks being items again."""
    above = {below.line: block for block, below in pairwise(blocks)}
    items = {block.line for run in _runs(blocks) for block in _items_of(run, above.get(run[0].line))}
    return [replace(block, marker="-") if block.line in items else block for block in blocks]


def find_headings(blocks: Sequence[Block]) -> frozenset[int]:
    """The lines that are headings; a line of a poem or of a table is none."""
    verse = {block.line for run in _runs(blocks) for block in run}
    tables = {block.line for run in _tables(blocks) for block in run}
    return heading_lines(blocks) - verse - tables


def write_body(blocks: Sequence[Block]) -> str:
    """The blocks as HTML: h2, h3 for a heading right under another, paragraphs, lists, tables."""
    headings = find_headings(blocks)
    together = {run[0].line: run for run in [*_runs(blocks), *_tables(blocks)]}
    parts: list[str] = []
    index = 0
    while index < len(blocks):
        block = blocks[index]
        run = together.get(block.line, ())
        if run:
            parts.append(_table(run) if block.tabbed else _verse(run))
            index += len(run)
        elif block.line in headings:
            level = 3 if index and blocks[index - 1].line in headings else 2
            number = f"{block.marker}. " if block.is_item else ""
            parts.append(f"<h{level}>{number}{_escaped(block.text)}</h{level}>")
            index += 1
        elif block.is_item:
            items = _items_from(blocks, index, headings)
            parts.append(_list(items))
            index += len(items)
        else:
            parts.append(f"<p>{_escaped(block.text)}</p>")
            index += 1
    return "\n".join(parts)


def _runs(blocks: Sequence[Block]) -> list[list[Block]]:
    """Short lines right below each other, where blank lines part all else: a stanza, or a list without its marks."""
    if not _is_spaced(blocks):
        return []
    runs: list[list[Block]] = [[]]
    for block in blocks:
        is_short = not block.is_item and not block.tabbed and len(block.text) <= _MAX_VERSE
        if not is_short or (runs[-1] and runs[-1][-1].line + 1 != block.line):
            runs.append([])
        if is_short:
            runs[-1].append(block)
    return [run for run in runs if len(run) >= _MIN_RUN]


def _is_spaced(blocks: Sequence[Block]) -> bool:
    """Whether blank lines stand between the paragraphs."""
    gaps = [below.line - above.line > 1 for above, below in pairwise(blocks) if max(_size(above), _size(below)) > _LONG]
    return bool(gaps) and sum(gaps) * 2 > len(gaps)


def _size(block: Block) -> int:
    return len(block.text)


def _items_of(run: Sequence[Block], above: Block | None) -> Sequence[Block]:
    """The lines of a list: below a colon, or each with an amount. A line that ends in a comma is verse."""
    if any(block.end in ",;" or block.text[0].islower() for block in run):
        return ()
    if above is not None and above.end == ":":
        return run
    head, *rest = run
    amounts = sum(block.text[0].isdecimal() for block in rest)
    is_amounts = len(rest) >= _MIN_RUN and amounts * 3 >= len(rest) * 2
    return () if not is_amounts else run if head.text[0].isdecimal() else rest


def _tables(blocks: Sequence[Block]) -> list[list[Block]]:
    """Lines right below each other with as many cells."""
    tables: list[list[Block]] = []
    for cells, group in groupby(blocks, key=lambda block: 0 if block.is_item else block.tabbed.count("\t")):
        rows: list[Block] = []
        for block in group if cells else ():
            if rows and rows[-1].line + 1 != block.line:
                tables.append(rows)
                rows = []
            rows.append(block)
        tables.append(rows)
    return [rows for rows in tables if len(rows) > 1]


def _table(rows: Sequence[Block]) -> str:
    written = "".join(
        f"<tr>{''.join(f'<td>{_escaped(cell.strip())}</td>' for cell in row.tabbed.split(chr(9)))}</tr>" for row in rows
    )
    return f"<table>{written}</table>"


def _verse(lines: Sequence[Block]) -> str:
    return f"<p>{'<br>'.join(_escaped(line.text) for line in lines)}</p>"


def _items_from(blocks: Sequence[Block], start: int, headings: frozenset[int]) -> list[Block]:
    is_bulleted = blocks[start].marker == "-"
    items: list[Block] = []
    for index in range(start, len(blocks)):
        block = blocks[index]
        if not block.is_item or (block.marker == "-") != is_bulleted or block.line in headings:
            break
        items.append(block)
    return items


def _list(items: Sequence[Block]) -> str:
    written = "".join(f"<li>{_escaped(item.text)}</li>" for item in items)
    if items[0].marker == "-":
        return f"<ul>{written}</ul>"
    first = int(items[0].marker)
    return f"<ol>{written}</ol>" if first == 1 else f'<ol start="{first}">{written}</ol>'


def _escaped(text: str) -> str:
    return escape(text, quote=False)
