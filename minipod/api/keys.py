"""What the application carries for its handlers."""

from __future__ import annotations

from aiohttp import web

from minipod.api.changes import Changes
from minipod.engine import Engine
from minipod.engine.logs import Logs

ENGINE: web.AppKey[Engine] = web.AppKey("engine", Engine)
CHANGES: web.AppKey[Changes] = web.AppKey("changes", Changes)
LOGS: web.AppKey[Logs] = web.AppKey("logs", Logs)
