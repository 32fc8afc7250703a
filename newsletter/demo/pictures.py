"""An article's slug, title and category turned into a calm landscape: the same words, the same bytes.

Every heavy step is one call into Pillow's C code, at the lowest resolution that still looks smooth: a new
home draws all its pictures while somebody waits for the first issue.
"""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from newsletter.demo.paint import Colour, as_jpeg, disc, gradient, mixed, rgb
from newsletter.demo.portraits import draw_portrait
from newsletter.demo.scenes import Scene, scene_of

__all__ = ["draw_hero", "draw_portrait"]

HERO_SIZE = (1200, 630)
HERO_QUALITY = 82
SOFT = 4  # light and haze are painted at this fraction of the size
SHORE = 20  # from the horizon down to the water's edge, in pixels

Point = tuple[float, float]
Line = list[Point]


def draw_hero(slug: str, title: str, category: str) -> bytes:
    """A JPEG of 1200 × 630 pixels: the category sets its mood, a season in the words its weather."""
    chance = Random(slug)
    scene = scene_of(f"{slug} {title}".lower(), category.lower())
    horizon = round(HERO_SIZE[1] * (scene.horizon + chance.uniform(-0.03, 0.03)))
    picture = _sky(scene, horizon, chance)
    _put_ridges(picture, scene, horizon, chance)
    if scene.is_by_water:
        shore = horizon + SHORE
        _put_water(picture, scene, shore, chance)
        _put_bank(picture, scene, shore, chance)
    if scene.drift:
        _put_drift(picture, scene, chance)
    return as_jpeg(_with_grain(picture, chance), HERO_QUALITY)


# ---- light and air


