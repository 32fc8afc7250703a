"""Any picture → one for a mail; hostile ones → one line."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from newsletter.content.pictures import (
    MAX_ANIMATION,
    MAX_BYTES,
    MAX_HEIGHT,
    MAX_PNG,
    MAX_WIDTH,
    MailPicture,
    for_mail,
)
from newsletter.content.pictures.files import read_gif, read_jpeg

SECRET = b"48.1374 N"


def photograph(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Soft shapes in many colours."""
    noise = Image.effect_noise((width // 8 + 2, height // 8 + 2), 90).resize((width, height), Image.Resampling.BICUBIC)
    across = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (noise, across, across.transpose(Image.Transpose.ROTATE_180))).convert(mode)


def drawing(width: int, height: int) -> Image.Image:
    """Three colours with sharp edges."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("navy", (0, 0, width // 2, height // 2))
    image.paste("orange", (width // 4, height // 4, width // 3 + 1, height - 1))
    return image


def saved(image: Image.Image, image_format: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def opened(picture: MailPicture | bytes) -> Image.Image:
    image = Image.open(BytesIO(picture if isinstance(picture, bytes) else picture.data))
    image.load()
    return image


def exif(orientation: int = 1) -> Image.Exif:
    written = Image.Exif()
    written[0x0112] = orientation
    written[0x010E] = SECRET.decode()
    return written


def animation(width: int = 60, height: int = 40, frames: int = 3, **options: Any) -> bytes:
    colours = ["red", "green", "blue", "yellow"] * (frames // 4 + 1)
    images = [Image.new("RGB", (width, height), colour) for colour in colours[:frames]]
    return saved(images[0], "GIF", save_all=True, append_images=images[1:], duration=90, loop=0, **options)


# -- what comes out


def test_photograph_becomes_a_jpeg_as_wide_as_a_mail_shows_it_on_a_fine_screen() -> None:
    made = for_mail(saved(photograph(3000, 1500), "PNG"))
    assert (made.ending, made.width, made.height, made.notes) == (".jpg", MAX_WIDTH, MAX_WIDTH // 2, ())
    assert opened(made).format == "JPEG" and opened(made).size == (made.width, made.height)


def test_picture_that_is_narrow_enough_keeps_its_size() -> None:
    assert opened(for_mail(saved(photograph(301, 207), "WEBP"))).size == (301, 207)


def test_very_tall_picture_is_made_smaller_as_a_whole() -> None:
    made = for_mail(saved(photograph(600, 6000), "JPEG"))
    assert (made.width, made.height) == (300, MAX_HEIGHT)


def test_picture_that_something_shines_through_stays_png() -> None:
    image = photograph(90, 60).convert("RGBA")
    image.putpixel((3, 2), (1, 2, 3, 0))
    made = for_mail(saved(image, "WEBP", lossless=True, exact=True))
    assert made.ending == ".png"
    assert opened(made).convert("RGBA").getpixel((3, 2)) == (1, 2, 3, 0)


def test_transparency_that_hides_nothing_keeps_no_photograph_from_being_jpeg() -> None:
    assert for_mail(saved(photograph(200, 100).convert("RGBA"), "PNG")).ending == ".jpg"


def test_drawing_keeps_its_sharp_edges_as_png() -> None:
    image = drawing(400, 300)
    made = for_mail(saved(image, "BMP"))
    assert made.ending == ".png" and len(made.data) < 2_000
    assert opened(made).convert("RGB").tobytes() == image.tobytes()


def test_large_drawing_stays_a_drawing_when_it_is_made_smaller() -> None:
    made = for_mail(saved(drawing(2999, 1999), "PNG"))
    assert (made.ending, made.width) == (".png", MAX_WIDTH)
    assert len(opened(made).convert("RGB").getcolors(256) or ()) > 3


def test_photograph_without_colour_is_none_of_the_drawings() -> None:
    grey = photograph(500, 400, "L")
    assert for_mail(saved(grey, "PNG")).ending == ".jpg"
    assert for_mail(saved(grey.convert("RGB"), "WEBP", lossless=True)).ending == ".jpg"


@pytest.mark.parametrize("image_format", ["WEBP", "AVIF", "TIFF", "BMP", "PNG", "GIF"])
def test_what_mail_programs_do_not_show_becomes_what_they_show(image_format: str) -> None:
    made = for_mail(saved(photograph(120, 80), image_format))
    assert opened(made).format in ("JPEG", "PNG")
    assert made.ending == {"JPEG": ".jpg", "PNG": ".png"}[opened(made).format or ""]


def test_colours_for_printing_become_those_of_a_screen() -> None:
    red = opened(for_mail(saved(Image.new("CMYK", (50, 50), (0, 255, 255, 0)), "JPEG")))
    assert red.mode == "RGB"
    brightest, *others = red.getpixel((20, 20))  # type: ignore[misc]
    assert brightest > 200 and max(others) < 90


def test_profile_is_applied_and_goes() -> None:
    """A profile that says every colour differently: the pixels change, and nothing says so any more."""
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = photograph(80, 60)
    plain, meant = for_mail(saved(image, "PNG")), for_mail(saved(image, "PNG", icc_profile=swapped))
    assert plain.data == meant.data  # it does not fit the picture, so it says nothing
    display = ImageCms.createProfile("sRGB")
    made = for_mail(saved(image, "JPEG", icc_profile=ImageCms.ImageCmsProfile(display).tobytes()))
    assert "icc_profile" not in opened(made).info and b"ICC_PROFILE" not in made.data


def test_grey_in_another_gamma_gets_lighter_or_darker_as_meant() -> None:
    image = Image.new("RGB", (40, 40), (128, 128, 128))
    made = opened(for_mail(saved(image, "PNG", icc_profile=linear_profile())))
    assert made.convert("RGB").getpixel((1, 1)) == pytest.approx((188, 188, 188), abs=2)


def linear_profile() -> bytes:
    """sRGB's primaries with gamma 1.0: the built-in profile with its curves replaced (ICC.1:2010, 10.5)."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = int.from_bytes(profile[128:132], "big")
    changed = bytearray(profile)
    for tag in range(count):
        name, offset, _ = struct.unpack(">4sII", profile[132 + 12 * tag : 144 + 12 * tag])
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            changed[offset : offset + 12] = b"curv" + bytes(8)
        if name == b"desc":
            changed[offset:] = changed[offset:].replace("sRGB".encode("utf-16-be"), "flat".encode("utf-16-be"))
    return bytes(changed)


@pytest.mark.parametrize("turn", range(1, 9))
def test_picture_stands_upright(turn: int) -> None:
    """Red is at the top left, whatever the camera was turned to."""
    upright = Image.new("RGB", (64, 32), "blue")
    upright.paste("red", (0, 0, 32, 16))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    lying = upright.transpose(back[turn]) if turn in back else upright
    for image_format in ("JPEG", "PNG", "WEBP", "TIFF"):
        made = opened(for_mail(saved(lying, image_format, exif=exif(turn)))).convert("RGB")
        assert made.size == (64, 32), image_format
        assert made.getpixel((4, 4)) == pytest.approx((255, 0, 0), abs=40), image_format


def test_picture_that_lies_on_its_side_is_as_wide_as_allowed_once_it_stands() -> None:
    made = for_mail(saved(photograph(2000, 3000), "JPEG", exif=exif(6)))
    assert (made.width, made.height) == (MAX_WIDTH, MAX_WIDTH * 2 // 3)


@pytest.mark.parametrize(
    "data",
    [
        saved(photograph(80, 60), "JPEG", exif=exif(), comment=SECRET, xmp=b"<x>" + SECRET + b"</x>", dpi=(72, 72)),
        saved(photograph(80, 60), "JPEG") + SECRET,
        saved(drawing(80, 60), "PNG", exif=exif()) + SECRET,
        saved(photograph(80, 60), "WEBP", exif=exif(), xmp=SECRET),
        saved(photograph(80, 60), "TIFF", exif=exif(), description=SECRET.decode()),
        saved(drawing(80, 60), "GIF", comment=SECRET),
        animation(comment=SECRET),
    ],
    ids=["jpeg", "behind a jpeg", "png", "webp", "tiff", "gif", "animated gif"],
)
def test_nothing_is_left_of_what_was_written_in_the_file(data: bytes) -> None:
    assert SECRET in data
    made = for_mail(data)
    assert SECRET not in made.data
    image = opened(made)
    assert not image.getexif() and not {"exif", "xmp", "comment", "icc_profile"} & set(image.info)


def test_small_animation_stays_one() -> None:
    made = for_mail(animation(frames=4))
    assert (made.ending, made.width, made.height) == (".gif", 60, 40)
    assert made.notes == ("is animated: Outlook shows its first frame",)
    image = opened(made)
    assert (image.n_frames, image.info["loop"], image.info["duration"]) == (4, 0, 90)  # type: ignore[attr-defined]


@pytest.mark.parametrize("image_format", ["WEBP", "PNG"])
def test_other_animation_becomes_its_first_frame(image_format: str) -> None:
    images = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green")]
    made = for_mail(saved(images[0], image_format, save_all=True, append_images=images[1:], duration=90))
    assert made.notes == ("is animated: only its first frame is kept",)
    assert opened(made).convert("RGB").getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=10)


def test_wide_or_heavy_animation_becomes_its_first_frame() -> None:
    wide = for_mail(animation(MAX_WIDTH + 2, 40))
    noisy = [Image.effect_noise((600, 500), 200) for _ in range(4)]
    heavy = saved(noisy[0], "GIF", save_all=True, append_images=noisy[1:])
    assert len(heavy) > MAX_ANIMATION
    for made in (wide, for_mail(heavy)):
        assert made.ending != ".gif" and made.notes == ("is animated: only its first frame is kept",)


def test_animation_that_lacks_its_last_byte_gets_it() -> None:
    assert for_mail(animation()[:-1]).data == for_mail(animation()).data


# -- mail-ready ones


@pytest.mark.parametrize(
    "data",
    [
        saved(photograph(800, 600), "JPEG", quality=80),
        saved(photograph(800, 600), "JPEG", quality=80, progressive=True, optimize=True),
        saved(photograph(300, 200, "L"), "JPEG"),
        saved(drawing(400, 300), "PNG"),
        saved(drawing(400, 300).quantize(8), "PNG"),
        saved(photograph(200, 100).convert("RGBA").rotate(20), "PNG"),
        animation(),
    ],
    ids=["jpeg", "progressive", "grey", "drawing", "palette", "transparent", "animation"],
)
def test_picture_that_is_fit_for_mail_comes_back_as_it_is(data: bytes) -> None:
    assert for_mail(data).data == data


def test_photograph_far_too_heavy_for_its_size_is_written_anew() -> None:
    heavy = saved(Image.effect_noise((900, 700), 250).convert("RGB"), "JPEG", quality=100, subsampling=0)
    assert len(for_mail(heavy).data) < len(heavy) / 2


def test_png_that_holds_more_than_its_pixels_is_written_anew() -> None:
    stuffed = png(8, 8, 2, zlib.compress(bytes(8 * (1 + 24)) + bytes(range(256)) * 4000, 0))
    assert len(for_mail(stuffed).data) < 500


def test_transparent_picture_too_heavy_for_png_gets_fewer_colours_or_smaller() -> None:
    noise = Image.merge("RGBA", [Image.effect_noise((MAX_WIDTH, 1500), 200) for _ in range(4)])
    made = for_mail(saved(noise, "PNG"))
    assert made.ending == ".png" and len(made.data) <= MAX_PNG
    assert for_mail(made.data).data == made.data


FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")


@st.composite
def pictures(draw: Callable[[st.SearchStrategy[Any]], Any]) -> bytes:
    """A picture of any kind, with any pixels, that Pillow can write."""
    width, height = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    few = draw(st.booleans())
    pixels = draw(st.binary(min_size=3, max_size=12 if few else 400))
    size = width * height * 4
    image = Image.frombytes("RGBA", (width, height), (pixels * (size // len(pixels) + 1))[:size])
    mode = draw(st.sampled_from(MODES))
    image = (
        image.convert("L").convert(mode) if mode in ("I;16", "1") else image.convert("RGB" if mode == "CMYK" else mode)
    )
    image = image.convert(mode)
    if draw(st.booleans()):
        image = image.resize((draw(st.sampled_from([7, 700, 1300])), draw(st.sampled_from([5, 90]))))
    options = {"exif": exif(draw(st.integers(1, 8)))} if draw(st.booleans()) else {}
    for image_format in (draw(st.sampled_from(FORMATS)), "PNG"):
        try:
            return saved(image, image_format, **options)
        except (OSError, ValueError):
            continue
    return saved(image.convert("RGB"), "PNG")


@given(pictures())
@settings(max_examples=250)
def test_making_a_picture_fit_twice_is_making_it_fit_once(data: bytes) -> None:
    once = for_mail(data)
    again = for_mail(once.data)
    assert again.data == once.data
    assert (again.ending, again.width, again.height) == (once.ending, once.width, once.height)
    assert once.width <= MAX_WIDTH and once.height <= MAX_HEIGHT
    assert opened(once).size == (once.width, once.height)


# -- what is refused


def png(width: int, height: int, colour_type: int, pixels: bytes, *chunks: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    parts = (chunk(b"IHDR", head), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def gif(canvas: tuple[int, int], *frames: tuple[int, int]) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    drawn = (b"," + struct.pack("<HHHHB", 0, 0, *size, 0) + b"\x02\x02D\x01\0" for size in frames)
    return head + b"".join(drawn) + b";"


REFUSED = {
    "nothing": (b"", "is empty"),
    "words": (b"root:x:0:0", "is none of JPEG, PNG, GIF, WEBP, AVIF, TIFF, BMP"),
    "a page": (b"\n<!DOCTYPE html><title>Log in</title>", "is a web page, not a picture"),
    "a drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "is an SVG drawing"),
    "a drawing in XML": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x --><svg>', "is an SVG drawing"),
    "a HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is a HEIC photograph"),
    "too large": (bytes(MAX_BYTES + 1), "is larger than 10 MB"),
    "a huge PNG": (png(50_000, 50_000, 6, zlib.compress(bytes(1000))), "too many pixels"),
    "a large PNG": (png(6_000, 5_000, 2, zlib.compress(bytes(1000))), "has 6,000 × 5,000 pixels, too many"),
    "a huge GIF": (gif((65_535, 65_535), (1, 1)), "too many pixels"),
    "a GIF's huge frame": (gif((1, 1), (65_535, 65_535), (1, 1)), "too many pixels"),
    "a cut JPEG": (saved(photograph(80, 60), "JPEG")[:-300], "is broken or cut short"),
    "a JPEG's head": (saved(photograph(80, 60), "JPEG")[:20], "is"),
    "a cut PNG": (saved(photograph(80, 60), "PNG")[:-300], "is broken or cut short"),
    "a cut GIF": (animation()[:-30], "is broken or cut short"),
    "a cut WebP": (saved(photograph(80, 60), "WEBP")[:-300], "is"),
    "a cut AVIF": (saved(photograph(80, 60), "AVIF")[:-300], "is none of .* or its beginning is broken"),
    "a cut TIFF": (saved(photograph(80, 60), "TIFF")[:-300], "is broken or cut short"),
    "a PNG's text bomb": (
        png(1, 1, 2, zlib.compress(bytes(4)), chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(9_000_000)))),
        "is broken",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_in_one_line(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(ValueError, match=words) as refused:
        for_mail(data)
    assert "\n" not in str(refused.value)


def test_jpeg_with_more_scans_than_anybody_writes_is_refused() -> None:
    data = saved(photograph(16, 16), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    with pytest.raises(ValueError, match="is broken"):
        for_mail(data[:-2] + data[last:-2] * 80 + data[-2:])


SEEDS = [
    saved(photograph(24, 16), "JPEG", exif=exif(6)),
    saved(photograph(24, 16), "JPEG", progressive=True),
    saved(photograph(24, 16).convert("RGBA").rotate(9), "PNG", exif=exif(3)),
    saved(drawing(24, 16), "GIF"),
    animation(12, 8, 3),
    saved(photograph(24, 16), "WEBP", exif=exif(5)),
    saved(photograph(24, 16), "TIFF", compression="tiff_lzw"),
    saved(drawing(24, 16), "BMP"),
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 1_000), st.binary(min_size=1, max_size=6)), max_size=6),
    st.integers(0, 400),
)
@settings(max_examples=400)
def test_broken_picture_is_fit_for_mail_or_refused_in_words(
    seed: bytes, wounds: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(seed)
    for place, wound in wounds:
        data[place % len(data) : place % len(data) + len(wound)] = wound
    try:
        made = for_mail(bytes(data[: len(data) - cut]))
    except ValueError as error:
        assert str(error).startswith(("is ", "has ")) and "\n" not in str(error)
    else:
        assert for_mail(made.data).data == made.data


# -- what a file is made of


def test_jpeg_tells_whether_a_decoder_holds_it_all() -> None:
    image = photograph(64, 48)
    plain, progressive = saved(image, "JPEG"), saved(image, "JPEG", progressive=True)
    assert (read_jpeg(plain).is_held, read_jpeg(progressive).is_held) == (False, True)
    assert read_jpeg(plain).samples == 1.5 and read_jpeg(saved(image, "JPEG", subsampling=0)).samples == 3
    assert read_jpeg(plain).is_bare and not read_jpeg(saved(image, "JPEG", comment=b"x")).is_bare
    assert not read_jpeg(plain + b"x").is_bare and not read_jpeg(plain[:-2]).is_whole


def test_gif_keeps_its_frames_and_loop_alone() -> None:
    data = animation(comment=b"somebody", frames=3)
    found = read_gif(data)
    assert found.frames == 3 and b"somebody" not in found.bare and b"NETSCAPE2.0" in found.bare
    assert read_gif(found.bare).bare == found.bare
