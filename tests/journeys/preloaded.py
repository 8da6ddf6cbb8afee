"""What a server process is forked from: the slow imports are done, nothing else has happened."""

import bots.telegram.outgoing
import sandbox.app
import server.commands.serve

__all__ = ["bots", "sandbox", "server"]
