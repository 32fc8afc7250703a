"""The options of a schedule → parameters of the commands that take them, and lines for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from newsletter.options import Options, flag, names, shown

GIVEN = "given"


def takes_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with one option of its own for each of a schedule's.

    Those a person wrote reach it as text, by their names, in its parameter `given`.
    """
    own = signature(command, eval_str=True)
    extra = [_parameter(name) for name in names()]

    @wraps(command)
    def run(**arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in names()}
        command(**arguments, given={name: text for name, text in given.items() if text is not None})

    kept = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own.parameters.values() if each.name != GIVEN]
    run.__signature__ = own.replace(parameters=[*kept, *extra])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in (*kept, *extra)}
    return run


def _parameter(name: str) -> Parameter:
    told = names()[name]
    option = typer.Option(
        flag(name), metavar=told.metadata["shape"], help=told.metadata["help"], rich_help_panel="How it picks and asks"
    )
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option])


def options_in_words(given: Mapping[str, Any]) -> Iterator[str]:
    """`lead 2880`, one line for each that differs from the defaults; `given` is as in the shape `schedule`."""
    defaults = shown(Options())
    for name, value in given.items():
        if value != defaults[name]:
            yield f"{name.replace('_', ' ')}: {_in_words(value)}"


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={number:g}" for name, number in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
