"""HTML as sites, editors and office programs write it → what of it is article, and what the report says."""

from __future__ import annotations

import pytest

from newsletter.content.cleaning import clean, cleaned

BASE = "https://example.org/blog/quiet-mornings/"
WATCH = "https://www.youtube.com/watch?v=abc-DEF_123"
FIGURE = (
    f'<figure><a href="{WATCH}"><img src="https://i.ytimg.com/vi/abc-DEF_123/hqdefault.jpg" alt="{{0}}"></a>'
    f'<figcaption><a href="{WATCH}">{{0}}</a></figcaption></figure>'
)
FRAME = '<iframe width="560" src="https://www.youtube.com/embed/abc-DEF_123?feature=oembed" title="{0}"></iframe>'


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.org/a?utm_source=mail&id=3&utm_medium=x#top", "https://example.org/a?id=3#top"),
        ("https://example.org/a?fbclid=1", "https://example.org/a"),
        ("https://example.org/a?gclid=1&mc_cid=2&mc_eid=3&q=a%20b", "https://example.org/a?q=a%20b"),
        ("https://example.org/a?utmost=1", "https://example.org/a?utmost=1"),
        ("https://www.google.com/url?q=https://example.org/b%3Futm_source%3Dx&sa=D&usg=1", "https://example.org/b"),
        (
            "https://www.google.com/search?q=https://example.org/",
            "https://www.google.com/search?q=https://example.org/",
        ),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fc%3Ffbclid%3D9&h=1", "https://example.org/c"),
        (
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fd&data=1",
            "https://example.org/d",
        ),
        ("/contact", "https://example.org/contact"),
        ("../other/", "https://example.org/blog/other/"),
        ("//example.com/e", "https://example.com/e"),
    ],
)
def test_link_leads_where_it_says_without_tracking(address: str, kept: str) -> None:
    html = clean(f'<p><a href="{address.replace("&", "&amp;")}">words</a></p>', BASE)
    assert html == f'<p><a href="{kept.replace("&", "&amp;")}">words</a></p>'


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/"])
def test_redirect_to_something_active_is_not_followed(address: str) -> None:
    html = clean(f'<a href="https://www.google.com/url?q={address}">words</a>')
    assert html == f'<p><a href="https://www.google.com/url?q={address}">words</a></p>'


@pytest.mark.parametrize(
    "html",
    [
        '<img src="data:image/gif;base64,R0lGOD" data-src="/a.jpg" alt="A">',
        '<img src="/wp-includes/images/blank.gif" data-lazy-src="/a.jpg" alt="A">',
        '<img src="/lazy_placeholder.gif" data-original="/a.jpg" alt="A">',
        '<img alt="A" data-srcset="/small.jpg 300w, /a.jpg 1280w, /huge.jpg 4000w">',
        '<img src="data:image/svg+xml,%3Csvg" alt="A" srcset="/a.jpg 2x, /small.jpg 1x">',
        '<img class="lazy" src="data:image/gif;base64,R0" alt="A"><noscript><img src="/a.jpg" alt="A"></noscript>',
        '<span><img class="lazy"></span><noscript><img src=/a.jpg alt=A onerror="alert(1)"></noscript>',
        '<noscript><img src="/a.jpg"></noscript><img data-src="/a.jpg" data-image="/a.jpg" alt="A">',
        '<picture><source srcset="/a.webp"><img src="/a.jpg" alt="A"></picture>',
        '<a href="/a-full.jpg"><img src="/a.jpg" alt="A"></a>',
    ],
)
def test_picture_that_loads_late_is_there_once_with_its_real_address(html: str) -> None:
    assert clean(html, BASE) == '<p><img src="https://example.org/a.jpg" alt="A"></p>'


def test_picture_keeps_the_link_that_leads_to_a_page() -> None:
    html = '<p><a href="https://example.org/trip"><img src="https://example.org/a.jpg"></a></p>'
    assert clean(html) == html


