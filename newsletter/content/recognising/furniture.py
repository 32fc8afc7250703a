"""One line of a pasted page → whether it belongs to the page around an article: menu, cookie bar, form, footer."""

from __future__ import annotations

import re

from newsletter.content.bylines import is_noise
from newsletter.content.dates import find_date
from newsletter.content.ornaments import bare
from newsletter.content.recognising.signs import is_bar

_MAX_MENU = 60  # characters
_MAX_SENTENCE = 400

# What menus say, in the languages whose dates are read. None of it alone on a line is an article's title.
_MENU = frozenset(
    re.split(
        r"\s*;\s*",
        """home;home page;start;startseite;accueil;inicio;about;about us;about me;über uns;über mich;à propos;sobre mí;
        sobre nosotros;who we are;contact;contact us;contact me;kontakt;contacto;get in touch;blog;our blog;journal;
        news;news and stories;aktuelles;articles;all posts;all articles;archive;archives;events;what's on;welcome;
        services;our services;leistungen;servicios;prestations;angebot;approach;our approach;our team;the team;team;
        meet the team;staff;therapists;our therapists;counselors;our counselors;counsellors;therapy;groups;fees;rates;
        rates & insurance;insurance;pricing;prices;faq;faqs;resources;testimonials;specialties;locations;client portal;
        patient portal;menu;main menu;open menu;close menu;toggle navigation;navigation;select page;log in;login;
        log out;sign in;sign up;log in / sign up;register;account;my account;cart;basket;search;search this blog;
        subscribe;donate;give;shop;store;tickets;membership;visit;exhibitions;collection;learn;support us;product;
        products;features;customers;docs;documentation;guest posts;recipes;episodes;podcast;press;jobs;careers;help;
        status;write;open in app;find a therapist;get help;magazine;work with me;sessions;book online;consultations;
        skip to content;skip to main content;skip to primary navigation;zum inhalt springen;aller au contenu;
        saltar al contenido;top of page;bottom of page;suche;buscar;rechercher;anmelden;menü""",
    )
)
_LEGAL = re.compile(
    r"impressum|datenschutz(?:erklärung)?|mentions légales|politique de .{4,40}|aviso legal|política de .{4,40}"
    r"|(?:privacy|cookies?|returns?)(?: (?:policy|notice|settings|statement))?"
    r"|terms(?: (?:of (?:service|use)|and conditions|& conditions))?|legal(?: notice)?|disclaimer|site ?map"
    r"|accessibility(?: statement)?|safeguarding"
    r"|modern slavery statement|manage (?:preferences|cookies|consent)|report abuse|collection notice|rss(?: feed)?"
    r"|(?:proudly )?powered by .*|designed by .*|(?:web)?site by .*|made with .{3,30}|theme (?:images )?by .*"
    r"|(?:©|\(c\)|copyright\b).*|.*(?:©|copyright)\s*(?:\d{4}.*)?|all rights reserved.*"
    r"|registered charity.*|(?:charity|company) (?:no|number|registration)\b.*|registered (?:office|company)\b.*"
    r"|.* is a charity registered in .*|.*\b501\(c\)\(3\).*",
    re.IGNORECASE,
)
_COOKIES = re.compile(
    r"(?=.*\b(?:cookies?)\b)(?=.*\b(?:website|site|browser|browsing|experience|consent|essential|nutzung|navigation"
    r"|accept|sitio|web)\b).*\b(?:we use|uses?|using|use of|accept|verwende[nt]|nutz(?:t|en)|utilis\w+"
    r"|utiliza\w*|usamos)\b.*",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"(?:accept|reject|decline|deny|allow)(?: (?:all|cookies|all cookies|essential|necessary))*|got it!?"
    r"|ok(?:ay)?|i agree|(?:alle )?akzeptieren|alle(?:s)? ablehnen|ablehnen|tout (?:accepter|refuser)"
    r"|accepter|refuser|aceptar(?: todo)?"
    r"|rechazar(?: todo)?|cookie settings|(?:manage|cookie|set) preferences",
    re.IGNORECASE,
)
_SIGN_UP = re.compile(
    r"(?:sign up|subscribe|join|abonnieren sie|inscrivez-vous|suscríbete)\b.{0,40}"
    r"\b(?:newsletter|mailing list|e-?mails?|updates|inbox|more like this|infolettre|boletín)\b.{0,40}"
    r"|(?:never|don['’]t) miss (?:a|an|any|another) (?:post|article|update|issue)s?\b.{0,20}|ready for more\?"
    r"|thanks for reading .{1,60}! subscribe for free .*|.{1,60} is a reader-supported publication\b.*"
    r"|.*\b(?:no spam|unsubscribe (?:at )?any ?time|in your inbox|to your inbox)\b.*"
    r"|subscribe to the (?:show|podcast)\b.*",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"(?:(?:enter |type )?(?:your )?(?:e-?mail(?: address)?|(?:first |last |full )?name|website|phone(?: number)?"
    r"|message|comment|nombre|nom|vorname|nachname)(?:…|\.\.\.)?\s*\*?|subscribe(?: now)?|sign up|sign me up|join"
    r"|submit|send|abonnieren|anmelden|s['’]inscrire|suscribirse)",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"(?:[\d.,]+\s*[km]?\+?\s*)?(?:views?|likes?|shares?|restacks?|followers?|claps?|comments?|replies|aufrufe)"
    r"|\d{1,6}|(?:\d+\s*views?\s*)?\d+\s*comments?|jump to recipe|print recipe|listen(?: now)?|follow|following"
    r"|visit profile|get link|other apps|see all|see more|write a comment(?:…|\.\.\.)?|reply|like|save|bookmark"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)?[a-z]*\.?,? ?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"\.? \d{1,2}"
    r"|(?:click to|like loading).*|like this:|listen on (?:apple|spotify|google|youtube).*"
    r"|(?:comments are|kommentare sind|los comentarios están|les commentaires sont) \w+\.?"
    r"|advertise?ments?|anzeige|werbung|publicité|publicidad|sponsored(?: content)?"
    r"|need help now\?.*|this (?:post|article|page) may contain affiliate links.*",
    re.IGNORECASE,
)
_TALLY = re.compile(
    r"[\d.,]+\s*[km]?\+?\s*(?:views?|likes?|shares?|restacks?|followers?|claps?|comments?)|advertisement|anzeige",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"(?:tel(?:efon|ephone|\.)?|phone|fax|call us|e-?mail)\s*[:.]?\s*\+?[\d(][\d\s().–-]{5,}.*"
    r"|\+?\(?\d[\d\s().–-]{7,}\d|.{0,40}\b[\w.]+@[\w-]+(?:\.[\w-]+)+"
    r"|\d{1,5}[a-z]? (?:[A-Z][\w'’]*\.? ){1,4}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|row|court"
    r"|square|blvd)\b.*"
    r"|.{2,40},\s*[A-Z]{2}\s+\d{5}(?:-\d{4})?|.{0,60}\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|.{0,60}\b\d{5} [A-ZÄÖÜ][\w-]+"
    r"|(?:opening |office |our )?hours:?|opening times|service times|quick links|useful links|find us|follow us"
    r"|connect with us|stay (?:in touch|connected)|plan your visit|our locations?"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b.{0,20}\b\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|uhr)\b.*"
    r"|open today .*",
    re.IGNORECASE,
)
_BLOG_PARTS = re.compile(
    r"archives?|categories|labels|tags|recent (?:posts|articles|comments)|popular posts|blog archive|about me|followers"
    r"|(?:primary )?sidebar|primary sidebar|reader interactions|post navigation|beitragsnavigation|page navigation"
    r"|discussion about this post|more (?:by|from|in|on) (?-i:[A-ZÄÖÜ]).{2,50}"
    r"|(?:previous|next)(?: (?:post|article|entry))?|back to .{3,40}|share (?:this )?(?:post|page)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*[|·•∙/>»\u203a–—]\s*|\t+| {3,}")
