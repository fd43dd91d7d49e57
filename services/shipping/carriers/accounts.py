"""Accounts with houses that sell labels: ``[adapter.<name>]`` of ``carriers.toml``. Keys stand in the environment."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from crossdock_contracts.values import Code
from services.hub.effects import Limits
from services.hub.http import Http
from services.hub.quota import Quota
from services.hub.toml import RulesError, load_toml
from services.shipping.carriers import CarrierAdapter
from services.shipping.carriers.easypost import URL as EASYPOST
from services.shipping.carriers.easypost import EasyPost


class Account(BaseModel):
    """One account."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["easypost"]
    """Which API it is."""
    url: str = ""
    """Where it is, if not where it usually is."""
    key_env: str
    """The environment variable that has the API key."""
    webhook_secrets_env: tuple[str, ...] = ()
    """Environment variables that have the secrets that webhooks are signed with; several while one replaces another."""
    names: dict[Code, str] = Field(default_factory=dict)
    """What the house calls a carrier that is called otherwise here."""
    timeout_s: PositiveFloat = 20.0
    concurrency: PositiveInt = 64
    rate_per_s: NonNegativeFloat = 0.0
    """Calls a second, as the account allows; 0: what its answers say."""
    attempts: PositiveInt = 3

    def secrets(self, environ: Mapping[str, str]) -> list[str]:
        """The secrets of its webhooks that are set."""
        return [environ[name] for name in self.webhook_secrets_env if environ.get(name)]


class AccountsFile(BaseModel):
    """``carriers.toml``, as far as it is about accounts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    adapter: dict[Code, Account] = Field(default_factory=dict)


def adapters(rules_dir: Path, environ: Mapping[str, str]) -> list[tuple[CarrierAdapter, Limits]]:
    """The adapter of each account, and how it may be used.

    Raises:
        RulesError: the file is missing or wrong, or a key is not set.
    """
    accounts = load_toml(rules_dir / "carriers.toml", AccountsFile).adapter
    return [_opened(name, account, environ) for name, account in accounts.items()]


def _opened(name: str, account: Account, environ: Mapping[str, str]) -> tuple[CarrierAdapter, Limits]:
    key = environ.get(account.key_env, "")
    if not key:
        msg = (
            f"carriers.toml: adapter.{name}: {account.key_env} is not set in the environment; it has to be the API key"
        )
        raise RulesError(msg)
    limits = Limits(
        timeout_s=account.timeout_s,
        concurrency=account.concurrency,
        rate_per_s=account.rate_per_s,
        attempts=account.attempts,
    )
    return _KINDS[account.kind](name, account, key), limits


def _easypost(name: str, account: Account, key: str) -> CarrierAdapter:
    http = Http(
        name,
        account.url or EASYPOST,
        auth=httpx.BasicAuth(key, ""),
        connections=account.concurrency,
        quota=Quota(per_operation=True),
    )
    return EasyPost(http, name, account.names)


_KINDS: Mapping[str, Callable[[str, Account, str], CarrierAdapter]] = {"easypost": _easypost}
