"""A load that is run again goes by what the hub has, also where shops have changed their orders meanwhile."""

from services.cli.cutover.orders import _standing
from tests.decide.sale import record, sold, then, way


def test_an_order_that_its_shop_has_changed_since_it_was_loaded_is_there() -> None:
    loaded = sold(2)
    world = then(way("labelled", loaded), sold(3))
    found = _standing(record(world), loaded)
    assert (found.there, found.conflict, found.amounts) == (True, "", {"EUR": loaded.total_minor})


def test_an_order_that_the_hub_has_never_had_like_this_stands_in_the_way() -> None:
    assert "take it out of the file" in _standing(record(way("labelled", sold(2))), sold(7)).conflict
