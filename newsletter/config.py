"""TOML and environment → one typed Config: every default, unit and meaning, and where each value came from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.blackouts import Blackout
from newsletter.errors import ConfigError

PREFIX = "NEWSLETTER_"
HOME_VARIABLE = "NEWSLETTER_HOME"
FILE_SUFFIX = "_FILE"
DATABASE_URL = "database.url"  # no secret by itself, but one that holds a password is treated as one


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewsletterTable(_Table):
    """The home's first newsletter."""

    name: str = "Newsletter"  # what readers call it; also the header of every mail
    from_address: str = ""  # "Name <address>", shown as the sender; nothing is sent while it is empty
    reply_to: str = ""  # where answers go; empty: to from_address
    postal_address: str = ""  # stands in every footer; nothing is sent while it is empty
    privacy_url: str = ""  # linked in the footer when it is set
    logo: str = ""  # a picture under media/ for the head of every mail; empty: the name as text
    notice: str = ""  # a line above the footer, for instance whom to call in a crisis
    unsubscribe_mailto: str = ""  # a mailbox that also takes unsubscribe requests; empty: the link alone
    language: str = "en"  # BCP 47, of the look's words and of articles that do not say
    timezone: str = "UTC"  # IANA name: the wall clock of schedules, dates and quiet hours
    look: str = "calm"  # a folder in templates/
    instance: str = ""  # names this installation; empty: it is told from copies by what the user's state folder knows

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is not a time zone name such as Europe/Berlin") from None
        return value


class SmtpTable(_Table):
    """The relay that takes our messages."""

    host: str = "localhost"  # its name or address
    port: int = Field(default=587, ge=1, le=65535)  # 587 goes with starttls, 465 with tls
    security: Literal["tls", "starttls", "none"] = "starttls"  # none: for a relay on loopback only
    allow_plaintext: bool = False  # true: security "none" also to a relay elsewhere
    username: str = ""  # empty: no login
    password: SecretStr = SecretStr("")  # environment or file only
    connections: int = Field(default=4, ge=1, le=100)  # kept open at once
    pipelining: Literal["auto", "off"] = "auto"  # auto: where the relay offers it
    timeout: float = Field(default=60.0, gt=0)  # seconds, per SMTP command
    helo_name: str = ""  # how we greet; empty: the From domain
    ca_file: str = ""  # PEM file of one more certificate authority to trust


class DatabaseTable(_Table):
    url: str = ""  # SQLAlchemy URL; empty: newsletter.db in the home. postgresql+psycopg://user@host/name


class WebTable(_Table):
    """The pages every mail links to."""

    host: str = "127.0.0.1"  # where this process listens
    port: int = Field(default=8080, ge=0, le=65535)  # 0: any that is free
    base_url: str = ""  # how readers reach it, https://…; nothing is sent to real readers while it is empty
    trusted_proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-* headers are believed


class DeliveryTable(_Table):
    in_doubt: Literal["hold", "again"] = "hold"  # hold: a person settles; again: send again after in_doubt_delay
    in_doubt_delay: float = Field(default=60.0, ge=0)  # minutes
    deliver_within: float = Field(default=48.0, gt=0)  # hours after the first try, eight tries at most
    most_per_week: int = Field(default=0, ge=0, le=1000)  # issues one reader gets within seven days; 0: no cap
    redirect_all_to: str = ""  # every message goes to this one address instead: for trying things out
    inline_images: bool = False  # true: pictures travel inside each message instead of being loaded from the pages


