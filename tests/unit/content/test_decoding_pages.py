from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.decoding import MAX_BYTES, decode_page
from newsletter.errors import SourceError

WORDS = "<p>Größe, naïveté and “quotes” – for 5 €</p>"
CYRILLIC = "<p>Доверие строит крепкие отношения между людьми, и это знает каждый.</p>" * 5
JAPANESE = "<p>信頼は強い関係を築きます。人と人のあいだにあるものです。</p>" * 5


@pytest.mark.parametrize("label", ["iso-8859-1", "ISO-8859-1", "latin1", "us-ascii", "windows-1252", "x-cp1252"])
def test_latin_1_of_the_web_is_windows_1252(label: str) -> None:
    assert decode_page(WORDS.encode("cp1252"), "a.html", f"text/html; charset={label}") == WORDS


@pytest.mark.parametrize(
    ("text", "codec", "media_type"),
    [
        (CYRILLIC, "koi8-r", "text/html; charset=KOI8-R"),
        (CYRILLIC, "cp1251", 'text/html;charset="windows-1251"'),
        (JAPANESE, "cp932", "text/html; charset=Shift_JIS"),
        (JAPANESE, "euc_jp", "text/html; charset=euc-jp"),
        (JAPANESE, "iso2022_jp", "text/html; charset=iso-2022-jp"),
        (WORDS, "utf-16-le", "text/html; charset=utf-16"),
        (WORDS, "utf-16-be", "text/html; charset=utf-16be"),
    ],
)
def test_header_names_the_encoding(text: str, codec: str, media_type: str) -> None:
    assert decode_page(text.encode(codec), "a.html", media_type) == text


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="windows-1251">',
        "<META CHARSET=windows-1251>",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        '<?xml version="1.0" encoding="windows-1251"?>',
        "<!-- <meta charset=utf-8> --><meta charset=cp1251>",
    ],
)
def test_page_names_its_encoding_itself(head: str) -> None:
    page = f"{head}{CYRILLIC}"
    assert decode_page(page.encode("cp1251"), "a.html") == page


def test_header_wins_over_the_page() -> None:
    page = f"<meta charset=windows-1251>{CYRILLIC}"
    assert decode_page(page.encode("koi8-r"), "a.html", "text/html; charset=koi8-r") == page


def test_mark_wins_over_the_header() -> None:
    assert decode_page(b"\xef\xbb\xbf" + WORDS.encode(), "a.html", "text/html; charset=koi8-r") == WORDS
    assert decode_page(b"\xff\xfe" + WORDS.encode("utf-16-le"), "a.html", "text/html; charset=koi8-r") == WORDS


def test_page_that_says_utf_16_in_readable_bytes_is_utf_8() -> None:
    page = f"<meta charset=utf-16>{WORDS}"
    assert decode_page(page.encode(), "a.html") == page


def test_name_of_an_encoding_after_the_first_1024_bytes_is_not_looked_for() -> None:
    page = f"{'<!DOCTYPE html>':1100}<meta charset=koi8-r>{WORDS}"
    assert decode_page(page.encode("cp1252"), "a.html").endswith(WORDS)


@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "cp1251", "utf-16-le"])
def test_page_that_names_nothing_is_recognised(codec: str) -> None:
    text = CYRILLIC if codec == "cp1251" else WORDS * 5
    assert decode_page(text.encode(codec), "a.html") == text


ENGLISH = "<p>Trust builds strong relationships between people, and that takes time. We speak of it on Tuesdays.</p>"
IN_WINDOWS_1252 = {
    "French": "L'été, à la fenêtre, les élèves regardaient la mer où naissait l'écume légère.",
    "German": "Die Größe der Bücher überrascht schöne Häuser und müde Köpfe – für 5 €.",
    "Spanish": "El niño soñó con una montaña; ¿qué pasó después? ¡Nadie lo sabía!",
    "Portuguese": "Não há confiança sem relações: às vezes, nós também caímos.",
    "Italian": "Perché la fiducia è già lì, e di più non può stare.",
    "Swedish": "Förtroende bygger starka relationer, på söndag går vi till ån.",
    "Icelandic": "Það er gott að vera hér, því við ræðum um þetta á þriðjudögum.",
    "Dutch": "Eén hele dag in de ruïne, coördinatie bij de crème.",
    "Albanian": "Besimi ndërton marrëdhënie të forta; është çështje kohe.",
    "English": "It isn’t “earned” in a day – a café, ½ cup, 25 °C, 40 m², 3 µm, £5.",
    "names": "São Paulo, Müller, Åse, Núñez, Søren, Çelik, Þór and Renée met at Löwe’s façade.",
}
IN_OTHERS = {
    "Russian": ("Доверие строит отношения между людьми. Мы говорим это каждый вторник.", "cp1251 koi8-r"),
    "Ukrainian": ("Довіра будує стосунки між людьми. Ми говоримо про це щовівторка, та їжа теж.", "cp1251 koi8-u"),
    "Greek": ("Εμπιστοσύνη χτίζει δυνατές σχέσεις. Μιλάμε κάθε Τρίτη.", "iso-8859-7 cp1253"),
    "Polish": ("Zażółć gęślą jaźń, a potem odpocznij. Święta są już blisko.", "iso-8859-2 cp1250"),
    "Czech": ("Příliš žluťoučký kůň úpěl ďábelské ódy. Důvěra buduje pevné vztahy.", "iso-8859-2 cp1250"),
    "Hungarian": ("Árvíztűrő tükörfúrógép. A bizalom erős kapcsolatokat épít.", "iso-8859-2 cp1250"),
    "Croatian": (
        "Povjerenje gradi čvrste odnose među ljudima; već sljedeći tjedan piše više o tome.",
        "iso-8859-2 cp1250",
    ),
    "Turkish": ("Güven, insanlar aras\u0131nda güçlü ilişkiler kurar; \u0131ş\u0131k şöyle ağ\u0131r.", "cp1254"),
    "Lithuanian": (
        "Pasitikėjimas kuria tvirtus žmonių ryšius, ir mes apie tai šnekame kiekvieną antradienį.",
        "cp1257",
    ),
    "Japanese": ("信頼は強い関係を築きます。カウンセリングは火曜日です。", "cp932 euc-jp"),
    "Korean": ("신뢰는 사람들 사이의 강한 관계를 만듭니다.", "cp949"),
    "Chinese": ("信任在人与人之间建立牢固的关系。", "gb18030"),
    "Taiwanese": ("信任在人與人之間建立牢固的關係。", "big5hkscs"),
}
WRITTEN = [
    *((words, "cp1252", language) for language, words in IN_WINDOWS_1252.items()),
    *((words, codec, language) for language, (words, codecs) in IN_OTHERS.items() for codec in codecs.split()),
]


