"""The bytes of a file → its text, or the sentence that says why they cannot be read."""

from __future__ import annotations

import re
from collections import Counter

from charset_normalizer import from_bytes

from newsletter.errors import SourceError

MAX_BYTES = 10_000_000  # one article

_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (Word and OpenDocument files are such archives)"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"RIFF", "a RIFF file (WebP, WAV or AVI)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_FOREIGN_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\x84\x31\x95\x33", "GB18030"),
    (b"+/v8", "UTF-7"),
)
_READ = "only UTF-8, UTF-16 and Windows-1252 are read; save it as UTF-8"
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SEARCHED = 1_000_000  # bytes in which words are looked for that tell the encoding
_SAMPLE = 16_000  # bytes of such words that are looked at


def decode(data: bytes, source: str) -> str:
    """The text of `data`, its line ends all `\\n`, without a byte order mark.

    Raises SourceError for an empty, binary or overlong file, and for an encoding that is not read.
    """
    _check_size(data, source)
    _check_magic(data, source)
    text = _LINE_END.sub("\n", _decoded(data, source))
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        words = f"it is a binary file: control character U+{ord(control.group()):04X}"
        raise SourceError(source, words, line)
    if not text.strip():
        raise SourceError(source, "the file is empty")
    return text


def _check_size(data: bytes, source: str) -> None:
    if len(data) > MAX_BYTES:
        size, limit = len(data) / 1_000_000, MAX_BYTES / 1_000_000
        raise SourceError(source, f"it is {size:.1f} MB; one article may be at most {limit:.0f} MB")


def _check_magic(data: bytes, source: str) -> None:
    for magic, name in _MAGIC:
        if data.startswith(magic):
            raise SourceError(source, f"it is a binary file, {name}; only text is read")
    for mark, name in _FOREIGN_MARKS:
        if data.startswith(mark):
            raise SourceError(source, f"its encoding is {name}; {_READ}")
    if b"\x1b$" in data or b"\x1b(" in data:
        raise SourceError(source, f"its encoding is ISO-2022; {_READ}")