def test_inline_picture_of_megabytes_goes_quietly() -> None:
    found = cleaned(f'<p>before <img src="data:image/png;base64,{"iVBOR" * 400_000}"> after</p>' + "<p>x</p>" * 1_500)
    assert found.html.startswith("<p>before after</p>\n<p>x</p>")
    assert found.removed == {"picture without an address": 1}


def test_emoji_drawn_as_pictures_are_signs_again() -> None:
    html = '<p>Calm <img class="emoji" src="https://s.w.org/images/core/emoji/1f33f.png" alt="🌿" width="72"></p>'
    assert clean(html) == "<p>Calm 🌿</p>"


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (FRAME.format("YouTube video player"), FIGURE.format("Watch the video")),
        (f"<p>{FRAME.format('Breathing at dawn')}</p>", FIGURE.format("Watch: Breathing at dawn")),
        (
            '<iframe src="https://www.youtube-nocookie.com/embed/abc-DEF_123"></iframe>',
            FIGURE.format("Watch the video"),
        ),
        (
            '<iframe data-src="//youtube.com/embed/abc-DEF_123" src="about:blank"></iframe>',
            FIGURE.format("Watch the video"),
        ),
        ("<p>https://youtu.be/abc-DEF_123?t=4</p>", FIGURE.format("Watch the video")),
        (
            '<figure class="wp-block-embed is-provider-youtube"><div class="wp-block-embed__wrapper">\n'
            f"{WATCH}\n</div></figure>",
            FIGURE.format("Watch the video"),
        ),
        (
            '<iframe src="https://player.vimeo.com/video/123456789?h=ab12cd34ef"></iframe>',
            '<p><a href="https://vimeo.com/123456789/ab12cd34ef">Watch the video</a></p>',
        ),
        (
            '<video controls><source src="/walk.mp4">Your browser is old.</video>',
            '<p><a href="https://example.org/walk.mp4">Watch the video</a></p>',
        ),
        ('<audio src="/talk.mp3"></audio>', '<p><a href="https://example.org/talk.mp3">Listen</a></p>'),
        (
            (
                '<iframe src="https://open.spotify.com/embed/episode/4abC?utm_source=generator" title="Calm'
                ' Talk"></iframe>'
            ),
            '<p><a href="https://open.spotify.com/episode/4abC">Listen: Calm Talk</a></p>',
        ),
    ],
)
def test_what_would_play_becomes_a_link_to_it(html: str, kept: str) -> None:
    assert clean(html, BASE) == kept
    assert clean(kept, BASE) == kept


@pytest.mark.parametrize("text", ["See https://youtu.be/abc-DEF_123 first", "https://example.org/a", "https://[x"])
def test_address_that_is_no_video_alone_in_its_paragraph_stays_text(text: str) -> None:
    assert clean(f"<p>{text}</p>") == f"<p>{text}</p>"


def test_words_from_word_keep_their_shape_alone() -> None:
    html = (
        "<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->"
        "<style>p.MsoNormal {margin:0}</style>"
        '<p class="MsoNormal" style="margin:0cm"><b style="mso-bidi-font-weight:normal"><span lang="EN-GB" '
        'style="font-family:&quot;Calibri&quot;,sans-serif">Slow</span></b><span> mornings.<o:p></o:p></span></p>'
        '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><![if !supportEmptyParas]><p>&nbsp;&nbsp;</p><![endif]>'
        '<p class="MsoNormal"><font face="Arial" color="red">Tea&nbsp; &nbsp;first.</font></p>'
    )
    assert clean(html) == "<p><strong>Slow</strong> mornings.</p>\n<p>Tea first.</p>"


