"""Structured logs with order and message ids; secrets never reach them."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from services.hub.settings import Settings

_SECRET = re.compile(r"token|secret|password|authorization|credential|api_?key|signature|card", re.IGNORECASE)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every field whose name says that it is a secret, at any depth."""
    for name, value in event.items():
        event[name] = _redacted(name, value)
    return event


def _redacted(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_redacted(name, inner) for inner in value]
    if value and name != "event" and _SECRET.search(name):
        return "[secret]"
    return value


def configure(settings: Settings) -> None:
    """Set up logging for this process: to standard error, as lines for people or as JSON."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    console = settings.log_format == "console"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
            if console
            else structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            *([] if console else [structlog.processors.JSONRenderer()]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, force=True)
    # nats-py writes a traceback at every attempt to connect; what matters of it comes by its callbacks
    logging.getLogger("nats").setLevel(logging.CRITICAL)


def logger(**bound: Any) -> Any:
    """A logger that carries these fields."""
    return structlog.get_logger(**bound)
