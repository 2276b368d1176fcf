"""Shows the latest status of each order, from the events on ZeroMQ, and from webhooks if they are configured.

A PUB socket stores nothing. This service therefore requests the events that it has missed from the address for commands,
with the cursor of the last event that it knows. Each event has a sequence number within its order, by which the service
detects a gap, and ignores events that arrive twice or late.

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
REPLAY_INTERVAL_MS = 2_000


class Board:
    def __init__(self) -> None:
        self._database = sqlite3.connect(DATABASE)
        self._database.execute(
            "create table if not exists orders (id text primary key, sequence integer, status text, cursor text)"
        )
        self._database.execute("create table if not exists position (id integer primary key, cursor text)")

    def apply(self, event: dict) -> bool:
        """Stores the status. Returns False if an earlier event of the order is missing: then the event must be applied later."""
        if event["subject"].startswith("stock/"):
            return True  # an alert of low stock
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
        row = self._database.execute("select cursor from position").fetchone()
        return row[0] if row else ""

    def advance(self, cursor: str) -> None:
        with self._database as database:
            database.execute("insert or replace into position values (1, ?)", (cursor,))

    def find(self, order_id: str):
        return self._database.execute("select sequence, status from orders where id = ?", (order_id,)).fetchone()


class EventFeed:
    """Applies published events at once. The cursor advances only with replayed events, which have no gaps."""

    def __init__(self, board: Board, context: zmq.Context) -> None:
        self._board = board
        subscriber, dealer = context.socket(zmq.SUB), context.socket(zmq.DEALER)
        subscriber.connect(EVENTS)
        subscriber.subscribe(b"com.durable-checkout.order.")
        dealer.connect(COMMANDS)
        ZMQStream(subscriber).on_recv(self._on_event)
        self._replay = ZMQStream(dealer)
        self._replay.on_recv(self._on_replay)

    def request_replay(self) -> None:
        self._replay.send_json({"replay": {"after": self._board.cursor(), "limit": 500}})

    def _on_event(self, frames: list) -> None:
        if not self._board.apply(json.loads(frames[-1])):
            self.request_replay()

    def _on_replay(self, frames: list) -> None:
        page = json.loads(frames[-1])
        for event in page.get("events", []):
            self._board.apply(event)
        if "cursor" in page:
            self._board.advance(page["cursor"])
        if page.get("more"):
            self.request_replay()


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
        # After 503 the webhook is sent again, when the missing earlier event may have arrived.
        self.set_status(204 if board.apply(event) else 503)


if __name__ == "__main__":
    board = Board()
    feed = EventFeed(board, zmq.Context())
    routes = [(r"/orders/([^/]+)", OrderHandler), (r"/webhook", WebhookHandler)]
    tornado.web.Application(routes, board=board).listen(int(os.environ.get("PORT", "8080")), "127.0.0.1")
    feed.request_replay()
    tornado.ioloop.PeriodicCallback(feed.request_replay, REPLAY_INTERVAL_MS).start()
    tornado.ioloop.IOLoop.current().start()
