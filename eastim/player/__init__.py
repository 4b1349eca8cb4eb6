"""Play a program through a driver: hello, load, contact, then one fire after another, at absolute deadlines."""

from eastim.player.loop import run_player
from eastim.player.player import Player

__all__ = ["Player", "run_player"]