def _decoded(data: bytes, source: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16", "UTF-16", source)
    if data.startswith(b"\xef\xbb\xbf"):
        return _strictly(data, "utf-8-sig", "UTF-8", source)
    unmarked = _unmarked_utf16(data)
    if unmarked:
        return _strictly(data, unmarked, "UTF-16", source)
    if b"\x00" in data:
        raise SourceError(source, "it is a binary file: it holds NUL bytes; only text is read")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _windows_1252(data, source, error)


def _strictly(data: bytes, codec: str, name: str, source: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise SourceError(source, f"it is marked {name}, but is broken at byte {error.start}") from None


def _unmarked_utf16(data: bytes) -> str:
    """The codec of UTF-16 without a byte order mark; empty when it is not that.

    Letters of one script share their high byte, so one half of the bytes is nearly all the same, and NUL
    (the high byte of spaces and line ends) stands in that half alone.
    """
    if len(data) % 2 or b"\x00" not in data:
        return ""
    for codec, high, low in (("utf-16-le", data[1::2], data[::2]), ("utf-16-be", data[::2], data[1::2])):
        commonest = Counter(high).most_common(1)[0][1]
        if b"\x00" in high and b"\x00" not in low and commonest * 2 >= len(high):
            return codec
    return ""


def _windows_1252(data: bytes, source: str, error: UnicodeDecodeError) -> str:
    if _is_damaged_utf8(data):
        line = data.count(b"\n", 0, error.start) + 1
        words = f"it is UTF-8, but byte 0x{data[error.start]:02X} is not; save it as UTF-8 again"
        raise SourceError(source, words, line)
    codec = _detected(data)
    if codec != "cp1252":
        looks = f"looks like {codec.replace('_', '-')}" if codec else "is not recognised"
        raise SourceError(source, f"its encoding {looks}; {_READ}")
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        raise SourceError(source, f"its encoding is not recognised; {_READ}") from None


def _is_damaged_utf8(data: bytes) -> bool:
    good = sum(not char.isascii() for char in data.decode("utf-8", "ignore"))
    bad = data.decode("utf-8", "replace").count("\ufffd")
    return good > 0 and good >= bad


_TAG = re.compile(rb"<[^<>]{0,5000}>")
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = re.compile(r"[^\W\d_]")
_ASCII_LETTERS = re.compile("[A-Za-z]")
_MISPLACED = re.compile(
    # Signs that stand inside words only when the text was another encoding's: the Polish ż read as ¿.
    r"(?<=[^\W\d_])[\xa1-\xac\xae-\xb6\xb8-\xbf×÷ƒ†‡\u02c6‰€™•…\u2039\u203a\u201a\u201e\u02dc](?=[^\W\d_])"
    # A capital after a small letter: the é of DOS and old Macs.
    "|(?<=[a-zß-öø-ÿ])[ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŠŽŸŒ]"
    # Curly quotes of old Macs.
    r"|(?<!\w)[ÒÓÔ](?=[A-Z])"
)
# What stands beside the words of any language, and in measures.
_PUNCTUATION = re.compile(
    r"[\xa0\xad·‘’“”–—…]|(?<=\d)[¹²³ªº¼½¾]|(?<![^\W\d_])[µ¼½]|(?<=m)[²³](?![^\W\d_])"
    r"|(?<![^\W\d_])[«»„\u201a\u2039\u203a¡¿•€£°§©®™]|[«»„\u201a\u2039\u203a•€£°§©®™](?![^\W\d_])"
)
# By encoding, the letters beyond ASCII of each language that is written in it; the earlier encoding wins a tie.
_ALPHABETS = {
    "cp1252": (
        "àâæçéèêëîïôœùûüÿ",  # French
        "äöüßéà",  # German
        "áéíñóúü",  # Spanish
        "áâãàçéêíóôõúü",  # Portuguese
        "àèéìòù",  # Italian
        "àçèéíïòóúü",  # Catalan
        "áéëïóöüèê",  # Dutch
        "åäöæøéüà",  # Danish, Norwegian, Swedish
        "áðéíóúýþæöø",  # Icelandic, Faroese
        "äöõüšžå",  # Estonian, Finnish
    ),
    "cp1250": (
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "ąćęłńóśźż",  # Polish
        "áéíóöőúüű",  # Hungarian
        "čćđšž",  # Croatian, Slovene
        "ăâîşţ",  # Romanian
    ),
    "cp1254": ("çğıöşüâîİ",),  # Turkish
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž"),  # Lithuanian, Latvian
}
_ALPHABETS["iso8859_2"] = _ALPHABETS["cp1250"]
# What charset_normalizer may answer: what pages in other scripts are written in, and what text of DOS and Macs is.
_OTHERS = ("cp1251 koi8_r koi8_u cp1253 iso8859_7 cp1255 cp1256 cp874 cp949 gb18030 big5hkscs cp437 mac_roman").split()
_JAPANESE = ("cp932", "euc_jp")
_KANA = re.compile("[\u3040-\u30ff]")


def _detected(data: bytes) -> str:
    """The encoding of bytes that are not UTF-8 and say nothing; empty when nobody can tell.

    Only the words that hold other than ASCII are looked at: a page may be in English and in markup for the most part.
    Latin encodings are told apart by whole alphabets, because charset_normalizer takes French for windows-1250.
    """
    words = _telling_words(data)
    western = words.decode("cp1252", "replace")
    shares = {codec: _share_at_home(words.decode(codec, "replace"), codec) for codec in _ALPHABETS}
    best = max(shares, key=lambda codec: shares[codec])
    if shares[best] >= 0.9 and words.decode(best, "replace") != western:
        return best
    if _reads_as_western(western):
        return "cp1252"
    japanese = next((codec for codec in _JAPANESE if _has_kana(words, codec)), "")
    if japanese:
        return japanese
    found = from_bytes(words, cp_isolation=_OTHERS).best()
    return found.encoding if found is not None else ""


def _telling_words(data: bytes) -> bytes:
    words = b" ".join(word for word in _TAG.sub(b" ", data[:_SEARCHED]).split() if _HIGH.search(word))
    if len(data) <= _SEARCHED and len(words) <= _SAMPLE:
        return words
    return words[:_SAMPLE].rpartition(b" ")[0]  # half a letter at its end would rule out the encoding it is of


def _share_at_home(words: str, codec: str) -> float:
    """How many of the signs beyond ASCII are letters of one language that is written in this encoding."""
    signs = Counter(char for char in _PUNCTUATION.sub("", words).lower() if not char.isascii())
    at_home = (sum(signs[letter] for letter in alphabet) for alphabet in _ALPHABETS[codec])
    return max(at_home) / signs.total() if signs else 1.0


def _has_kana(words: bytes, codec: str) -> bool:
    """Whether it reads as Japanese, where a good part is kana; charset_normalizer takes short ones for Chinese."""
    try:
        text = words.decode(codec)
    except UnicodeDecodeError:
        return False
    return len(_KANA.findall(text)) * 4 >= sum(not char.isascii() for char in text)


def _reads_as_western(words: str) -> bool:
    """Windows-1252 decodes almost any bytes; only in a Western text do the results look like words."""
    high = sum(not char.isascii() for char in words)
    # Words of one letter, as the French à, tell nothing.
    longer = " ".join(word for word in words.split() if len(_LETTERS.findall(word)) > 1)
    is_latin = len(_ASCII_LETTERS.findall(longer)) * 3 >= len(_LETTERS.findall(longer))
    return is_latin and len(_MISPLACED.findall(words)) * 10 <= high


# The encodings and their labels of the WHATWG Encoding Standard §4.2; the names are Python's. What is left out
# (replacement, x-user-defined) is no text.
_LABELS = {
    label: codec
    for codec, labels in (
        ("utf-8", "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8"),
        ("utf-16-le", "utf-16 utf-16le unicode csunicode iso-10646-ucs-2 ucs-2 unicodefeff"),
        ("utf-16-be", "utf-16be unicodefffe"),
        ("cp866", "ibm866 866 cp866 csibm866"),
        ("iso8859-2", "iso-8859-2 latin2 l2 iso8859-2 iso88592 iso_8859-2 csisolatin2"),
        ("iso8859-3", "iso-8859-3 latin3 l3 iso8859-3 iso88593 iso_8859-3 csisolatin3"),
        ("iso8859-4", "iso-8859-4 latin4 l4 iso8859-4 iso88594 iso_8859-4 csisolatin4"),
        ("iso8859-5", "iso-8859-5 cyrillic iso8859-5 iso88595 iso_8859-5 csisolatincyrillic"),
        ("iso8859-6", "iso-8859-6 arabic iso8859-6 iso88596 iso_8859-6 asmo-708 csisolatinarabic"),
        ("iso8859-7", "iso-8859-7 greek greek8 iso8859-7 iso88597 iso_8859-7 csisolatingreek"),
        ("iso8859-8", "iso-8859-8 iso-8859-8-i hebrew logical visual iso8859-8 iso88598 iso_8859-8 csisolatinhebrew"),
        ("iso8859-10", "iso-8859-10 latin6 l6 iso8859-10 iso885910 csisolatin6"),
        ("iso8859-13", "iso-8859-13 iso8859-13 iso885913"),
        ("iso8859-14", "iso-8859-14 iso8859-14 iso885914"),
        ("iso8859-15", "iso-8859-15 l9 iso8859-15 iso885915 iso_8859-15 csisolatin9"),
        ("iso8859-16", "iso-8859-16"),
        ("koi8-r", "koi8-r koi8 koi koi8_r cskoi8r"),
        ("koi8-u", "koi8-u koi8-ru"),
        ("mac-roman", "macintosh mac x-mac-roman csmacintosh"),
        ("mac-cyrillic", "x-mac-cyrillic x-mac-ukrainian"),
        ("cp874", "windows-874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620"),
        ("cp1250", "windows-1250 cp1250 x-cp1250"),
        ("cp1251", "windows-1251 cp1251 x-cp1251"),
        (
            "cp1252",
            "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 latin1 l1 ascii "
            "us-ascii ansi_x3.4-1968 cp819 ibm819 iso-ir-100 csisolatin1",
        ),
        ("cp1253", "windows-1253 cp1253 x-cp1253"),
        ("cp1254", "windows-1254 cp1254 x-cp1254 iso-8859-9 latin5 l5 iso8859-9 iso88599 iso_8859-9 csisolatin5"),
        ("cp1255", "windows-1255 cp1255 x-cp1255"),
        ("cp1256", "windows-1256 cp1256 x-cp1256"),
        ("cp1257", "windows-1257 cp1257 x-cp1257"),
        ("cp1258", "windows-1258 cp1258 x-cp1258"),
        ("gb18030", "gb18030 gbk gb2312 gb_2312 gb_2312-80 x-gbk chinese csgb2312 iso-ir-58"),
        ("big5hkscs", "big5 big5-hkscs cn-big5 x-x-big5 csbig5"),
        ("euc_jp", "euc-jp x-euc-jp cseucpkdfmtjapanese"),
        ("iso2022_jp", "iso-2022-jp csiso2022jp"),
        ("cp932", "shift_jis shift-jis sjis ms_kanji ms932 x-sjis windows-31j csshiftjis"),
        ("cp949", "euc-kr korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 cseuckr iso-ir-149"),
    )
    for label in labels.split()
}
_PRESCAN = 1024  # bytes in which a page says its encoding (HTML standard 13.2.3.2)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"'/>;,]+)", re.IGNORECASE)
_META = re.compile(r"<meta[\s/][^>]*>", re.IGNORECASE)
_XML_ENCODING = re.compile(r"\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_COMMENT = re.compile("<!--.*?(?:-->|$)", re.DOTALL)
# What a page never shows, but a parser or a header would stumble over.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff]")


def decode_page(data: bytes, source: str, media_type: str = "") -> str:
    """The text of an HTML page, as a browser would decode it; a broken byte becomes U+FFFD.

    Its line ends are all `\\n`. Raises SourceError for an empty, binary or overlong file only.
    """
    _check_size(data, source)
    if not data.strip():
        raise SourceError(source, "the file is empty")
    for magic, name in _MAGIC:
        if data.startswith(magic):
            raise SourceError(source, f"it is a binary file, {name}; a page is expected")
    text, unseen = _UNSEEN.subn("", re.sub("\r\n?", "\n", _decoded_page(data, media_type)))
    if unseen > len(text) / 10:
        raise SourceError(source, "it is a binary file; a page is expected")
    if not text.strip("\ufeff \t\n\f"):
        raise SourceError(source, "the page is empty")
    return text


def _decoded_page(data: bytes, media_type: str) -> str:
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    declared = _said_in(_CHARSET, media_type) or _unmarked_utf16(data) or _declared_inside(data)
    if declared in ("", "utf-8", "cp1252"):
        # A server or an editor that says Latin-1 of everything is commoner than Latin-1 that looks like UTF-8.
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            if _is_damaged_utf8(data):
                return data.decode("utf-8", "replace")
        declared = "cp1252" if declared == "cp1252" else _detected(data) or "cp1252"
    return data.decode(declared, "replace")


def _said_in(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return _LABELS.get(found[1].strip().lower(), "") if found else ""


def _declared_inside(data: bytes) -> str:
    """The encoding that the first bytes name; they are readable, so it cannot be UTF-16."""
    head = _COMMENT.sub("", data[:_PRESCAN].decode("latin-1"))
    in_meta = (_said_in(_CHARSET, tag) for tag in _META.findall(head))
    codec = next(filter(None, in_meta), "") or _said_in(_XML_ENCODING, head)
    return "utf-8" if codec.startswith("utf-16") else codec
