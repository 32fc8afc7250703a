"""Bodies coded by every sort of server → their bytes again, and never more at once than is safe."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.fetching.inflating import PIECE, Inflater

WORDS = b"Trust grows slowly, and it grows in small things. " * 200


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(data) + coder.flush()


def inflate(coding: str, parts: Sequence[bytes]) -> bytes:
    inflater = Inflater(coding)
    pieces = [piece for part in parts for piece in inflater.pieces(part)]
    inflater.finish()
    assert all(len(piece) <= PIECE for piece in pieces) or coding == ""
    return b"".join(pieces)


def cut(data: bytes, length: int) -> list[bytes]:
    return [data[start : start + length] for start in range(0, len(data), length)]


CODED = [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("Deflate", raw_deflate)]


@pytest.mark.parametrize(("coding", "code"), CODED)
@given(data=st.one_of(st.binary(max_size=2000), st.just(WORDS * 50)), length=st.integers(1, 5000))
def test_coded_body_comes_back_however_it_was_cut(coding, code, data: bytes, length: int) -> None:  # type: ignore[no-untyped-def]
    assert inflate(coding, cut(code(data), length)) == data


@given(st.lists(st.binary(max_size=50)), st.sampled_from(["", "identity", " "]))
def test_body_that_is_not_coded_stays_as_it_is(parts: list[bytes], coding: str) -> None:
    inflater = Inflater(coding)
    assert [piece for part in parts for piece in inflater.pieces(part)] == parts
    inflater.finish()


@pytest.mark.parametrize("length", [1, 7, 10_000])
def test_gzip_in_several_members_is_read_to_its_end(length: int) -> None:
    assert (
        inflate("gzip", cut(gzip.compress(b"one ") + gzip.compress(b"two ") + gzip.compress(b""), length))
        == b"one two "
    )


@pytest.mark.parametrize("padding", [b"\0", b"\0" * 600, b"<!-- cached -->", b"\x1f"])
@pytest.mark.parametrize("length", [1, 10_000])
def test_padding_after_the_end_is_left_out(padding: bytes, length: int) -> None:
    assert inflate("gzip", cut(gzip.compress(WORDS) + padding, length)) == WORDS


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_empty_body_is_empty_whatever_it_says_of_itself(coding: str) -> None:
    assert inflate(coding, []) == b""


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress", "x" * 1000])
def test_coding_that_was_not_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(ValueError, match="not asked for"):
        Inflater(coding)


@pytest.mark.parametrize(("coding", "code"), CODED)
@pytest.mark.parametrize("kept", [1, 5, 15, -1])
def test_body_that_breaks_off_is_an_error(coding, code, kept: int) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="breaks off"):
        inflate(coding, [code(WORDS)[:kept]])


def test_body_that_is_damaged_or_not_coded_at_all_is_an_error() -> None:
    damaged = bytearray(gzip.compress(WORDS))
    damaged[-5] ^= 0xFF
    with pytest.raises(ValueError, match="gzip data is damaged"):
        inflate("gzip", [bytes(damaged)])
    with pytest.raises(ValueError, match="is not"):
        inflate("gzip", [b"<p>plain</p>"])
    with pytest.raises(ValueError, match="deflate data is damaged"):
        inflate("deflate", [b"\xff\xff\xff\xff"])


def test_bomb_comes_out_in_small_pieces_that_nobody_need_take() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    pieces = Inflater("gzip").pieces(bomb)
    assert [len(next(pieces)) for _ in range(3)] == [PIECE] * 3
