"""Tests of Crossdock, against real parts."""
