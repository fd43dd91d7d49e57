"""`crossdock load`: what a hub takes over from the system before it, from files; checked first, loaded once."""
