"""Any picture's bytes → the bytes of one that every mail program shows and that tells nothing but what is on it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from newsletter.content.pictures.files import is_bare_png, read_gif, read_jpeg

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

MAX_BYTES = 10_000_000
"""Of a picture as it comes in."""

MAX_WIDTH = 1_200  # pixels: a mail shows it 600 wide, on screens of twice the density
MAX_HEIGHT = 3_000  # pixels
MAX_ANIMATION = 1_000_000  # bytes
MAX_PNG = 1_000_000  # bytes

_READABLE = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")
_PHOTOGRAPHS = ("JPEG", "MPO")
_QUALITIES = (82, 72, 60, 45)
_FEW_COLOURS = 256
_FEW_GREYS = 64  # a photograph without colour has no more than 256 to begin with
_TILE_WIDTH = 322  # TIFF 6.0, section 15

# Bytes that a decoder and the first step to a smaller picture take together for a pixel, as measured. What is made of
# it takes 25 MB more and the program around it its own, so that all stays below 300 MB.
_MEMORY = 110_000_000
_MEMORY_A_PIXEL = {"WEBP": 14, "AVIF": 11, "TIFF": 8}
_MOST_PIXELS = 100_000_000  # that are read through, though they are never held all at once
_MOST_SCANS = 64

_BROKEN = "is broken or cut short"


@dataclass(frozen=True, slots=True)
class MailPicture:
    data: bytes
    ending: str  # .jpg, .png or .gif
    width: int  # pixels
    height: int  # pixels
    notes: tuple[str, ...] = ()  # what became of it that somebody should know, after its name


def for_mail(data: bytes) -> MailPicture:
    """The picture as a mail can carry it: upright, at most MAX_WIDTH wide, in sRGB, without place, camera or comments.

    What is so already comes back as it is, byte for byte. Raises ValueError, in words that follow the picture's name.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES // 1_000_000} MB")
    _refuse_what_is_none(data)
    with _quiet():
        opened = _opened(data)
        if opened.format == "GIF" and (kept := _animation(opened, data)):
            return kept
        notes = ("is animated: only its first frame is kept",) if _is_animated(opened, data) else ()
        try:
            picture = _read(opened)
            if picture.is_as_it_came and _is_ready(picture, data):
                return MailPicture(data, ".jpg" if picture.is_photograph else ".png", *picture.image.size, notes)
            return _encoded(picture, notes)
        except Exception as error:  # a decoder raises whatever it stumbles over
            raise ValueError(_BROKEN) from error


def _refuse_what_is_none(data: bytes) -> None:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        raise ValueError("is empty")
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in start:
        raise ValueError("is an SVG drawing, which mail programs do not show: save it as PNG")
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        raise ValueError("is a web page, not a picture")
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"):
        raise ValueError("is a HEIC photograph, which cannot be read here: save it as JPEG")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Pillow's warnings: each is of what is looked at here anyway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _opened(data: bytes) -> ImageFile:
    """The picture, not yet decoded, and small enough to be. Raises ValueError."""
    from PIL import Image, UnidentifiedImageError

    try:
        opened = Image.open(BytesIO(data), formats=_READABLE)
    except UnidentifiedImageError:
        raise ValueError(f"is none of {', '.join(_READABLE)}, or its beginning is broken") from None
    except Image.DecompressionBombError:
        raise ValueError("has too many pixels to be opened") from None
    except Exception as error:
        raise ValueError(_BROKEN) from error
    _refuse_what_is_too_much(opened, data)
    return opened


def _refuse_what_is_too_much(opened: ImageFile, data: bytes) -> None:
    """Raises ValueError. Takes a JPEG's size down, where its decoder can leave out what is not needed."""
    width, height = opened.size
    held = 0.0
    pixels = width * height
    if opened.format in _PHOTOGRAPHS:
        jpeg = read_jpeg(data)
        if jpeg.scans > _MOST_SCANS or not jpeg.is_whole:
            raise ValueError(_BROKEN)
        held = 2 * pixels * jpeg.samples if jpeg.is_held else 0
        opened.draft(None, _fitting(width, height, _turns(opened)))
    if opened.format == "TIFF" and _TILE_WIDTH in getattr(opened, "tag_v2", ()):
        raise ValueError("is a TIFF in tiles: save it as JPEG or PNG")
    held += opened.width * opened.height * _MEMORY_A_PIXEL.get(opened.format or "", _bytes_a_pixel(opened))
    if held > _MEMORY or pixels > _MOST_PIXELS:
        raise ValueError(f"has {width:,} × {height:,} pixels, too many to be opened")