def test_lists_from_word_are_lists_again() -> None:
    def item(level: int, sign: str, words: str) -> str:
        return (
            f"<p class=MsoListParagraph style='margin:0;mso-list:l0 level{level} lfo1'><![if !supportLists]><span "
            f"style='font-family:Symbol'><span style='mso-list:Ignore'>{sign}<span style='font:7.0pt'>&nbsp;&nbsp; "
            f"</span></span></span><![endif]>{words}<o:p></o:p></p>\n"
        )

    html = item(1, "·", "Tea") + item(2, "o", "Green") + item(1, "·", "Water") + "<p>Then:</p>" + item(1, "1.", "Pour")
    assert clean(html) == (
        "<ul><li>Tea<ul><li>Green</li></ul></li><li>Water</li></ul>\n<p>Then:</p>\n<ol><li>Pour</li></ol>"
    )


def test_words_from_google_docs_are_bold_only_where_they_were() -> None:
    html = (
        '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-0a1b">'
        '<p dir="ltr" style="line-height:'
        '1.38;"><span style="font-size:11pt;font-weight:400;">Walk </span>'
        '<span style="font-weight:700;font-style:normal;">'
        'slowly</span><span style="font-weight:400;font-style:italic;"> home</span></p><br /><h2 dir="ltr"><span '
        'style="font-weight:700">Why</span></h2><ul><li dir="ltr" aria-level="1">'
        '<p dir="ltr" role="presentation"><span>'
        'Rest</span></p></li></ul></b><br class="Apple-interchange-newline">'
    )
    assert clean(html) == (
        "<p>Walk <strong>slowly</strong><em> home</em></p>\n<h2>Why</h2>\n<ul><li><p>Rest</p></li></ul>"
    )


def test_gutenberg_blocks_become_plain_blocks() -> None:
    html = """<!-- wp:heading {"level":1} --><h1 class="wp-block-heading">Tea</h1><!-- /wp:heading -->
        <!-- wp:image {"id":7} --><figure class="wp-block-image size-large"><img src="/a.jpg" alt="Cup"
        class="wp-image-7"/>
        <figcaption class="wp-element-caption">A cup</figcaption></figure><!-- /wp:image -->
        <!-- wp:gallery --><figure class="wp-block-gallery has-nested-images"><figure
        class="wp-block-image"><img src="/b.jpg"
        alt="Pot"/></figure></figure><!-- /wp:gallery -->
        <!-- wp:table --><figure class="wp-block-table"><table><tbody><tr><td>Green</td></tr></tbody></table></figure>
        <!-- wp:buttons --><div class="wp-block-buttons"><div class="wp-block-button"><a class="wp-block-button__link"
        href="/book">Book a visit</a></div></div><!-- /wp:buttons -->"""
    assert clean(html, BASE).split("\n") == [
        "<h2>Tea</h2>",
        '<figure><img src="https://example.org/a.jpg" alt="Cup"><figcaption>A cup</figcaption></figure>',
        '<figure><img src="https://example.org/b.jpg" alt="Pot"></figure>',
        "<table><tbody><tr><td>Green</td></tr></tbody></table>",
        '<p><a href="https://example.org/book">Book a visit</a></p>',
    ]


@pytest.mark.parametrize(
    "html",
    [
        '<div id="attachment_9" class="wp-caption alignleft" style="width: 310px"><a href="/a.jpg">'
        '<img src="/a.jpg"></a>'
        '<p class="wp-caption-text">A lake</p></div>',
        '<dl class="wp-caption"><dt class="wp-caption-dt"><img src="/a.jpg"></dt>'
        '<dd class="wp-caption-text wp-caption-dd">'
        "A lake</dd></dl>",
    ],
)
def test_classic_caption_becomes_a_figure(html: str) -> None:
    assert clean(html, BASE) == '<figure><img src="https://example.org/a.jpg"><figcaption>A lake</figcaption></figure>'


def test_paragraphs_parted_by_two_line_breaks_are_paragraphs() -> None:
    html = "<div>One<br /><br />\nTwo<br/>still two<br>&nbsp;<br><br>Three<br></div>"
    assert clean(html) == "<p>One</p>\n<p>Two<br>still two</p>\n<p>Three</p>"


