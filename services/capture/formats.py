"""The formats that a channel may have in ``channels.toml``, apart from the wiring: to read the rules starts nothing."""

from services.capture.channels.native import Native

FORMATS = {"native": Native}
