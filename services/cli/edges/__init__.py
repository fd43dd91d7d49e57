"""A hub with an outside of its own: shops and carriers in a sandbox, and an audit of what they say came of it."""