def test_no_break_space_stays_between_two_words_and_nowhere_else() -> None:
    assert (
        clean("<p>&nbsp;12&nbsp;km,&nbsp; then&nbsp;&nbsp;tea&nbsp;</p><p>\u200b&nbsp;</p>")
        == "<p>12&nbsp;km, then tea</p>"
    )


def test_page_builder_wrappers_leave_only_what_they_wrap() -> None:
    html = (
        '<div class="et_pb_section"><div class="et_pb_row"><div class="et_pb_text">'
        '<div class="et_pb_text_inner"><p>Rest.</p>'
        '</div></div><div class="et_pb_button_module_wrapper"><a class="et_pb_button" href="/book">Book'
        "</a></div></div></div>"
        '<ul class="et_social_icons_container et_social_inline"><li>Facebook</li></ul>'
    )
    found = cleaned(html, BASE)
    assert found.html == '<p>Rest.</p>\n<p><a href="https://example.org/book">Book</a></p>'
    assert found.removed == {"share bar": 1}


def test_ghost_bookmark_keeps_its_title_as_a_link() -> None:
    html = (
        '<figure class="kg-card kg-bookmark-card"><a class="kg-bookmark-container" href="/tea"><div class="kg-bookmark-'
        'content"><div class="kg-bookmark-title">All about tea</div>'
        '<div class="kg-bookmark-description">Long.</div><div '
        'class="kg-bookmark-metadata">A blog</div></div><div class="kg-bookmark-thumbnail">'
        '<img src="/t.jpg"></div></a></figure>'
    )
    assert clean(html, BASE) == '<p><a href="https://example.org/tea">All about tea</a></p>'


def test_substack_picture_loses_its_wrapping_and_the_sign_up_form_goes() -> None:
    html = (
        '<div class="captioned-image-container"><figure><a class="image-link" href="https://example.org/i/a.jpeg"><div '
        'class="image2-inset"><picture><source type="image/webp"><img src="/a.jpg" alt=""></picture>'
        "</div></a><figcaption "
        'class="image-caption">Dawn</figcaption></figure></div><div class="subscription-widget-wrap">'
        "<p>Subscribe!</p></div>"
    )
    found = cleaned(html, BASE)
    assert found.html == ('<figure><img src="https://example.org/a.jpg" alt=""><figcaption>Dawn</figcaption></figure>')
    assert found.removed == {"sign-up form": 1}


def test_wix_thumbnail_becomes_the_whole_picture() -> None:
    html = '<img src="https://static.wixstatic.com/media/ab~mv2.jpg/v1/fill/w_49,h_33,al_c,q_80,blur_2/ab~mv2.jpg">'
    assert clean(html) == '<p><img src="https://static.wixstatic.com/media/ab~mv2.jpg"></p>'


def test_layout_table_is_no_table() -> None:
    html = '<table role="presentation"><tr><td><h1>Tea</h1></td></tr><tr><td>First <b>cup</b></td></tr></table>'
    assert clean(html) == "<h2>Tea</h2>\n<p>First <strong>cup</strong></p>"


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ('<div class="sharedaddy sd-sharing-enabled"><ul><li>Click</li></ul></div>', "share bar"),
        ('<div class="addtoany_share_save_container"><div>Share</div></div>', "share bar"),
        ('<div id="disqus_thread">words</div>', "comment section"),
        ('<div id="respond" class="comment-respond"><form><p>Your name</p></form></div>', "comment section"),
        ("<div id='jp-relatedposts' class='jp-relatedposts'><h3>Related</h3></div>", "list of related posts"),
        ('<div class="cookie-notice">We use cookies</div>', "cookie bar"),
        ('<div id="ez-toc-container"><nav><ul><li><a href="#a">A</a></li></ul></nav></div>', "table of contents"),
        ("<nav><a href='/old'>Older</a></nav>", "page navigation"),
        ('<span class="screen-reader-text">opens in a new window</span>', "hidden text"),
        ("<form action='/send'><label>Your name</label><input></form>", "form"),
        ('<iframe src="https://maps.example.com/"></iframe>', "embedded page"),
        ("<svg><path d='M0'/></svg>", "drawing"),
        ('<img width="1" height="1" src="https://example.com/seen.gif">', "tracking picture"),
    ],
)
def test_furniture_goes_and_is_counted(html: str, kind: str) -> None:
    found = cleaned(f"<p>Before.</p>{html}<p>After.</p>", BASE)
    assert (found.html, found.removed) == ("<p>Before.</p>\n<p>After.</p>", {kind: 1})


