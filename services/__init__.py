"""The services of Crossdock, each in its own folder, over the hub that they share."""
