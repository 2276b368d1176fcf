"""A board of the latest status of each order, from the ZeroMQ feed, and from webhooks if there are any.

PUB keeps nothing: what was told while this was away, or too fast for it, is asked for at the commands' address, by the
cursor of the last event that is known. Each event carries its number within its order, so a gap is seen, and what
comes again, or late, changes nothing.

    ZEROMQ_EVENTS=tcp://127.0.0.1:5556 ZEROMQ_COMMANDS=tcp://127.0.0.1:5555 PORT=8080 python live_board.py
"""

import json
import os
import sqlite3

import tornado.ioloop
import tornado.web
import zmq
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from zmq.eventloop.zmqstream import ZMQStream

EVENTS = os.environ.get("ZEROMQ_EVENTS", "tcp://127.0.0.1:5556")
COMMANDS = os.environ.get("ZEROMQ_COMMANDS", "tcp://127.0.0.1:5555")
SECRET = os.environ.get("WEBHOOK_SECRET")
DATABASE = os.environ.get("DATABASE", "board.sqlite")
ASK_EVERY_MS = 2_000


class Board:
    def __init__(self) -> None:
        self._database = sqlite3.connect(DATABASE)
        self._database.execute(
            "create table if not exists orders (id text primary key, sequence integer, status text, cursor text)"
        )
        self._database.execute("create table if not exists place (only integer primary key, cursor text)")

    def apply(self, event: dict) -> bool:
        """False: an event before it is missing, and this one has to wait for it."""
        order_id, sequence = event["subject"], int(event["sequence"])
        with self._database as database:
            row = database.execute("select sequence, status from orders where id = ?", (order_id,)).fetchone()
            last, status = row or (0, None)
            if sequence <= last:
                return True
            if sequence > last + 1:
                return False
            status = event["data"].get("status", status)
            values = (order_id, sequence, status, event.get("cursor"))
            database.execute("insert or replace into orders values (?, ?, ?, ?)", values)
        return True

    def cursor(self) -> str:
        row = self._database.execute("select cursor from place").fetchone()
        return row[0] if row else ""

    def advance(self, cursor: str) -> None:
        with self._database as database:
            database.execute("insert or replace into place values (1, ?)", (cursor,))

    def find(self, order_id: str):
        return self._database.execute("select sequence, status from orders where id = ?", (order_id,)).fetchone()


class Feed:
    """What is told moves the board at once; the cursor moves only by what was asked for, which has no gaps."""

    def __init__(self, board: Board, context: zmq.Context) -> None:
        self._board = board
        told, asked = context.socket(zmq.SUB), context.socket(zmq.DEALER)
        told.connect(EVENTS)
        told.subscribe(b"com.durable-checkout.order.")
        asked.connect(COMMANDS)
        ZMQStream(told).on_recv(self._told)
        self._asked = ZMQStream(asked)
        self._asked.on_recv(self._answered)

    def _told(self, frames: list) -> None:
        if not self._board.apply(json.loads(frames[-1])):
            self.ask()

    def ask(self) -> None:
        self._asked.send_json({"replay": {"after": self._board.cursor(), "limit": 500}})

    def _answered(self, frames: list) -> None:
        answer = json.loads(frames[-1])
        for event in answer.get("events", []):
            self._board.apply(event)
        if "cursor" in answer:
            self._board.advance(answer["cursor"])
        if answer.get("more"):
            self.ask()


class OrderHandler(tornado.web.RequestHandler):
    def get(self, order_id: str) -> None:
        found = self.application.settings["board"].find(order_id)
        self.set_status(200 if found else 404)
        self.write({"orderId": order_id, "sequence": found[0], "status": found[1]} if found else {})


class WebhookHandler(tornado.web.RequestHandler):
    def post(self) -> None:
        try:
            event = Webhook(SECRET).verify(self.request.body, dict(self.request.headers))
        except (WebhookVerificationError, TypeError, RuntimeError):
            raise tornado.web.HTTPError(400)
        board = self.application.settings["board"]
        # What is missing before it comes by the feed: later again, please.
        self.set_status(204 if board.apply(event) else 503)


if __name__ == "__main__":
    board = Board()
    feed = Feed(board, zmq.Context())
    routes = [(r"/orders/([^/]+)", OrderHandler), (r"/webhook", WebhookHandler)]
    tornado.web.Application(routes, board=board).listen(int(os.environ.get("PORT", "8080")), "127.0.0.1")
    feed.ask()
    tornado.ioloop.PeriodicCallback(feed.ask, ASK_EVERY_MS).start()
    tornado.ioloop.IOLoop.current().start()
