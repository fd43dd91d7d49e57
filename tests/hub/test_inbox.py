"""A service's inbox, as the hub's own edges write to it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossdock_contracts.channels import NoteRemapV1, RemapFigures
from services.hub.inbox import Inbox, InboxError
from services.hub.runtime import Runtime
from services.hub.service import Service
from services.hub.settings import Settings
from tests.builders import NOW

COMMAND = NoteRemapV1(
    owner="main", channel="shop", run_id="1", requested_by="anna", note="", begun_at=NOW, figures=RemapFigures(orders=0)
)


async def test_before_the_service_is_open_the_server_does_not_answer() -> None:
    settings = Settings(_env_file=None)
    with pytest.raises(InboxError, match="the message server did not answer"):
        await Inbox(Runtime(Service("capture"), settings), settings).put(COMMAND)


async def test_a_mistake_of_ours_is_not_taken_for_a_server_that_does_not_answer() -> None:
    class Calls:
        async def one(self, *_: Any, **__: Any) -> None:
            raise AssertionError

    with pytest.raises(AssertionError):
        await Inbox(cast("Runtime", SimpleNamespace(calls=Calls())), Settings(_env_file=None)).put(COMMAND)
