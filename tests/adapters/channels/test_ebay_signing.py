"""Calls that give a seller's money back, signed as eBay wants it of sellers in the EU and the United Kingdom."""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.hub.effects import TransientError
from tests.adapters.channels.ebay_house import ORDERS, ebay, posted
from tests.adapters.channels.speaking import cancelled, refund
from tests.adapters.outside import Request


def set_key(folder: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    (folder / "channel.shop.signing-key").write_text(b64encode(der).decode())
    (folder / "channel.shop.signing-jwe").write_text("eyJ6.the-jwe")
    return key


def check(key: Ed25519PrivateKey, request: Request, *covered: str) -> None:
    """See to it that these parts of a request are signed, in this order, as RFC 9421 (2.5) has it."""
    said = re.fullmatch(r"sig1=(\((.*)\);created=\d+)", request.headers["signature-input"])
    assert said is not None
    assert said[2] == " ".join(f'"{one}"' for one in covered)
    parts = {"@method": "POST", "@path": request.path, "@authority": request.headers["host"], **request.headers}
    base = "\n".join([*(f'"{one}": {parts[one]}' for one in covered), f'"@signature-params": {said[1]}'])
    signature = request.headers["signature"].removeprefix("sig1=:").removesuffix(":")
    key.public_key().verify(b64decode(signature), base.encode())


async def test_a_refund_is_signed_with_its_body_and_an_approval_without(tmp_path: Path) -> None:
    key = set_key(tmp_path)
    async with ebay(tmp_path) as (api, house, server):
        await api.call("refund", "k", refund("7"))
        (asked,) = posted(server, f"{ORDERS}/7/issue_refund")
        digest = b64encode(sha256(asked.body).digest()).decode()
        assert (asked.headers["content-digest"], asked.headers["content-type"]) == (
            f"sha-256=:{digest}:",
            "application/json",
        )
        check(key, asked, "content-digest", "x-ebay-signature-key", "@method", "@path", "@authority")
        house.asked_to_cancel("Buyer")
        await api.call("cancel", "k2", cancelled("7"))
        check(key, posted(server, "approve")[0], "x-ebay-signature-key", "@method", "@path", "@authority")


async def test_without_a_key_nothing_is_signed_and_with_a_wrong_one_it_waits(tmp_path: Path) -> None:
    async with ebay(tmp_path) as (api, _, server):
        await api.call("refund", "k", refund("7"))
        assert "signature" not in posted(server, "issue_refund")[0].headers
    set_key(tmp_path)
    (tmp_path / "channel.shop.signing-key").write_text("MIIB")
    async with ebay(tmp_path) as (api, _, _):
        with pytest.raises(TransientError, match="signing-key is no Ed25519 key"):
            await api.call("refund", "k", refund("7"))
