"""Adapters for the accounts that are configured."""

from services.hub.effects import Limits
from services.hub.http import Http, Timeouts
from services.hub.keys import KeyAuth, basic
from services.hub.quota import Quota
from services.hub.secrets import Secrets
from services.hub.toml import RulesError
from services.shipping.carriers import AccountAdapter
from services.shipping.carriers.easypost import URL, EasyPost
from services.shipping.rules.carriers import Account

_ANSWERED_BEFORE_S = 2.0
"""A carrier's answer is given up so long before the hub gives up the call, so that the call itself says why."""


def adapter(name: str, account: Account, secrets: Secrets) -> AccountAdapter:
    """What speaks with a carrier through this account.

    Raises:
        RulesError: a setting is missing, or what it needs is not installed.
    """
    if account.kind == "easypost":
        auth = KeyAuth(lambda: basic(secrets.needed(f"carrier.{name}.key")))
        times = Timeouts(total_s=max(1.0, account.timeout_s - _ANSWERED_BEFORE_S))
        http = Http(
            name,
            account.url or URL,
            auth=auth,
            timeouts=times,
            connections=2 * account.concurrency,
            quota=Quota(per_operation=True),
        )
        return EasyPost(http, name, account.names)
    from services.shipping.carriers.karrio import CONNECTORS, Karrio  # noqa: PLC0415  # an extra

    connector = CONNECTORS[account.kind]
    if missing := [setting for setting in connector.needs if not account.settings.get(setting)]:
        msg = f"carriers.toml: account.{name}.settings: {', '.join(missing)} missing, which {account.kind} knows it by"
        raise RulesError(msg)
    if unknown := account.settings.keys() & {*connector.secrets, *connector.optional}:
        msg = f"carriers.toml: account.{name}.settings: {', '.join(sorted(unknown))} is a secret: keep it as one"
        raise RulesError(msg)
    return Karrio(
        connector,
        lambda secret: secrets.one(f"carrier.{name}.{secret}"),
        {**account.settings, "test_mode": account.test},
        name=name,
        url=account.url,
        options=account.options,
        threads=account.concurrency,
        total_s=max(1.0, account.timeout_s - _ANSWERED_BEFORE_S),
    )


def missing(name: str, account: Account, secrets: Secrets) -> str:
    """What to do about the secrets that an account still needs; empty: it has all of them."""
    needed: tuple[str, ...] = ("key",)
    if account.kind != "easypost":
        from services.shipping.carriers.karrio import CONNECTORS  # noqa: PLC0415  # an extra

        needed = CONNECTORS[account.kind].secrets
    full = [f"carrier.{name}.{secret}" for secret in needed]
    return "; ".join(secrets.missing(secret) for secret in full if not secrets.one(secret))


def limits(account: Account) -> Limits:
    """How an account may be used."""
    return Limits(
        timeout_s=account.timeout_s,
        concurrency=account.concurrency,
        rate_per_s=account.rate_per_s,
        attempts=account.attempts,
    )