def test_part_named_like_furniture_that_holds_the_whole_page_stays() -> None:
    article = "<p>" + "Rest is a kind of work. " * 200 + "</p>"
    assert cleaned(f'<div class="sharing">{article}</div>').html == clean(article)


def test_form_around_a_whole_page_is_not_taken_for_a_form() -> None:
    article = "<p>" + "Rest is a kind of work. " * 60 + "</p>"
    assert clean(f'<form id="aspnetForm">{article}</form>') == clean(article)


def test_report_says_in_words_what_was_left_out() -> None:
    found = cleaned(
        "<script>a</script><script>b</script><script>c</script><form></form><form></form><div class=sharedaddy></div>"
        '<p><a href="#top">x</a><a href="/y">y</a> <img src="http://example.org/a.png"></p>'
    )
    assert found.notes() == (
        "left out: 3 scripts, 2 forms, 1 share bar, 2 links that lead nowhere",
        "1 picture fetched without encryption (http)",
    )
    assert found.http_pictures == ("http://example.org/a.png",)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "java&#9;script:x", "data:text/html,x", "tel:+4312345", "ftp://x/", "#part"]
)
def test_every_link_that_lost_its_address_is_counted(address: str) -> None:
    found = cleaned(f'<p><a href="{address}">words</a></p>')
    assert (found.html, found.removed) == ("<p>words</p>", {"link that leads nowhere": 1})


def test_style_sheets_are_counted() -> None:
    assert cleaned("<style>p{}</style><p>a</p><STYLE>@import 'x'</STYLE>").notes() == ("left out: 2 style sheets",)


def test_clean_article_has_nothing_to_report() -> None:
    assert cleaned("<p>Rest.</p>").notes() == ()


@pytest.mark.parametrize(
    "html",
    [
        "<svg></p><style><a id='</style><img src=x onerror=alert(1)>'>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<img><noscript><img src=a.png title='<img src=x onerror=alert(1)>'></noscript>",
        "<iframe><p></iframe><img src=x onerror=alert(1)>",
        "<video><iframe></video><img src=x onerror=alert(1)></iframe></video>",
        "<form><math><mtext></form><form><mglyph><style></math><img src=a onerror=alert(1)>",
        "<p style='width:expression(alert(1));background:url(javascript:alert(1))'>x</p>",
        '<iframe src="https://www.youtube.com/embed/abc-DEF_123" title="&quot;><img src=x onerror=alert(1)>"></iframe>',
        '<a href="https://example.org/&quot; onmouseover=&quot;alert(1)">x</a>',
        '<img src="a.png" alt="&quot; onerror=&quot;alert(1)">',
        '<img src="a.png" width="1 onerror=alert(1)">',
        "<template><img src=x onerror=alert(1)></template><xmp><img src=x onerror=alert(1)></xmp>",
        "<a href='&#106;avascript:alert(1)'>x</a><a href='\x01javascript:alert(1)'>y</a><base href='//evil.example'>",
    ],
)
def test_nothing_active_survives_a_parser_that_reads_it_otherwise(html: str) -> None:
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag in {"p", "a", "img", "figure", "figcaption", "h2", "ul", "li", "table", "tbody", "tr", "td"}
            for name, value in attrs:
                assert name in {"href", "title", "src", "alt", "width", "height"}
                assert name not in ("href", "src") or (value or "").startswith(("https://", "a.png", "x"))

    for article in (clean(html), clean(html, BASE), clean(clean(html))):
        Reader().feed(article)