_BREADCRUMB = re.compile(r"\s*(?:/|>|»|\u203a|→|::)\s*")


def is_menu(text: str) -> bool:
    """`About us`, `Home | Blog | Contact`, `Home > Blog > A Walk`, and the consent buttons of a cookie bar."""
    words = bare(text).casefold().strip(" :")
    if words in _MENU:
        return True
    if is_cookie_bar(text) or read_breadcrumb(text):
        return True
    parts = [part for part in _PARTS.split(words) if part]
    if len(words) <= 2 * _MAX_MENU and len(parts) > 1 and sum(part in _MENU for part in parts) * 2 > len(parts):
        return True
    single = words.split()
    return len(single) >= 3 and len(words) <= 2 * _MAX_MENU and all(word in _MENU for word in single)


def read_breadcrumb(text: str) -> str:
    """The last part of `Home > Blog > A Walk`; empty when it is no breadcrumb."""
    if len(text) > 250:
        return ""
    parts = [part.strip() for part in _BREADCRUMB.split(text) if part.strip()]
    return parts[-1] if len(parts) > 1 and parts[0].casefold() in ("home", "startseite", "accueil", "inicio") else ""


def is_cookie_bar(text: str) -> bool:
    if len(text) > _MAX_SENTENCE:
        return False
    return bool(_CONSENT.fullmatch(text) or _COOKIES.fullmatch(text))


def is_sign_up(text: str) -> bool:
    """A line that asks for the reader's address: what stands in a form comes below it."""
    return len(text) <= _MAX_SENTENCE and bool(_SIGN_UP.fullmatch(text))


def is_form(text: str) -> bool:
    return len(text) <= _MAX_MENU and bool(_FORM.fullmatch(bare(text)))


def is_count(text: str) -> bool:
    """`12 views`, `Jump to Recipe`, a number: what a page says of itself around an article."""
    return len(text) <= 2 * _MAX_MENU and bool(_COUNTS.fullmatch(bare(text)))


def is_tally(text: str) -> bool:
    """`1.2K followers`, `12 views`, `Advertisement`: no line of an article, wherever it stands."""
    words = bare(text)
    return len(words) <= _MAX_MENU and bool(_TALLY.fullmatch(words))


def is_footer(text: str) -> bool:
    """Address, telephone, opening hours, legal lines, the headings of a blog's margin."""
    if len(text) > _MAX_SENTENCE:
        return False
    words = bare(text)
    if _LEGAL.fullmatch(words):
        return len(words) <= 2 * _MAX_MENU or "regist" in words.casefold()
    if len(words) > 2 * _MAX_MENU:
        return False
    if _FOOTER.fullmatch(words) or _BLOG_PARTS.fullmatch(words):
        return True
    parts = [part for part in _PARTS.split(words) if part]
    return len(parts) > 1 and any(_LEGAL.fullmatch(part) or _FOOTER.fullmatch(part) for part in parts)


def is_above(text: str) -> bool:
    """Whether a line above an article's title belongs to the page."""
    is_contact = is_footer(text) and find_date(text) is None
    return is_menu(text) or is_sign_up(text) or is_contact or is_count(text) or is_bar(bare(text)) or is_noise(text)
