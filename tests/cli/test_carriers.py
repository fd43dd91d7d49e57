"""`crossdock carriers status`: what a tracking code means, without a hub."""

import json

from typer.testing import CliRunner

from services.cli.main import commands

run = CliRunner().invoke


def test_a_code_is_told_with_the_update_that_it_makes() -> None:
    shown = run(commands(), ["carriers", "status", "DHLExpress", "WC"])
    assert shown.exit_code == 0
    assert shown.stdout.strip() == "dhl-express WC: out-for-delivery (tracking update: out-for-delivery)"


def test_a_code_is_told_as_json() -> None:
    shown = run(commands(), ["carriers", "status", "dhl-express", "DD", "--json"])
    assert json.loads(shown.stdout) == {
        "carrier": "dhl-express",
        "code": "DD",
        "status": "exception-damaged",
        "update": "exception",
        "exception": "damaged",
        "known": True,
    }


def test_an_unknown_code_is_an_unknown_exception() -> None:
    told = json.loads(run(commands(), ["carriers", "status", "ups", "QQ", "--json"]).stdout)
    assert (told["status"], told["known"]) == ("exception-unknown", False)


def test_without_a_code_the_whole_table_is_told() -> None:
    told = json.loads(run(commands(), ["carriers", "status", "usps", "--json"]).stdout)
    assert {
        "carrier": "usps",
        "code": "01",
        "status": "delivered",
        "update": "delivered",
        "exception": "",
        "known": True,
    } in told


def test_of_a_carrier_without_a_table_the_others_are_named() -> None:
    shown = run(commands(), ["carriers", "status", "pigeon", "1"])
    assert shown.exit_code == 3
    assert "there is no table of codes for pigeon" in shown.stderr
    assert "dhl-express" in shown.stderr