@pytest.mark.parametrize(("words", "codec"), [pytest.param(*each[:2], id=f"{each[2]} {each[1]}") for each in WRITTEN])
@pytest.mark.parametrize("around", [0, 1, 40])
def test_page_that_names_nothing_is_recognised_by_its_words_however_much_english_is_around(
    words: str, codec: str, around: int
) -> None:
    page = f"<title>Us</title><p>{words}</p>{ENGLISH * around}"
    assert decode_page(page.encode(codec), "a.html") == page


@pytest.mark.parametrize(("words", "codec"), [(CYRILLIC, "cp1251"), (JAPANESE, "euc-jp"), (ENGLISH, "cp1252")])
def test_large_page_that_names_nothing_is_recognised_by_its_beginning(words: str, codec: str) -> None:
    page = f"{words}{ENGLISH}é" if codec == "cp1252" else f"{words}{ENGLISH}"
    page *= 6_000_000 // len(page)
    assert decode_page(page.encode(codec), "a.html") == page


@pytest.mark.parametrize("word", ["café", "été", "É", "à la carte", "mañana", "ÜBER", "3 µm", "¼ cup", "©2019"])
def test_one_western_word_is_enough(word: str) -> None:
    assert decode_page(f"<p>{word}</p>".encode("cp1252"), "a.html") == f"<p>{word}</p>"


def test_utf_8_that_calls_itself_latin_1_is_read_as_utf_8() -> None:
    assert decode_page(WORDS.encode(), "a.html", "text/html; charset=iso-8859-1") == WORDS


@pytest.mark.parametrize("label", ["rot13", "base64", "unicode_escape", "utf-7", "no-such-thing", "idna", "zlib"])
def test_label_that_no_browser_knows_says_nothing(label: str) -> None:
    assert decode_page(WORDS.encode(), "a.html", f"text/html; charset={label}") == WORDS


def test_broken_byte_becomes_a_replacement_sign() -> None:
    data = "<p>Größe und Bücher".encode() + b" \xff</p>"
    assert decode_page(data, "a.html") == "<p>Größe und Bücher \ufffd</p>"


def test_signs_that_are_never_shown_go_and_line_ends_are_alike() -> None:
    assert decode_page(b"<p>one\x00\r\ntwo\x07\rthree, and some more words</p>", "a.html") == (
        "<p>one\ntwo\nthree, and some more words</p>"
    )


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf ", b"\xff\xfe"])
def test_empty_page_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"a\.html: the (file|page) is empty"):
        decode_page(data, "a.html")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"%PDF-1.7", "PDF"), (b"\x89PNG\r\n", "PNG"), (b"PK\x03\x04", "ZIP"), (bytes(range(9)) * 9, "binary")],
)
def test_binary_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        decode_page(data, "a.html")


def test_overlong_page_is_refused() -> None:
    with pytest.raises(SourceError, match="at most 10 MB"):
        decode_page(b"a" * (MAX_BYTES + 1), "a.html")


@given(
    st.binary(max_size=300), st.text(max_size=40), st.sampled_from([b"", b"<meta charset=gbk>", b"<?xml encoding='"])
)
@settings(max_examples=300)
def test_whatever_the_bytes_a_page_is_text_or_refused(data: bytes, media_type: str, head: bytes) -> None:
    try:
        text = decode_page(head + data, "a.html", media_type)
    except SourceError as error:
        assert error.source == "a.html"
        return
    assert "\r" not in text and "\x00" not in text
