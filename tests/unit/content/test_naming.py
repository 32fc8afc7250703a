"""Keys and addresses that mean one article in all the world, and those that do not."""

from __future__ import annotations

import pytest

from newsletter.content.naming import key_of, page_address

SITE = "https://www.calm.example.org/blog/"


@pytest.mark.parametrize(
    "guid",
    [
        "https://calm.example.org/?p=7",
        "tag:calm.example.org,2024:7",
        "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        "1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        "6400aa00bb11cc22dd33ee44",
        "",
    ],
)
def test_key_that_means_nothing_else_anywhere_stays_as_it_is(guid: str) -> None:
    assert key_of(f" {guid} ", SITE) == guid
    assert key_of(guid, "") == guid


@pytest.mark.parametrize("guid", ["12", "calm-7", "post: 7", "Evenings", "7 https://calm.example.org/?p=7"])
def test_key_of_one_site_alone_is_told_with_its_host(guid: str) -> None:
    assert key_of(guid, SITE) == f"feed:calm.example.org:{guid}"
    assert key_of(guid, "https://bread.example.org/") == f"feed:bread.example.org:{guid}"
    assert key_of(guid, "") == key_of(guid, "http://[") == ""


@pytest.mark.parametrize("url", ["https://calm.example.org", "https://calm.example.org/", "http://calm.example.org/#7"])
def test_first_page_of_a_site_is_the_address_of_no_article(url: str) -> None:
    assert page_address(url) == ""


@pytest.mark.parametrize("url", ["https://calm.example.org/a", "https://calm.example.org/?p=7", "", "/", "http://["])
def test_any_other_address_may_be_one(url: str) -> None:
    assert page_address(url) == url