def _sky(scene: Scene, horizon: int, chance: Random) -> Image.Image:
    """The whole picture as mere sky: its soft parts are painted small, because nothing in them is sharp."""
    small = (HERO_SIZE[0] // SOFT, HERO_SIZE[1] // SOFT)
    picture = gradient(small, [rgb(colour) for colour in scene.sky])
    across = round(HERO_SIZE[0] * chance.choice((0.26, 0.32, 0.64, 0.70, 0.75)))
    down = round(horizon * (scene.light_height + chance.uniform(-0.07, 0.07)))
    for radius, strength in ((600, 0.50), (210, 0.45)):
        _put_glow(picture, scene, (across // SOFT, down // SOFT), radius // SOFT, strength)
    _put_clouds(picture, scene, chance)
    picture = picture.resize(HERO_SIZE, Image.Resampling.BILINEAR)
    if scene.is_night:
        _put_stars(picture, horizon, chance)
    radius = chance.randint(44, 58)
    picture.paste(rgb(scene.light), (across - radius, down - radius), disc(2 * radius))
    return picture


def _put_glow(picture: Image.Image, scene: Scene, at: tuple[int, int], radius: int, strength: float) -> None:
    """Light around the sun or the moon, fading as a square does: a glow then shows no rim."""
    # Pillow's gradient reaches 255 in its corners and 181 on its edges: the circle ends there.
    fading = [round(255 * strength * max(0.0, 1 - step / 181) ** 2.2) for step in range(256)]
    glow = Image.radial_gradient("L").point(fading)
    glow = glow.resize((2 * radius, 2 * radius), Image.Resampling.BILINEAR)
    picture.paste(rgb(scene.light), (at[0] - radius, at[1] - radius), glow)


def _put_stars(picture: Image.Image, horizon: int, chance: Random) -> None:
    pen = ImageDraw.Draw(picture, "RGBA")
    for _ in range(110):
        across, down = (chance.randrange(HERO_SIZE[0]), round(horizon * chance.random() ** 1.4))
        radius = chance.choice((0.6, 0.6, 0.9, 1.4))
        box = (across - radius, down - radius, across + radius, down + radius)
        pen.ellipse(box, fill=(255, 250, 235, chance.randint(90, 220)))


def _put_clouds(picture: Image.Image, scene: Scene, chance: Random) -> None:
    """Long bands of haze, in the upper half of the small picture."""
    width, height = picture.width, picture.height // 2
    veil = Image.new("L", (width, height))
    pen = ImageDraw.Draw(veil)
    for _ in range(chance.randint(5, 8)):
        across, down = chance.randrange(-40, width), chance.randrange(6, height - 10)
        long, thick = chance.randint(50, 120), chance.choice((2, 3, 4, 5))
        pen.ellipse((across, down, across + long, down + thick), fill=chance.randint(60, 150))
    white = mixed(rgb(scene.light), rgb(scene.sky[1]), 0.6) if scene.is_night else rgb("#ffffff")
    picture.paste(white, (0, 0), veil.filter(ImageFilter.GaussianBlur(3)))


def _put_drift(picture: Image.Image, scene: Scene, chance: Random) -> None:
    """Snow, petals or seeds: small and near, with nothing in front of them."""
    pen = ImageDraw.Draw(picture, "RGBA")
    colour = rgb(scene.drift)
    for _ in range(90):
        across, down = chance.uniform(0, HERO_SIZE[0]), chance.uniform(0, HERO_SIZE[1])
        radius = chance.uniform(1.2, 3.6)
        alpha = round(230 - 40 * radius)
        pen.ellipse((across - radius, down - radius, across + radius, down + radius), fill=(*colour, alpha))


def _with_grain(picture: Image.Image, chance: Random) -> Image.Image:
    """Fine noise against banding; Pillow's own cannot be seeded."""
    half = (HERO_SIZE[0] // 2, HERO_SIZE[1] // 2)
    noise = Image.frombytes("L", half, chance.randbytes(half[0] * half[1]))
    noise = noise.point([124 + step * 9 // 256 for step in range(256)])
    noise = noise.resize(HERO_SIZE, Image.Resampling.BILINEAR)
    return ImageChops.add(picture, Image.merge("RGB", (noise, noise, noise)), 1, -128)


# ---- land and water


def _put_ridges(picture: Image.Image, scene: Scene, horizon: int, chance: Random) -> None:
    """Hills one before the other, each darker than the one behind it and paler at its foot, as in mist."""
    depth = 72 if scene.is_by_water else 0.86 * (HERO_SIZE[1] - horizon)
    top = horizon - (80 if scene.is_by_water else 10)
    reach = 0.5 if scene.is_by_water else 1.0
    steps = [layer / (scene.ridges - 1) for layer in range(scene.ridges)]
    lines = [
        _ridge_line(top + depth * nearness**1.25, scene.swing * (1 - 0.45 * nearness), chance) for nearness in steps
    ]
    for layer, (nearness, line) in enumerate(zip(steps, lines, strict=True)):
        colour = mixed(rgb(scene.far), rgb(scene.near), nearness * reach)
        foot = mixed(colour, rgb(scene.sky[-1]), 0.5 * (1 - 0.8 * nearness))
        ahead = lines[layer + 1] if layer + 1 < len(lines) else None
        _put_ridge(picture, line, ahead, colour, foot)
        if layer >= len(lines) - 2 and not scene.is_by_water:
            _put_trees(picture, scene, line, mixed(colour, rgb(scene.leaf or scene.near), 0.6), chance)


def _ridge_line(top: float, swing: float, chance: Random) -> Line:
    """A few waves laid over each other, one point every eight pixels."""
    waves = [
        (swing * share, math.tau / (length * chance.uniform(0.8, 1.25)), chance.uniform(0, math.tau))
        for share, length in ((0.62, 900), (0.30, 380), (0.12, 150), (0.035, 50))
    ]
    return [
        (across, top - sum(high * math.sin(turn * across + start) for high, turn, start in waves))
        for across in range(0, HERO_SIZE[0] + 8, 8)
    ]


def _put_ridge(picture: Image.Image, line: Line, ahead: Line | None, colour: Colour, foot: Colour) -> None:
    """One hill, painted no further down than the lowest point of the one ahead of it."""
    width, height = HERO_SIZE
    start = max(0, math.floor(min(down for _, down in line)) - 2)
    valley = math.ceil(max(down for _, down in line)) + 2
    end = min(height, max(valley, math.ceil(max(down for _, down in ahead)) + 2) if ahead else height)
    if start >= end:
        return
    body = gradient((width, end - start), [colour, mixed(colour, foot, 0.6), foot])
    crest = min(valley, end) - start
    mask = Image.new("L", (2 * width, 2 * crest))
    shape = [(2 * across, 2 * (down - start)) for across, down in line]
    ImageDraw.Draw(mask).polygon([*shape, (2 * width + 16, 2 * crest), (0, 2 * crest)], fill=255)
    picture.paste(body.crop((0, 0, width, crest)), (0, start), mask.reduce(2))
    picture.paste(body.crop((0, crest, width, end - start)), (0, start + crest))


def _put_trees(picture: Image.Image, scene: Scene, line: Line, colour: Colour, chance: Random) -> None:
    """Groups of trees along a ridge, taller where it is nearer."""
    for _ in range(chance.randint(2, 3)):
        middle = chance.randrange(6, len(line) - 6)
        for _ in range(chance.randint(2, 5)):
            at = min(len(line) - 1, max(0, middle + chance.randint(-9, 9)))
            tall = 110 * line[at][1] / HERO_SIZE[1] * chance.uniform(0.5, 1.0)
            _put_tree(picture, scene, line[at], tall, colour, chance)


def _put_tree(picture: Image.Image, scene: Scene, at: Point, tall: float, colour: Colour, chance: Random) -> None:
    across, down = at
    shape = _fir(tall, chance) if scene.trees == "firs" else _crown(tall, chance)
    left, top = (round(across - shape.width / 2), round(down - shape.height + 0.04 * tall + 2))
    picture.paste(colour, (left, top), shape)


def _fir(tall: float, chance: Random) -> Image.Image:
    """A fir as a mask: three skirts, drawn at four times the size."""
    high = round(4 * tall)
    wide = round(high * chance.uniform(0.34, 0.44))
    mask = Image.new("L", (wide, high))
    pen = ImageDraw.Draw(mask)
    middle = wide / 2
    for top, bottom, share in ((0.0, 0.46, 0.52), (0.20, 0.72, 0.78), (0.44, 0.94, 1.0)):
        half = wide * share / 2
        pen.polygon([(middle, top * high), (middle + half, bottom * high), (middle - half, bottom * high)], 255)
    pen.rectangle((middle - wide * 0.05, 0.9 * high, middle + wide * 0.05, high), fill=255)
    return mask.reduce(4)


def _crown(tall: float, chance: Random) -> Image.Image:
    """A broad tree as a mask: a trunk that forks, and a dome of leaves with tufts around its rim."""
    high = round(4 * tall)
    wide = round(high * chance.uniform(0.86, 1.04))
    mask = Image.new("L", (wide, high))
    pen = ImageDraw.Draw(mask)
    pen.ellipse((0.16 * wide, 0.12 * high, 0.84 * wide, 0.62 * high), fill=255)
    for step in range(12):
        turn = math.tau * (step + chance.uniform(-0.3, 0.3)) / 12
        across, down = wide * (0.5 + 0.33 * math.cos(turn)), high * (0.37 - 0.21 * math.sin(turn))
        radius = wide * chance.uniform(0.09, 0.16)
        pen.ellipse((across - radius, down - 0.8 * radius, across + radius, down + 0.8 * radius), fill=255)
    pen.polygon([(0.46 * wide, high), (0.485 * wide, high / 2), (0.515 * wide, high / 2), (0.54 * wide, high)], 255)
    for side in (-1, 1):
        fork, tip = (0.5 + 0.01 * side) * wide, (0.5 + 0.17 * side) * wide
        pen.line([(fork, 0.8 * high), (tip, 0.55 * high)], fill=255, width=max(1, round(0.03 * wide)))
    return mask.reduce(4)


def _put_water(picture: Image.Image, scene: Scene, shore: int, chance: Random) -> None:
    """Still water: what stands above it, upside down, blurred along the waves and a little darker."""
    width, height = HERO_SIZE
    deep = height - shore
    above = picture.crop((0, max(0, shore - round(deep * 1.3)), width, shore))
    above = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    # Squeezed sideways and stretched back: a blur along the surface only, at no cost.
    mirror = above.reduce((16, 2)).resize((width, deep), Image.Resampling.BICUBIC)
    near = rgb(scene.near)
    tint = gradient((width, deep), [mixed(rgb(scene.sky[-1]), near, 0.15), mixed(near, rgb(scene.far), 0.3)])
    water = Image.blend(mirror, tint, 0.42)
    _put_ripples(water, rgb(scene.light), chance)
    picture.paste(water, (0, shore))


def _put_ripples(water: Image.Image, colour: Colour, chance: Random) -> None:
    """Short bright strokes, longer and further apart the nearer they are."""
    pen = ImageDraw.Draw(water, "RGBA")
    for _ in range(60):
        nearness = chance.random() ** 1.6
        across, down = chance.uniform(-40, water.width), nearness * water.height
        long = (20 + 130 * nearness) * chance.uniform(0.5, 1.3)
        pen.ellipse((across, down, across + long, down + 1 + 1.6 * nearness), fill=(*colour, chance.randint(16, 60)))


def _put_bank(picture: Image.Image, scene: Scene, shore: int, chance: Random) -> None:
    """The ground we stand on, rising to one side of the water, with its trees."""
    width, height = HERO_SIZE
    is_left = chance.random() < 0.5
    high = 0.42 * (height - shore)
    rough = _ridge_line(0, 12, chance)
    line = []
    for across, wave in rough:
        share = across / width if is_left else 1 - across / width
        line.append((across, height + 26 - (high + 34) * math.exp(-5.5 * share**1.6) - 10 + 0.6 * wave))
    colour = mixed(rgb(scene.near), rgb("#000000"), 0.12)
    leaf = rgb(scene.leaf) if scene.leaf else colour
    _put_ridge(picture, line, None, colour, colour)
    places = {"pair": ((0.09, 250.0), (0.205, 190.0)), "firs": ((0.05, 190.0), (0.11, 230.0), (0.185, 150.0))}
    for share, tall in places.get(scene.trees, ()):
        at = round(len(line) * (share if is_left else 1 - share))
        _put_tree(picture, scene, line[at], tall * chance.uniform(0.9, 1.1), leaf, chance)