def _bytes_a_pixel(opened: ImageFile) -> int:
    if opened.mode in ("1", "L"):
        return 1
    # Pillow makes transparent pictures smaller in another form of theirs.
    return 9 if "A" in opened.mode or opened.mode == "P" or "transparency" in opened.info else 4


def _animation(opened: ImageFile, data: bytes) -> MailPicture | None:
    """A small animated GIF without what is written in it; None for any other."""
    gif = read_gif(data)
    width, height = opened.size
    fits = width <= MAX_WIDTH and height <= MAX_HEIGHT and len(gif.bare) <= MAX_ANIMATION
    if gif.frames < 2 or not fits or not gif.is_inside:
        return None
    try:
        opened.load()
    except Exception as error:
        raise ValueError(_BROKEN) from error
    notes = ("is animated: Outlook shows its first frame",)
    return MailPicture(gif.bare, ".gif", width, height, notes)


def _is_animated(opened: ImageFile, data: bytes) -> bool:
    if opened.format == "GIF":
        return read_gif(data).frames > 1
    # Pillow calls pages of a TIFF and the previews of a JPEG the same, and walks through all of them to know.
    return opened.format in ("PNG", "WEBP", "AVIF") and bool(getattr(opened, "is_animated", False))


def _turns(opened: Image) -> int:
    """EXIF's orientation, 1 to 8 (CIPA DC-008, 4.6.4); 1 where it says nothing that can be read."""
    try:
        turn = opened.getexif().get(0x0112, 1)
    except Exception:
        return 1
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _fitting(width: int, height: int, turn: int) -> tuple[int, int]:
    """The size it gets before it is turned upright."""
    across, down = (MAX_HEIGHT, MAX_WIDTH) if turn >= 5 else (MAX_WIDTH, MAX_HEIGHT)
    share = min(1.0, across / width, down / height)
    return max(1, round(width * share)), max(1, round(height * share))


@dataclass(frozen=True, slots=True)
class _Picture:
    """A still picture, decoded: upright, in sRGB, at the size that it goes out with. Grey, RGB, or RGBA."""

    image: Image
    is_photograph: bool  # it was one when it came
    is_flat: bool  # it had few colours when it came
    is_as_it_came: bool  # the file says the same


def _read(opened: ImageFile) -> _Picture:
    is_photograph = opened.format in _PHOTOGRAPHS
    turn = 1 if opened.format == "TIFF" else _turns(opened)  # Pillow turns a TIFF by itself
    profile = opened.info.get("icc_profile")
    opened.load()
    size = opened.size
    is_rgb = opened.mode in ("L", "RGB")
    image = _plain(opened)
    is_flat = not is_photograph and _has_few_colours(image)
    if size != (fitting := _fitting(*size, turn)):
        image = _resized(image, fitting)
    if image is not opened:
        opened.close()  # large ones would not fit in memory twice
    image = _upright(_in_srgb(image, profile), turn)
    is_same = size == fitting and turn == 1 and not profile and (is_rgb or not is_photograph)
    is_same = is_same and opened.format in ("JPEG", "PNG")
    return _Picture(image, is_photograph, is_flat, is_same)


def _is_ready(picture: _Picture, data: bytes) -> bool:
    """Whether the file as it came is what would be made of it."""
    if picture.is_photograph:
        return len(data) <= _most_bytes(picture.image) and read_jpeg(data).is_bare
    is_drawn = picture.is_flat or picture.image.mode == "RGBA"
    # More than its pixels take is nothing of the picture.
    most = min(MAX_PNG, 5 * picture.image.width * picture.image.height + 4_000)
    return is_drawn and len(data) <= most and is_bare_png(data)


def _encoded(picture: _Picture, notes: tuple[str, ...]) -> MailPicture:
    image = picture.image
    while True:
        if picture.is_flat and image.mode != "RGBA" and not _has_few_colours(image):
            image = _with_few_colours(image)  # its edges got more when it was made smaller
        data, ending = b"", ".png"
        if image.mode == "RGBA":
            image, data = _with_transparency(image)
        elif not picture.is_photograph and _has_few_colours(image):
            data = _small_png(_with_palette(image))
        if not data and image.mode != "RGBA":
            data, ending = _as_jpeg(image), ".jpg"
        if data:
            return MailPicture(data, ending, *image.size, notes)
        image = _opaque_if_it_is(_resized(image, _three_quarters(image.size)))


