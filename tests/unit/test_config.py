"""Sources of settings → one Config: whole, in order, by name, and without a secret in the wrong place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from newsletter.config import Config, LoadedConfig, is_secret, keys, load, shown, variable
from newsletter.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = (ROOT / "config.toml").read_text(encoding="utf-8")
FILES = {"/run/secrets/relay": "from a file\n", "/run/secrets/url": "postgresql+psycopg://ada:pw@db/name\r\n"}


def settings(
    text: str = "",
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> LoadedConfig:
    def read_file(path: str) -> str:
        if path not in FILES:
            raise FileNotFoundError(2, "No such file or directory", path)
        return FILES[path]

    return load("config.toml", text, environment or {}, read_file, overrides)


def refusal(text: str = "", environment: Mapping[str, str] | None = None, **overrides: Any) -> str:
    with pytest.raises(ConfigError) as error:
        settings(text, environment, {name.replace("__", "."): value for name, value in overrides.items()})
    words = str(error.value)
    assert "\n" not in words
    return words


def plain(value: Any) -> Any:
    """A value as TOML has it."""
    return list(value) if isinstance(value, tuple) else value


# The documented default


def test_documented_file_has_every_key_with_its_default_and_no_other() -> None:
    written = tomllib.loads(DOCUMENTED)
    defaults = {
        table: {name: plain(value) for name, value in getattr(Config(), table) if not isinstance(value, SecretStr)}
        for table in Config.model_fields
    }
    assert written == defaults
    for table, content in defaults.items():
        assert list(written[table]) == list(content), f"[{table}] is in another order"
        assert [type(value) for value in written[table].values()] == [type(value) for value in content.values()]


def test_documented_file_says_what_every_key_means() -> None:
    bare = [line for line in DOCUMENTED.splitlines() if re.match(r"[a-z_]+ =", line) and not re.search(r" # \S", line)]
    assert bare == []


def test_documented_file_says_where_the_secrets_come_from_and_has_none() -> None:
    secrets = [key for key in keys() if is_secret(key)]
    assert secrets == ["smtp.password", "security.secret_key"]
    for key in secrets:
        assert f"{variable(key)} or …_FILE" in DOCUMENTED
        assert not re.search(rf"^{key.partition('.')[2]} *=", DOCUMENTED, flags=re.MULTILINE)


def test_documented_file_changes_nothing() -> None:
    assert settings(DOCUMENTED).config == settings("").config == Config()


def test_keys_that_scripts_rely_on_are_there() -> None:
    relied_on = {
        "newsletter": "name from_address reply_to postal_address privacy_url language timezone look",
        "smtp": "host port security username password connections pipelining",
        "database": "url",
        "web": "host port base_url trusted_proxies",
        "delivery": "in_doubt in_doubt_delay deliver_within redirect_all_to",
        "security": "secret_key",
    }
    assert {f"{table}.{name}" for table, names in relied_on.items() for name in names.split()} <= set(keys())


def test_settings_cannot_be_changed_once_they_are_read() -> None:
    config = settings().config
    given: list[tuple[BaseModel, str]] = [(config, "smtp"), (config.smtp, "host")]
    for table, name in given:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(table, name, getattr(table, name))


# The order of the sources


def test_each_source_is_laid_over_the_one_before_and_told_as_the_origin() -> None:
    text = '[smtp]\nhost = "file"\nusername = "file"\nhelo_name = "file"\n'
    environment = {"NEWSLETTER_SMTP__USERNAME": "environment", "NEWSLETTER_SMTP__HELO_NAME": "environment"}
    loaded = settings(text, environment, {"smtp.helo_name": "command line"})
    smtp = loaded.config.smtp
    assert (smtp.ca_file, smtp.host, smtp.username, smtp.helo_name) == ("", "file", "environment", "command line")
    origins = [loaded.origins[f"smtp.{name}"] for name in ("ca_file", "host", "username", "helo_name")]
    assert origins == ["default", "config.toml", "NEWSLETTER_SMTP__USERNAME", "command line"]


def test_secret_in_the_environment_goes_before_one_in_a_file() -> None:
    from_file = {"NEWSLETTER_SMTP__PASSWORD_FILE": "/run/secrets/relay"}
    loaded = settings("", from_file)
    assert loaded.config.smtp.password.get_secret_value() == "from a file"
    assert loaded.origins["smtp.password"] == "NEWSLETTER_SMTP__PASSWORD_FILE (/run/secrets/relay)"
    for environment in (
        {**from_file, "NEWSLETTER_SMTP__PASSWORD": "said"},
        {"NEWSLETTER_SMTP__PASSWORD": "said", **from_file},
    ):
        loaded = settings("", environment)
        assert loaded.config.smtp.password.get_secret_value() == "said"
        assert loaded.origins["smtp.password"] == "NEWSLETTER_SMTP__PASSWORD"


def test_database_url_in_a_file_goes_before_config_toml() -> None:
    loaded = settings('[database]\nurl = "sqlite:///a.db"', {"NEWSLETTER_DATABASE__URL_FILE": "/run/secrets/url"})
    assert loaded.config.database.url == "postgresql+psycopg://ada:pw@db/name"


def test_environment_says_numbers_words_and_lists_as_text() -> None:
    config = settings(
        "",
        {
            "NEWSLETTER_SMTP__PORT": "2525",
            "NEWSLETTER_SMTP__ALLOW_PLAINTEXT": "true",
            "NEWSLETTER_SMTP__CA_FILE": "ca.pem",  # a name that ends like a secret file's
            "NEWSLETTER_WEB__TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2,",
            "NEWSLETTER_HOME": "/srv/home",
            "PATH": "/usr/bin",
        },
    ).config
    assert (config.smtp.port, config.smtp.allow_plaintext, config.smtp.ca_file) == (2525, True, "ca.pem")
    assert config.web.trusted_proxies == ("10.0.0.1", "10.0.0.2")


# Names nothing knows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[smpt]\nhost = 'a'", "smpt: config.toml has a table nothing knows; did you mean smtp?"),
        ("[smtp]\nhots = 'a'", "smtp.hots: config.toml has a key nothing knows; did you mean smtp.host?"),
        ("[smtp]\nzzz = 1", "smtp.zzz: config.toml has a key nothing knows"),
        ("smtp = 'a'", "smtp: config.toml must have a table [smtp] here, not a value"),
        ("[smtp.host]\na = 1", "smtp.host: Input should be a valid string (from config.toml)"),
        ("[[smtp]]\nhost = 'a'", "smtp: config.toml must have a table [smtp] here, not a value"),
        ("host = ", "config.toml: Invalid value (at end of document)"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(text: str, words: str) -> None:
    assert refusal(text) == words


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("NEWSLETTER_SMTP__HOTS", "; did you mean NEWSLETTER_SMTP__HOST?"),
        ("NEWSLETTER_SMTP_HOST", "; did you mean NEWSLETTER_SMTP__HOST?"),
        ("NEWSLETTER_SMTP__HOST_FILE", "; did you mean NEWSLETTER_SMTP__HOST?"),  # no secret
        ("NEWSLETTER_ZZZ", ""),
        ("NEWSLETTER_", ""),
    ],
)
def test_variable_nothing_knows_is_named(name: str, meant: str) -> None:
    assert refusal("", {name: "a"}) == f"{name}: the environment has a setting nothing knows{meant}"


@pytest.mark.parametrize(
    ("text", "environment", "begins", "origin"),
    [
        ("[smtp]\nport = 70000", {}, "smtp.port: ", "config.toml"),
        ("[smtp]\nport = 'a'", {}, "smtp.port: ", "config.toml"),
        ("[smtp]\nsecurity = 'ssl'", {}, "smtp.security: ", "config.toml"),
        ("", {"NEWSLETTER_SMTP__CONNECTIONS": "0"}, "smtp.connections: ", "NEWSLETTER_SMTP__CONNECTIONS"),
        ("", {"NEWSLETTER_SMTP__TIMEOUT": ""}, "smtp.timeout: ", "NEWSLETTER_SMTP__TIMEOUT"),
        ("[web]\ntrusted_proxies = [1]", {}, "web.trusted_proxies: ", "config.toml"),
        ("[delivery]\ndeliver_within = 0", {}, "delivery.deliver_within: ", "config.toml"),
        ("[newsletter]\ntimezone = 'Europe/Barlin'", {}, "newsletter.timezone: 'Europe/Barlin' is not", "config.toml"),
        ("[newsletter]\ntimezone = '../../etc/passwd'", {}, "newsletter.timezone: ", "config.toml"),
    ],
)
def test_value_that_cannot_be_is_named_with_where_it_came_from(
    text: str, environment: Mapping[str, str], begins: str, origin: str
) -> None:
    words = refusal(text, environment)
    assert words.startswith(begins)
    assert words.endswith(f"(from {origin})")


def test_value_of_the_command_line_is_checked_too() -> None:
    assert refusal(web__port=-1).endswith("(from command line)")


# Secrets


@pytest.mark.parametrize("key", [key for key in keys() if is_secret(key)])
def test_secret_in_the_file_is_refused_with_where_it_belongs(key: str) -> None:
    table, _, name = key.partition(".")
    words = refusal(f"[{table}]\n{name} = 'hunter2'")
    assert words == f"{key}: secrets never stand in config.toml: set {variable(key)} or {variable(key)}_FILE"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://ada:hunter2@db/name",
        "postgresql+psycopg://ada:hunter2@here@db/name",
        "postgresql+psycopg://db/name?user=ada&password=hunter2",
        "postgresql+psycopg://ada@db/name?SSLpassword=hunter2",
    ],
)
def test_database_url_with_a_password_is_a_secret(url: str) -> None:
    words = refusal(f"[database]\nurl = {url!r}")
    assert words.startswith("database.url: secrets never stand in config.toml: set NEWSLETTER_DATABASE__URL or")
    assert "hunter2" not in words
    loaded = settings("", {"NEWSLETTER_DATABASE__URL": url})
    assert loaded.config.database.url == url
    assert "hunter2" not in str(shown(loaded))


@pytest.mark.parametrize("url", ["", "sqlite:///a.db", "postgresql+psycopg://ada@db/name?connect_timeout=5"])
def test_database_url_without_a_password_may_stand_in_the_file(url: str) -> None:
    loaded = settings(f"[database]\nurl = {url!r}")
    assert {row["key"]: row["value"] for row in shown(loaded)}["database.url"] == url


def test_secret_file_that_cannot_be_read_is_named() -> None:
    words = refusal("", {"NEWSLETTER_SMTP__PASSWORD_FILE": "/run/secrets/nowhere"})
    assert words.startswith("NEWSLETTER_SMTP__PASSWORD_FILE: /run/secrets/nowhere cannot be read:")


def test_settings_are_shown_with_their_origins_and_stars_for_secrets() -> None:
    environment = {"NEWSLETTER_SMTP__PASSWORD": "hunter2", "NEWSLETTER_SMTP__PORT": "2525"}
    loaded = settings("[smtp]\nhost = 'relay.example.org'", environment)
    rows = {row["key"]: row for row in shown(loaded)}
    assert list(rows) == list(keys())
    assert rows["smtp.password"] == {
        "key": "smtp.password",
        "value": "********",
        "origin": "NEWSLETTER_SMTP__PASSWORD",
    }
    assert rows["security.secret_key"]["value"] == ""
    assert rows["smtp.port"] == {"key": "smtp.port", "value": 2525, "origin": "NEWSLETTER_SMTP__PORT"}
    assert rows["smtp.host"]["origin"] == "config.toml"
    assert rows["web.host"]["origin"] == "default"
    assert "hunter2" not in repr(loaded) + str(rows)