@pytest.mark.parametrize("name", ["transparent.png", "loading.gif", "pixel.png", "spacer.gif"])
def test_picture_with_the_name_of_a_spacer_stays_unless_it_is_one(name: str) -> None:
    picture = f'<p><img src="https://example.org/{name}" alt="A bench" width="600" height="300"></p>'
    assert (clean(picture), cleaned(picture).removed) == (picture, {})
    tiny = cleaned(f'<p>a<img src="https://example.org/{name}" width="2" height="2"></p>')
    assert (tiny.html, tiny.removed) == ("<p>a</p>", {"spacer picture": 1})


def test_picture_of_a_noscript_replaces_the_spacer_before_it() -> None:
    html = '<img src="https://example.org/blank.gif"><noscript><img src="https://example.org/a.jpg"></noscript>'
    assert clean(html) == '<p><img src="https://example.org/a.jpg"></p>'


EMBED = '<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">\n{}\n</div>{}</figure>'
CAPTION = "<figcaption>A <b>calm</b> walk &amp; tea</figcaption>"


@pytest.mark.parametrize("player", [WATCH, FRAME.format("Dawn")])
def test_embed_is_one_figure_with_its_own_caption(player: str) -> None:
    found = clean(EMBED.format(player, CAPTION))
    assert found.count("<figure>") == found.count("<figcaption>") == 1
    assert found.endswith(f'<figcaption><a href="{WATCH}">A calm walk &amp; tea</a></figcaption></figure>')


def test_embed_in_a_figure_without_a_caption_is_one_figure() -> None:
    assert clean(EMBED.format(FRAME.format("Dawn"), "")) == FIGURE.format("Watch: Dawn")


def test_embed_without_a_picture_is_one_link_with_its_caption() -> None:
    frame = '<iframe src="https://player.vimeo.com/video/12345678"></iframe>'
    assert clean(EMBED.format(frame, CAPTION)) == (
        '<p><a href="https://vimeo.com/12345678">Watch: A calm walk &amp; tea</a></p>'
    )


def test_figure_of_a_video_that_lost_its_picture_has_one_link() -> None:
    link = f'<a href="{WATCH}">Watch: Dawn</a>'
    assert clean(f"<figure>{link}<figcaption>{link}</figcaption></figure>\n<p>b</p>") == f"<p>{link}</p>\n<p>b</p>"


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>a \t  b\n\n   c</p>", "<p>a b\nc</p>"),
        ("<p>a <span> </span> <em>  b  </em>  c</p>", "<p>a <em>b</em> c</p>"),
        ("<p>a<br>\n   b</p>", "<p>a<br>\nb</p>"),
        ("<pre>a   b\n\n  c</pre>", "<pre>a   b\n\n  c</pre>"),
    ],
)
def test_runs_of_white_space_are_one_but_in_preformatted_text(html: str, kept: str) -> None:
    assert clean(html) == clean(kept) == kept


@pytest.mark.parametrize("caption", ["", "<figcaption>A talk</figcaption>"])
@pytest.mark.parametrize("address", [WATCH, "https://vimeo.com/123456"])
def test_address_of_a_video_in_a_figure_is_an_embed_whatever_stands_around_it(address: str, caption: str) -> None:
    plain = clean(f"<figure>{address}{caption}</figure>")
    assert f'<a href="{address}">{"A talk" if caption and "vimeo" not in address else "Watch"}' in plain
    for tag in ("p", "div", "dl", "font"):
        assert clean(f"<figure><{tag}>{address}</{tag}>{caption}</figure>") == clean(plain) == plain


def test_figure_with_a_video_beside_other_things_is_closed_and_keeps_it() -> None:
    figure = FIGURE.format("Watch the video")
    article = clean(f"<figure><blockquote>{WATCH}</blockquote></figure><figure><img src=/a.jpg><p>{WATCH}</p>", BASE)
    assert article.count("<figure>") == article.count("</figure>")
    assert article.count(figure) == 2
    assert clean(article) == article
