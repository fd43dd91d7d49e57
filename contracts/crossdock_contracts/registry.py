"""Every contract by its type and major version."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossdock_contracts.base import Contract

_by_type: dict[str, dict[int, type["Contract"]]] = {}


class UnknownContractError(LookupError):
    """No contract is registered under this type and version."""


def register(contract: type["Contract"]) -> None:
    """Add a contract class; called for each subclass as it is defined.

    Raises:
        ValueError: another class already holds the same type and version.
    """
    versions = _by_type.setdefault(contract.TYPE, {})
    known = versions.get(contract.VERSION)
    if known is not None and known.__qualname__ != contract.__qualname__:
        msg = f"{contract.__qualname__} and {known.__qualname__} both claim {contract.TYPE}.v{contract.VERSION}"
        raise ValueError(msg)
    versions[contract.VERSION] = contract


def find(type_: str, version: int) -> type["Contract"]:
    """The class of a type such as ``capture.evt.order-captured`` in a major version.

    Raises:
        UnknownContractError: with the versions that are known, if any.
    """
    versions = _by_type.get(type_, {})
    if version not in versions:
        known = ", ".join(f"v{v}" for v in sorted(versions)) or "none"
        msg = f"no contract {type_}.v{version}; known versions: {known}"
        raise UnknownContractError(msg)
    return versions[version]


def versions(type_: str) -> dict[int, type["Contract"]]:
    """All known major versions of a type, by number; empty where the type is unknown."""
    return dict(_by_type.get(type_, {}))


def everything() -> list[type["Contract"]]:
    """All contracts, ordered by type and version."""
    return [by_version[v] for _, by_version in sorted(_by_type.items()) for v in sorted(by_version)]