def _with_transparency(image: Image) -> tuple[Image, bytes]:
    """The picture as PNG, no bytes where that is too large; without its transparency when nobody could see it."""
    from PIL.Image import Quantize

    if data := _small_png(image):
        return image, data
    coarse = image.quantize(256, Quantize.FASTOCTREE)
    if _opaque_if_it_is(coarse.convert("RGBA")).mode != "RGBA":
        return image.convert("RGB"), b""
    return image, _small_png(coarse)


def _plain(opened: Image) -> Image:
    """The pixels alone: grey, RGB, CMYK, or RGBA where anything shines through."""
    if "A" in opened.mode or "a" in opened.mode or "transparency" in opened.info:
        plain = _opaque_if_it_is(opened if opened.mode == "RGBA" else opened.convert("RGBA"))
    elif opened.mode in ("L", "RGB", "CMYK"):
        plain = opened
    elif opened.mode == "1" or opened.mode.startswith(("I", "F")):
        plain = opened.convert("L")
    else:
        plain = opened.convert("RGB")
    plain.info = {}
    return plain


def _opaque_if_it_is(image: Image) -> Image:
    if image.mode != "RGBA":
        return image
    lowest, _ = image.getchannel("A").getextrema()
    return image.convert("RGB") if lowest == 255 else image


def _resized(image: Image, size: tuple[int, int]) -> Image:
    from PIL.Image import Resampling

    return image.resize(size, Resampling.LANCZOS, reducing_gap=2.0)


def _three_quarters(size: tuple[int, int]) -> tuple[int, int]:
    return max(1, size[0] * 3 // 4), max(1, size[1] * 3 // 4)


def _in_srgb(image: Image, profile: bytes | None) -> Image:
    """The colours as they are meant, without the profile that says so; one that cannot be read says nothing."""
    from PIL import ImageCms

    if profile:
        try:
            meant = ImageCms.ImageCmsProfile(BytesIO(profile))
            if image.mode == "CMYK" or "sRGB" not in ImageCms.getProfileDescription(meant):
                mode = "RGBA" if image.mode == "RGBA" else "RGB"
                srgb = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, meant, srgb, outputMode=mode)
                image = converted if converted is not None else image
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass
    image = image.convert("RGB") if image.mode == "CMYK" else image
    image.info = {}  # the profile would go along
    return image


def _upright(image: Image, turn: int) -> Image:
    from PIL.Image import Transpose

    ways = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(ways[turn]) if turn in ways else image


def _has_few_colours(image: Image) -> bool:
    """Whether it is rather drawn than photographed."""
    if image.mode not in ("L", "RGB"):
        return False
    colours = image.getcolors(_FEW_COLOURS)
    if colours is None:
        return False
    return len(colours) <= _FEW_GREYS or not all(_is_grey(colour) for _, colour in colours)


def _is_grey(colour: float | tuple[int, ...]) -> bool:
    return not isinstance(colour, tuple) or len(set(colour)) == 1


def _with_few_colours(image: Image) -> Image:
    from PIL.Image import Dither

    for most in (_FEW_COLOURS, _FEW_GREYS):
        fewer = image.quantize(most, dither=Dither.NONE).convert("RGB")
        if _has_few_colours(fewer):
            return fewer
    return image


def _with_palette(image: Image) -> Image:
    """The same pixels as places in a palette, where that loses nothing."""
    from PIL.Image import Dither

    placed = image.quantize(_FEW_COLOURS, dither=Dither.NONE)
    return placed if placed.convert(image.mode).tobytes() == image.tobytes() else image


def _small_png(image: Image) -> bytes:
    """Empty when it is too large."""
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue() if out.tell() <= MAX_PNG else b""


def _as_jpeg(image: Image) -> bytes:
    """In the best quality that fits; empty when none does."""
    for quality in _QUALITIES:
        out = BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= _most_bytes(image):
            return out.getvalue()
    return b""


def _most_bytes(image: Image) -> int:
    """Of a JPEG: more than a photograph of this size needs."""
    return 60_000 + image.width * image.height // 2
