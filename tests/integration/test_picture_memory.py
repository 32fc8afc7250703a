"""What a picture costs while it is made fit for mail: a process of its own tells its peak."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = 165  # megabytes beyond what Python and Pillow take by themselves; the program around it takes the rest of 300
PROGRAM = r"""
import re, sys
from pathlib import Path
from PIL import Image
from newsletter.content.pictures import for_mail
def peak():
    # Not getrusage, whose peak is inherited from the process that started this one.
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
Image.init()
data = Path(sys.argv[1]).read_bytes()
before = peak()
try:
    made = for_mail(data)
    words = f"{made.width}x{made.height}{made.ending}"
except ValueError as refused:
    words = str(refused)
print(f"{peak() - before:.0f} {words}")
"""


def soft(side: int, mode: str = "RGB") -> Image.Image:
    """Many colours, in few bytes, and something that shines through where the mode can say so."""
    noise = Image.effect_noise((side // 16, side // 16), 80).resize((side, side), Image.Resampling.BICUBIC)
    across = Image.linear_gradient("L").resize((side, side))
    bands = [noise, across, across.transpose(Image.Transpose.ROTATE_90), across]
    return Image.merge("RGBA", bands) if mode == "RGBA" else Image.merge("RGB", bands[:3])


def blocks(side: int, mode: str = "RGB") -> Image.Image:
    """As many pixels in a file much smaller."""
    return soft(160, mode).resize((side, side), Image.Resampling.NEAREST)


def saved(image: Image.Image, image_format: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(*chunks: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND", b"")


FRAME = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\0"

# The largest that are let in, and what is built to be more than it seems.
MADE: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: saved(blocks(5200), "PNG"),
    "PNG with transparency": lambda: saved(blocks(3490, "RGBA"), "PNG"),
    "GIF with transparency": lambda: saved(blocks(3490).quantize(200), "GIF", transparency=3),
    "WebP": lambda: saved(soft(2800, "RGBA"), "WEBP"),
    "AVIF": lambda: saved(soft(3160, "RGBA"), "AVIF", quality=40, speed=10),
    "TIFF": lambda: saved(blocks(3700, "RGBA"), "TIFF", compression="tiff_adobe_deflate"),
    "progressive JPEG": lambda: saved(soft(3950), "JPEG", quality=70, progressive=True, subsampling=0),
    "large JPEG": lambda: saved(soft(9000), "JPEG", quality=60),
}
HOSTILE: dict[str, Callable[[], bytes]] = {
    "pixels beyond the end": lambda: png(chunk(b"IDAT", zlib.compress(bytes(400_000_000)))),
    "texts": lambda: png(*[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1_000_000)))] * 300),
    "a profile": lambda: png(chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(400_000_000)))),
    "frames": lambda: b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + FRAME * 600_000,
    "a size": lambda: saved(Image.new("1", (9, 9)), "BMP").replace(struct.pack("<ii", 9, 9), b"\x60\xea\0\0" * 2),
}


def cost(file: Path, data: bytes) -> tuple[int, str]:
    """Megabytes at the peak, and what came of it."""
    assert len(data) <= 10_000_000
    file.write_bytes(data)
    line = [sys.executable, "-c", PROGRAM, str(file)]
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    megabytes, _, words = ended.stdout.strip().partition(" ")
    return int(megabytes), words


@pytest.mark.parametrize("kind", MADE)
def test_largest_picture_that_is_let_in_leaves_room_for_the_program(tmp_path: Path, kind: str) -> None:
    megabytes, words = cost(tmp_path / "picture", MADE[kind]())
    assert words.startswith("1200x1200"), words
    assert megabytes < ALLOWED, f"{megabytes} MB"


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_picture_costs_no_more(tmp_path: Path, kind: str) -> None:
    megabytes, words = cost(tmp_path / "picture", HOSTILE[kind]())
    assert megabytes < ALLOWED, f"{megabytes} MB: {words}"
