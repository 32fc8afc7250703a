"""The few strokes every picture of the demo is made of: colours, gradients, soft discs, image files."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageColor, ImageDraw

Colour = tuple[int, int, int]


def rgb(colour: str) -> Colour:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a share from 0 to 1 of `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def gradient(size: tuple[int, int], stops: list[Colour]) -> Image.Image:
    """Colours from top to bottom, by stretching a column of one pixel for each stop."""
    column = Image.new("RGB", (1, len(stops)))
    column.putdata(stops)
    # Half a pixel off each end: the stops then lie on the picture's own edges.
    return column.resize(size, Image.Resampling.BILINEAR, box=(0, 0.5, 1, len(stops) - 0.5))


def disc(diameter: int) -> Image.Image:
    large = Image.new("L", (4 * diameter, 4 * diameter))
    ImageDraw.Draw(large).ellipse((0, 0, 4 * diameter - 1, 4 * diameter - 1), fill=255)
    return large.reduce(4)


def as_jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
