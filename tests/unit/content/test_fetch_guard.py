"""Addresses as people and attackers write them → which of them may be asked."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from newsletter.content.fetching.guard import (
    WebAddress,
    choose_host_addresses,
    is_allowed,
    judge_host_address,
    read_address,
    read_allowed,
    read_redirect,
    refuse_port,
    show_address,
)
from newsletter.errors import ConfigError

NOBODY = read_allowed(())

PUBLIC = ["93.184.215.14", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::5"]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTPS://Example.ORG/Blog", "https://example.org/Blog"),
        ("  http://example.org/a\n", "http://example.org/a"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org:/a", "https://example.org/a"),
        ("https://example.org?page=2#top", "https://example.org/?page=2"),
        ("https://example.org/a#/b?c", "https://example.org/a"),
        ("https://example.org/über uns.html", "https://example.org/%C3%BCber%20uns.html"),
        ("https://example.org/%C3%BCber%20uns", "https://example.org/%C3%BCber%20uns"),
        ("https://example.org/a?q=grün&r=[1]", "https://example.org/a?q=gr%C3%BCn&r=[1]"),
        ("https://example.org/pictures\\team.jpg", "https://example.org/pictures/team.jpg"),
        ("https://example.org/@ada/a:b", "https://example.org/@ada/a:b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://example。org/", "https://example.org/"),
        ("https://my_practice.example.org/", "https://my_practice.example.org/"),
        ("http://93.184.215.14/", "http://93.184.215.14/"),
        ("http://[2606:4700:4700:0:0::1111]:8080/x", "http://[2606:4700:4700::1111]:8080/x"),
    ],
)
def test_address_is_written_in_one_way(written: str, url: str) -> None:
    assert read_address(written).url == url


@pytest.mark.parametrize(
    ("written", "words"),
    [
        # nothing of the web
        ("", "no web address"),
        ("example.org/feed", "no web address"),
        ("//example.org/feed", "no web address"),
        ("/etc/passwd", "no web address"),
        ("file:///etc/passwd", "only https and http"),
        ("ftp://example.org/a", "only https and http"),
        ("gopher://example.org/a", "only https and http"),
        ("data:text/html,hello", "only https and http"),
        ("javascript:alert(1)", "only https and http"),
        ("mailto:ada@example.org", "only https and http"),
        # broken
        ("http:example.org", "two slashes"),
        ("http:/example.org", "two slashes"),
        ("http://", "names no host"),
        ("http:///a", "names no host"),
        ("http://?a", "names no host"),
        ("http://:80/", "names no host"),
        ("http://example..org/", "no host name"),
        ("http://.example.org/", "no host name"),
        ("http://-example.org/", "no host name"),
        ("http://exa mple.org/", "no host name"),
        ("http://exa,mple.org/", "no host name"),
        ("http://example.org:port/", "its port"),
        ("http://example.org:0/", "its port"),
        ("http://example.org:65536/", "its port"),
        ("http://example.org:80:80/", "its port"),
        ("http://example.org:\uff18\uff10/", "its port"),
        ("http://example.org:-1/", "its port"),
        ("http://[::1/", "brackets"),
        ("http://[::1]x/", "brackets"),
        ("http://[example.org]/", "no IPv6 address"),
        ("http://[]/", "no IPv6 address"),
        (f"http://{'a' * 64}.example/", "no host name"),
        (f"http://{'a.' * 130}example/", "no host name"),
        (f"http://{'ü' * 300}.example/", "no host name"),
        (f"http://example.org/{'a' * 5000}", "longer than"),
        # somebody's login
        ("http://ada:secret@example.org/", "user name"),
        ("http://ada@example.org/", "user name"),
        ("http://@example.org/", "user name"),
        ("http://example.org@127.0.0.1/", "user name"),
        ("http://example.org%40127.0.0.1/", "percent"),
        # another host to another reader
        ("http://127.0.0.1\\@example.org/", "user name"),
        ("http://127.0.0.1\\.example.org/", "backslash"),
        ("http://example.org\\/a", "backslash"),
        ("http:\\\\127.0.0.1/", "two slashes"),
        ("http://127.0.0.1\t.example.org/", "control character"),
        ("http://127.0.0.1\n/", "control character"),
        ("http://example.org/a\r\nHost: localhost", "control character"),
        ("ht\ntp://127.0.0.1/", "control character"),
        ("http://example.org/\x00", "control character"),
        ("http://example.org/\ud800", "control character"),
        # numbers in disguise
        ("http://2130706433/", "odd spelling"),
        ("http://0177.0.0.1/", "odd spelling"),
        ("http://017700000001/", "odd spelling"),
        ("http://0x7f.1/", "odd spelling"),
        ("http://0X7F000001/", "odd spelling"),
        ("http://0x7f.0x0.0x0.0x1/", "odd spelling"),
        ("http://127.1/", "odd spelling"),
        ("http://127.0.1/", "odd spelling"),
        ("http://0/", "odd spelling"),
        ("http://127.0.0.01/", "odd spelling"),
        ("http://127.0.0.256/", "odd spelling"),
        ("http://1.1.1.1.1/", "odd spelling"),
        ("http://example.0x/", "odd spelling"),
        ("http://\uff11\uff12\uff17.0.0.1/", "odd spelling"),
        ("http://①②⑦.⓪.⓪.①/", "odd spelling"),
        ("http://127。0。0。1/", "odd spelling"),
        ("http://\U0001d7ed\U0001d7ee\U0001d7f3.\U0001d7ec.\U0001d7ec.\U0001d7ed/", "odd spelling"),
        ("http://\u0662\u0661\u0663\u0660\u0667\u0660\u0666\u0664\u0663\u0663/", "no host name"),
        ("http://127.0.0.1./", "ends in a dot"),
        ("http://localhost./", "ends in a dot"),
        ("http://example.org./", "ends in a dot"),
        ("http://%6c%6fcalhost/", "percent"),
        ("http://127%2e0%2e0%2e1/", "percent"),
        ("http://[fe80::1%25eth0]/", "zone"),
        ("http://[fe80::1%eth0]/", "zone"),
    ],
)
def test_address_that_is_not_plain_is_refused(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_address(written)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1", "this machine"),
        ("127.255.255.254", "this machine"),
        ("0.0.0.0", "this machine"),
        ("0.1.2.3", "this machine"),
        ("::1", "this machine"),
        ("::", "this machine"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("100.100.100.200", "private"),  # a cloud's metadata
        ("100.127.255.255", "private"),
        ("fd00:ec2::254", "private"),  # a cloud's metadata
        ("fc00::1", "private"),
        ("fec0::1", "private"),
        ("169.254.169.254", "clouds keep their secrets"),
        ("169.254.0.1", "link-local"),
        ("168.63.129.16", "clouds keep their secrets"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "zone"),
        ("2606:4700::1%1", "zone"),
        ("224.0.0.1", "a group"),
        ("239.255.255.250", "a group"),
        ("255.255.255.255", "a group"),
        ("ff02::1", "a group"),
        ("240.0.0.1", "reserved"),
        ("192.0.0.192", "reserved"),  # a cloud's metadata
        ("192.88.99.1", "reserved"),
        ("198.18.0.1", "reserved"),
        ("100::1", "reserved"),
        ("4000::1", "reserved"),
        ("64:ff9b:1::7f00:1", "reserved"),
        ("2001::7f00:1", "reserved"),  # Teredo
        ("192.0.2.1", "examples"),
        ("198.51.100.7", "examples"),
        ("203.0.113.9", "examples"),
        ("2001:db8::1", "examples"),
        ("3fff::1", "examples"),
        ("::ffff:127.0.0.1", "wrapped"),
        ("::ffff:7f00:1", "wrapped"),
        ("::ffff:93.184.215.14", "wrapped"),
        ("::ffff:0:127.0.0.1", "wrapped"),
        ("::127.0.0.1", "wrapped"),
        ("2002:7f00:1::", "wrapped"),  # 6to4
        ("2002:5db8:d70e::1", "wrapped"),
        ("64:ff9b::127.0.0.1", "this machine"),  # NAT64
        ("64:ff9b::a9fe:a9fe", "clouds keep their secrets"),
        ("64:ff9b::10.0.0.1", "private"),
        ("127.1", "no IP address"),
        ("example.org", "no IP address"),
        ("", "no IP address"),
    ],
)
def test_address_that_is_no_public_host_is_forbidden(address: str, words: str) -> None:
    assert words in judge_host_address(address)


@pytest.mark.parametrize("address", [*PUBLIC, "64:ff9b::93.184.215.14"])
def test_public_address_may_be_asked(address: str) -> None:
    assert judge_host_address(address) == ""


@given(st.ip_addresses())
def test_what_python_calls_not_global_is_forbidden(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_loopback:
        assume(address not in (ip_address("64:ff9b::"),) and not str(address).startswith("64:ff9b::"))
        assert judge_host_address(str(address))


@given(st.ip_addresses(v=4))
def test_ipv4_address_wrapped_for_nat64_is_judged_as_itself(address: IPv4Address) -> None:
    wrapped = IPv6Address(int(IPv6Address("64:ff9b::")) + int(address))
    assert judge_host_address(str(wrapped)) == judge_host_address(str(address))


@pytest.mark.parametrize("position", range(3))
def test_one_forbidden_address_among_public_ones_closes_the_host(position: int) -> None:
    resolved = PUBLIC[:2]
    resolved.insert(position, "10.0.0.7")
    with pytest.raises(ValueError, match=r"mixed\.example leads to 10\.0\.0\.7, which is on a private network"):
        choose_host_addresses("mixed.example", 443, resolved, NOBODY)


def test_public_addresses_come_back_in_their_order_and_each_once() -> None:
    assert choose_host_addresses("example.org", 443, [*PUBLIC, *PUBLIC], NOBODY) == PUBLIC


def test_refusal_says_how_to_open_the_host() -> None:
    with pytest.raises(ValueError, match=r'name "intranet\.example" in fetch\.allow_hosts'):
        choose_host_addresses("intranet.example", 80, ["192.168.0.2"], NOBODY)
    with pytest.raises(ValueError, match=r'name "intranet\.example:8000" in fetch\.allow_hosts'):
        choose_host_addresses("intranet.example", 8000, ["192.168.0.2"], NOBODY)


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("localhost", "localhost", 8000),
        ("LocalHost", "localhost", 8000),
        (" localhost ", "localhost", 8000),
        ("localhost:8000", "localhost", 8000),
        ("127.0.0.1", "127.0.0.1", 9),
        ("127.0.0.1:9", "127.0.0.1", 9),
        ("::1", "::1", 9),
        ("[::1]", "::1", 9),
        ("[::1]:9", "::1", 9),
        ("bücher.example", "xn--bcher-kva.example", 443),
    ],
)
def test_entry_opens_its_host(entry: str, host: str, port: int) -> None:
    assert is_allowed(host, port, read_allowed([entry]))
    assert choose_host_addresses(host, port, ["127.0.0.1"], read_allowed([entry])) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("localhost", "sub.localhost", 80),
        ("example.org", "www.example.org", 80),
        ("www.example.org", "example.org", 80),
        ("localhost", "127.0.0.1", 80),
        ("127.0.0.1", "localhost", 80),
        ("127.0.0.1", "127.0.0.2", 80),
        ("localhost:8000", "localhost", 8001),
        ("localhost:8000", "localhost", 80),
    ],
)
def test_entry_opens_no_other_host(entry: str, host: str, port: int) -> None:
    assert not is_allowed(host, port, read_allowed([entry]))


@pytest.mark.parametrize(
    "entry",
    ["", "*", "*.example.org", "http://localhost", "localhost/a", "10.0.0.0/8", "127.1", "a b", "ada@localhost", "a:b"],
)
def test_entry_that_names_no_single_host_is_an_error(entry: str) -> None:
    with pytest.raises(ConfigError, match=r"fetch\.allow_hosts: .* opens nothing"):
        read_allowed([entry])


@pytest.mark.parametrize("port", [80, 443, 8080, 8443, 8000, 3000, 1024, 54321])
def test_port_of_the_web_may_be_asked(port: int) -> None:
    refuse_port("example.org", port, NOBODY)


@pytest.mark.parametrize("port", [1, 21, 22, 23, 25, 53, 110, 143, 465, 587, 993, 1023, 3306, 5432, 6379, 6667, 11211])
def test_port_of_another_service_is_refused_unless_opened_by_number(port: int) -> None:
    for allowed in (NOBODY, read_allowed(["example.org"]), read_allowed([f"example.com:{port}"])):
        with pytest.raises(ValueError, match=f"port {port} "):
            refuse_port("example.org", port, allowed)
    refuse_port("example.org", port, read_allowed([f"example.org:{port}"]))


BASE = WebAddress("https", "example.org", 443, "/blog/trust?page=1")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/new", "https://example.org/new"),
        ("new", "https://example.org/blog/new"),
        ("../new", "https://example.org/new"),
        ("?page=2", "https://example.org/blog/trust?page=2"),
        ("//example.com/new", "https://example.com/new"),
        ("http://example.com/new", "http://example.com/new"),
        ("/über", "https://example.org/%C3%BCber"),
    ],
)
def test_redirect_leads_from_where_it_was_said(location: str, url: str) -> None:
    assert read_address(read_redirect(BASE, location)).url == url


@pytest.mark.parametrize(
    "location",
    ["//[", "http://[::1", "\\\\127.0.0.1\\a", "/a\\b", "http://exa\tmple.org/", "java\nscript:alert(1)", "ftp://a/b"],
)
def test_redirect_to_what_is_not_plain_is_refused(location: str) -> None:
    with pytest.raises(ValueError):
        read_address(read_redirect(BASE, location))


ODD = st.text(
    alphabet=st.one_of(st.sampled_from("/\\:@.%?#[]0127xX\u0660\uff11。é\t\n -_~"), st.characters()),
    max_size=40,
)


@given(st.one_of(ODD, ODD.map("http://{}".format), ODD.map("https://example.org{}".format)))
@example("http://xn--a/")
@example("http://xn--/")
@example("http://\u00ad/")
@example("http://\u2102.example/")
def test_whatever_is_written_is_read_in_one_way_or_refused_in_words(written: str) -> None:
    try:
        address = read_address(written)
    except ValueError as error:
        assert type(error) is ValueError and str(error).isprintable()
        return
    assert address.scheme in ("http", "https") and 0 < address.port < 65536
    assert address.url.isascii() and address.url.isprintable() and " " not in address.url
    assert address.host and not set(address.host) & set("@/\\?#[]% ")
    assert read_address(address.url) == address


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
def test_number_never_passes_for_a_host(number: int, spelling: str) -> None:
    with pytest.raises(ValueError, match="odd spelling"):
        read_address(f"http://{spelling.format(number)}/")


@given(st.one_of(ODD, ODD.map("http://ada:secret@{}".format)))
def test_shown_address_is_one_short_line_without_a_password(written: str) -> None:
    shown = show_address(written)
    assert len(shown) < 300 and len(shown.splitlines()) <= 1
    assert "secret" not in shown


def test_shown_address_keeps_what_is_no_password() -> None:
    assert show_address("https://example.org/@ada") == "https://example.org/@ada"
    assert show_address("https://ada:secret@example.org/a") == "https://…@example.org/a"