class PickingTable(_Table):
    trust_imports: bool = False  # true: what nobody has read since its import may go out without a person's yes
    blackout: tuple[str, ...] = ()  # days without any issue: MM-DD..MM-DD, YYYY-MM-DD, or a calendar file of the home

    @field_validator("blackout")
    @classmethod
    def _known_days(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        Blackout.parse(each for each in value if not each.lower().endswith(".ics"))
        return value


class FetchTable(_Table):
    """How pages, feeds and pictures are fetched from the web."""

    allow_hosts: tuple[str, ...] = ()  # hosts on this machine or a private network that may be asked all the same
    timeout: float = Field(default=20.0, gt=0, le=600)  # seconds, for one page, feed or picture as a whole


class MediaTable(_Table):
    base_url: str = ""  # where copies of media/ are served, https://…; empty: by these pages, under /media/


class SecurityTable(_Table):
    secret_key: SecretStr = SecretStr("")  # environment or file only; empty: keys/secret in the home


class Config(BaseSettings):
    """All settings. Frozen: read once at start, never copied into the database."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    newsletter: NewsletterTable = NewsletterTable()
    smtp: SmtpTable = SmtpTable()
    database: DatabaseTable = DatabaseTable()
    web: WebTable = WebTable()
    delivery: DeliveryTable = DeliveryTable()
    picking: PickingTable = PickingTable()
    fetch: FetchTable = FetchTable()
    media: MediaTable = MediaTable()
    security: SecurityTable = SecurityTable()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # `load` lays the sources over each other itself: only then is it known where a value came from.
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """The settings, and for each `table.key` the source its value came from."""

    config: Config
    origins: Mapping[str, str]


def keys() -> dict[str, tuple[str, str]]:
    """Every `table.key` with its table and name, in the order they are written."""
    return {
        f"{table}.{name}": (table, name)
        for table, field in Config.model_fields.items()
        for name in _fields(field.annotation)
    }


def is_secret(key: str) -> bool:
    table, name = keys()[key]
    return _fields(Config.model_fields[table].annotation)[name].annotation is SecretStr


def load(
    file_name: str,
    file_text: str,
    environment: Mapping[str, str],
    read_file: Callable[[str], str],
    overrides: Mapping[str, Any] | None = None,
) -> LoadedConfig:
    """The settings of `file_text`, secret files, `environment` and `overrides`, the later over the earlier.

    `overrides` maps `table.key` to a value. Raises ConfigError that names the key, the file or the variable.
    """
    layers = [
        _from_file(file_name, file_text),
        _from_environment(environment, read_file, secret_files=True),
        _from_environment(environment, read_file, secret_files=False),
        {key: (value, "command line") for key, value in (overrides or {}).items()},
    ]
    values: dict[str, dict[str, Any]] = {}
    origins = dict.fromkeys(keys(), "default")
    for layer in layers:
        for key, (value, origin) in layer.items():
            table, name = keys()[key]
            values.setdefault(table, {})[name] = value
            origins[key] = origin
    try:
        return LoadedConfig(Config.model_validate(values), origins)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][:2])
        words = first["msg"].removeprefix("Value error, ")
        raise ConfigError(key, f"{words} (from {origins.get(key, file_name)})") from None


def variable(key: str) -> str:
    """The environment variable for a `table.key`."""
    table, name = keys()[key]
    return f"{PREFIX}{table}__{name}".upper()


def shown(loaded: LoadedConfig) -> list[dict[str, Any]]:
    """Every key with its value and origin, secrets masked, for `config show`."""
    rows = []
    for key, (table, name) in keys().items():
        value = getattr(getattr(loaded.config, table), name)
        if isinstance(value, SecretStr):
            value = "********" if value.get_secret_value() else ""
        if key == DATABASE_URL:
            value = _without_password(value)
        rows.append({"key": key, "value": value, "origin": loaded.origins[key]})
    return rows


def _without_password(url: str) -> str:
    """The URL with stars for a password, where the login has one or where it is an option after the question mark."""
    url = re.sub(r"([?&](?:ssl)?password=)[^&]+", r"\1********", url, flags=re.IGNORECASE)
    head, at, tail = url.rpartition("@")
    scheme, slashes, login = head.partition("://")
    user, colon, _ = login.partition(":")
    return f"{scheme}{slashes}{user}:********{at}{tail}" if at and colon else url


def _fields(table: Any) -> dict[str, Any]:
    return dict(table.model_fields)


def _from_file(file_name: str, text: str) -> dict[str, tuple[Any, str]]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("", f"{file_name}: {error}") from None
    found: dict[str, tuple[Any, str]] = {}
    for table, content in tables.items():
        if table not in Config.model_fields:
            raise ConfigError(table, f"{file_name} has a table nothing knows{_meant(table, Config.model_fields)}")
        if not isinstance(content, dict):
            raise ConfigError(table, f"{file_name} must have a table [{table}] here, not a value")
        for name, value in content.items():
            key = f"{table}.{name}"
            if key not in keys():
                raise ConfigError(key, f"{file_name} has a key nothing knows{_meant(key, keys())}")
            if is_secret(key) or (key == DATABASE_URL and _without_password(str(value)) != value):
                words = f"secrets never stand in {file_name}: set {variable(key)} or {variable(key)}{FILE_SUFFIX}"
                raise ConfigError(key, words)
            found[key] = (value, file_name)
    return found


def _from_environment(
    environment: Mapping[str, str], read_file: Callable[[str], str], secret_files: bool
) -> dict[str, tuple[Any, str]]:
    by_variable = {variable(key): key for key in keys()}
    found: dict[str, tuple[Any, str]] = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name == HOME_VARIABLE:
            continue
        from_file = name.endswith(FILE_SUFFIX) and name not in by_variable
        key = by_variable.get(name.removesuffix(FILE_SUFFIX) if from_file else name)
        if key is None or (from_file and not (is_secret(key) or key == DATABASE_URL)):
            raise ConfigError(name, f"the environment has a setting nothing knows{_meant(name, by_variable, PREFIX)}")
        if from_file != secret_files:
            continue
        if from_file:
            found[key] = (_secret(name, value, read_file), f"{name} ({value})")
        else:
            found[key] = (_listed(key, value), name)
    return found


def _secret(name: str, path: str, read_file: Callable[[str], str]) -> str:
    try:
        return read_file(path).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(name, f"{path} cannot be read: {error}") from None


def _listed(key: str, value: str) -> Any:
    """An environment value is text; a list is written with commas."""
    table, name = keys()[key]
    annotation = _fields(Config.model_fields[table].annotation)[name].annotation
    if annotation == tuple[str, ...]:
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _meant(name: str, known: Iterable[str], prefix: str = "") -> str:
    """The known name most like this one, if any is, the prefix they all have left out of account."""
    close = get_close_matches(name.removeprefix(prefix), [each.removeprefix(prefix) for each in known], n=1)
    return f"; did you mean {prefix}{close[0]}?" if close else ""
