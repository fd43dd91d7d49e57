"""`crossdock channels remap`: what a channel's kept payloads come to today, and orders amended where they differ."""

from typing import Any

from tests.cli.conftest import Crossdock, RunningHub, eventually


def test_what_reads_as_it_did_is_not_handed_in(hub: RunningHub, crossdock: Crossdock, sku: str) -> None:
    order = hub.order((sku, 1))
    eventually(lambda: crossdock("orders", "show", order).status == 0)

    said = crossdock("channels", "remap", "web", "--order", order, "--json", "--by", "anna", "--note", "a try")

    assert said.status == 0
    found: Any = said.json
    assert (found["payloads"], found["orders"], found["handed_in"], found["readings"]) == (1, 1, 0, [])
    assert found["run_id"]


def test_a_dry_run_says_so_in_words_and_leaves_no_audit_entry(hub: RunningHub, crossdock: Crossdock, sku: str) -> None:
    order = hub.order((sku, 1))

    said = crossdock("channels", "remap", "web", "--order", order.partition(":")[2], "--dry-run")

    assert said.status == 0
    assert "1 payload of 1 order read again" in said.out
    assert "no order reads otherwise" in said.out
    assert "audit entry" not in said.out


def test_an_unknown_channel_and_a_moment_that_is_none_are_refused(crossdock: Crossdock) -> None:
    assert crossdock("channels", "remap", "nowhere").status == 3
    said = crossdock("channels", "remap", "web", "--since", "yesterday")
    assert (said.status, "--since" in said.error) == (2, True)
