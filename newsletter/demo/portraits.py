"""A name turned into a portrait without a face."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw

from newsletter.demo.paint import Colour, as_jpeg, mixed, rgb

PORTRAIT_SIZE = (240, 240)
PORTRAIT_QUALITY = 88
BACKS = ("#e3d3bd", "#c9d8d3", "#dfccc9", "#cdd7e2", "#ded7c0")
CLOTHS = ("#3f5f63", "#a2584a", "#5b6b8c", "#4b6b54", "#6d4d6b")
FACES = (  # skin and hair
    ("#c98f6b", "#4a2f27"),
    ("#e0b795", "#4a3b35"),
    ("#8d5a3c", "#241d1c"),
    ("#edc8ac", "#a8622f"),
    ("#d7a47f", "#7d766f"),
    ("#edcdb4", "#b48a55"),
)
STYLES = ("long", "short", "bun", "curls")


def draw_portrait(name: str) -> bytes:
    """A calm likeness of nobody, 240 × 240 pixels, as JPEG: head, hair and shoulders without a face."""
    chance = Random(f"likeness 1994 {name}")  # a draw that suits the sample therapists
    back, cloth = rgb(chance.choice(BACKS)), rgb(chance.choice(CLOTHS))
    skin, hair = (rgb(colour) for colour in chance.choice(FACES))
    size = 4 * PORTRAIT_SIZE[0]
    picture = Image.new("RGB", (size, size), back)
    pen = ImageDraw.Draw(picture)
    pen.ellipse(_around(0.5, 0.48, 0.41, 0.41, size), fill=mixed(back, rgb("#ffffff"), 0.5))
    style = chance.choice(STYLES)
    _draw_hair_behind(pen, size, hair, style)
    pen.ellipse(_around(0.5, 1.02, 0.36, 0.32, size), fill=cloth)
    neck = mixed(skin, hair, 0.2)
    pen.rounded_rectangle(_around(0.5, 0.65, 0.062, 0.125, size), radius=round(0.06 * size), fill=neck)
    picture.paste(skin, (0, 0), _face(size, chance.choice((-0.075, 0.075))))
    return as_jpeg(picture.reduce(4), PORTRAIT_QUALITY)


def _draw_hair_behind(pen: ImageDraw.ImageDraw, size: int, hair: Colour, style: str) -> None:
    """All of the hair: the face is laid over it, and leaves the fringe free."""
    if style == "long":
        pen.rounded_rectangle(_around(0.5, 0.52, 0.185, 0.25, size), radius=round(0.17 * size), fill=hair)
    elif style == "bun":
        pen.ellipse(_around(0.5, 0.19, 0.08, 0.075, size), fill=hair)
    elif style == "curls":
        for step in range(11):
            turn = math.pi * (0.92 + 1.16 * step / 10)
            across, down = 0.5 + 0.145 * math.cos(turn), 0.41 + 0.135 * math.sin(turn)
            pen.ellipse(_around(across, down, 0.068, 0.068, size), fill=hair)
    pen.chord(_around(0.5, 0.43, 0.158, 0.185, size), 165, 375, fill=hair)


def _face(size: int, parting: float) -> Image.Image:
    """The head as a mask, without what a fringe parted on one side covers."""
    head, below_fringe = Image.new("L", (size, size)), Image.new("L", (size, size))
    ImageDraw.Draw(head).ellipse(_around(0.5, 0.455, 0.142, 0.185, size), fill=255)
    ImageDraw.Draw(below_fringe).ellipse(_around(0.5 + parting, 0.60, 0.24, 0.26, size), fill=255)
    return ImageChops.darker(head, below_fringe)


def _around(across: float, down: float, wide: float, high: float, size: int) -> tuple[float, float, float, float]:
    """The box around a middle point, all in shares of `size`."""
    return (size * (across - wide), size * (down - high), size * (across + wide), size * (down + high))
