"""The loop around the player: its line on one side, the clock on the other."""

from __future__ import annotations

import select

from eastim.clock import Clock
from eastim.player.player import Player
from eastim.safety.line import PlayerLine

# The guard waits 300 ms for a beat; one at least every 100 ms is promised, so there is room for a late pass.
BEAT_US = 80_000


def run_player(line: PlayerLine, clock: Clock, player: Player) -> None:
    """Play until the guard ends the session or the line closes. For a thread of its own; starts none itself.

    The beat is the last act of a completed pass, so it speaks for this very loop and for nothing else (H03).
    """
    poller = select.poll()
    beat_us = clock.now_us()
    while not (player.over or line.closed):
        poller.register(line.fileno(), select.POLLIN | (select.POLLOUT if line.waiting else 0))
        wait_us = min(player.next_us(), beat_us) - clock.now_us()
        poller.poll(max(0, -(-wait_us // 1000)))
        line.flush()
        inbox = line.receive()
        for name, body, data in player.step(clock.now_us(), inbox):
            line.send(name, body, data)
        if clock.now_us() >= beat_us:
            line.beat()
            beat_us = clock.now_us() + BEAT_US
