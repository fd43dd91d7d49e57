"""karrio, loaded when an account needs it, and tamed.

It comes with habits that a service cannot have: it turns the check of certificates off for the whole process, writes
addresses and payloads to standard error, has images that break off pass for whole, and sends by itself. Each is undone
here, once, before anything uses it.
"""

import logging
import ssl
import warnings
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from types import ModuleType
from typing import Any

from services.hub.toml import RulesError
from services.shipping.carriers.karrio import wire
from services.shipping.carriers.karrio.picture import image_to_pdf


def check(carrier: str) -> None:
    """See that karrio and its part for a carrier are there.

    Raises:
        RulesError: they are not.
    """
    if find_spec("karrio") is None or find_spec("karrio.mappers") is None or not find_spec(f"karrio.mappers.{carrier}"):
        msg = f"karrio for {carrier} is not installed: pip install 'crossdock[carriers]'"
        raise RulesError(msg)


@cache
def library() -> Any:
    """``karrio.lib``, tamed."""
    context = ssl._create_default_https_context  # noqa: SLF001  # what karrio replaces
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries that it still uses
        lib = import_module("karrio.lib")
        helpers = import_module("karrio.core.utils.helpers")
        images = import_module("PIL.ImageFile")
        loguru = import_module("loguru")
    ssl._create_default_https_context = context  # noqa: SLF001
    images.LOAD_TRUNCATED_IMAGES = False  # type: ignore[attr-defined]
    logging.getLogger("PyPDF2").setLevel(logging.ERROR)
    loguru.logger.remove()
    loguru.logger.disable("karrio")
    helpers.urlopen = helpers.install_opener = wire.forbidden  # type: ignore[attr-defined]
    lib.request = wire.request  # type: ignore[attr-defined]
    lib.image_to_pdf = image_to_pdf  # type: ignore[attr-defined]
    lib.bundle_base64 = _bundler(lib.bundle_base64)  # type: ignore[attr-defined]
    lib.run_asynchronously = lib.run_concurently = wire.one_by_one  # type: ignore[attr-defined]
    return lib


def _bundler(bundle: Any) -> Any:
    """Binds documents into one; a single one stays as the carrier made it."""

    def bound(documents: list[str], *args: Any, **kwargs: Any) -> Any:
        return documents[0] if len(documents) == 1 else bundle(documents, *args, **kwargs)

    return bound


@cache
def models() -> Any:
    """Karrio's own words for what is asked and answered."""
    library()
    return import_module("karrio.core.models")


@cache
def errors() -> Any:
    """Karrio's exceptions."""
    library()
    return import_module("karrio.core.errors")


@cache
def connector(carrier: str) -> ModuleType:
    """Its part for one carrier: ``Settings``, ``Mapper``, ``Proxy``."""
    library()
    return import_module(f"karrio.mappers.{carrier}")


@cache
def _reader(carrier: str) -> tuple[Any, Any]:
    """A carrier's reader of scans, and an account that nothing is asked with."""
    library()
    provider = import_module(f"karrio.providers.{carrier}")
    kind = connector(carrier).Settings
    needed = [name for name, one in signature(kind).parameters.items() if one.default is one.empty]
    return provider.parse_tracking_response, kind(**{**dict.fromkeys(needed, ""), "carrier_id": carrier})


def tracking(carrier: str, answer: Any) -> list[Any]:
    """What karrio reads out of scans that came by themselves, in the shape of the carrier's answers."""
    read, settings = _reader(carrier)
    details, _ = read(library().Deserializable(answer), settings)
    return list(details)
