"""Counts the sold quantity of each item, from the events in RabbitMQ.

It commits the quantities together with the id of the event in SQLite, and then acknowledges the message. It can be
killed at any time and still counts each event once. The events of one order arrive in order, and may arrive twice.

    AMQP_URL=amqp://guest:guest@127.0.0.1:5672 python stock_mirror.py
"""

import json
import os
import sqlite3

import pika
from pika.adapters.twisted_connection import TwistedProtocolConnection
from twisted.internet import protocol, reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.protocol import ReconnectingClientFactory

URL = pika.URLParameters(os.environ.get("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672"))
DATABASE = os.environ.get("DATABASE", "stock.sqlite")
EXCHANGE, QUEUE = "checkout.events", os.environ.get("QUEUE", "stock-mirror")
PREFIX = "com.durable-checkout.order."

TABLES = """
create table if not exists seen (id text primary key);
create table if not exists lines (order_id text, sku text, quantity integer);
create table if not exists paid (order_id text primary key);
create table if not exists sold (sku text primary key, quantity integer not null);
"""


class Mirror:
    def __init__(self) -> None:
        self._database = sqlite3.connect(DATABASE)
        self._database.executescript(TABLES)

    def apply(self, event: dict) -> None:
        """Applies the event in one transaction with its id, so that an event that is delivered twice is counted once."""
        with self._database as database:
            if database.execute("insert or ignore into seen values (?)", (event["id"],)).rowcount == 0:
                return
            order_id, kind = event["subject"], event["type"].removeprefix(PREFIX)
            if kind == "placed.v1":
                rows = [(order_id, line["sku"], line["quantity"]) for line in event["data"].get("lines", [])]
                database.executemany("insert into lines values (?, ?, ?)", rows)
            elif kind == "paid.v1":
                database.execute("insert into paid values (?)", (order_id,))
                self._count(order_id, 1)
            elif kind == "cancelled.v1" and database.execute("delete from paid where order_id = ?", (order_id,)).rowcount:
                # An order that is cancelled after its payment is sold no more.
                self._count(order_id, -1)

    def _count(self, order_id: str, sign: int) -> None:
        self._database.execute(
            """insert into sold select sku, sum(quantity) * ? from lines where order_id = ? group by sku
               on conflict (sku) do update set quantity = quantity + excluded.quantity""",
            (sign, order_id),
        )


class Consumer(TwistedProtocolConnection):
    def __init__(self, mirror: Mirror) -> None:
        super().__init__(URL)
        self._mirror = mirror
        self.ready.addCallback(self._consume)
        self.ready.addErrback(lambda failure: print(f"cannot connect: {failure.type.__name__}", flush=True))

    @inlineCallbacks
    def _consume(self, _):
        channel = yield self.channel()
        yield channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        yield channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        yield channel.queue_bind(QUEUE, EXCHANGE, PREFIX + "#")
        yield channel.basic_qos(prefetch_count=100)
        queue, _tag = yield channel.basic_consume(QUEUE)
        print("following", flush=True)
        self._next(channel, queue)

    def _next(self, channel, queue) -> None:
        delivery = queue.get()
        delivery.addCallback(self._handle, channel, queue)
        # The queue fails when the connection is lost: then the factory connects again.
        delivery.addErrback(lambda _failure: None)

    def _handle(self, delivery, channel, queue) -> None:
        _channel, method, _properties, body = delivery
        self._mirror.apply(json.loads(body))
        channel.basic_ack(method.delivery_tag)
        self._next(channel, queue)


class Factory(ReconnectingClientFactory):
    maxDelay, initialDelay = 5, 0.5

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def buildProtocol(self, addr) -> protocol.Protocol:
        self.resetDelay()
        return Consumer(self._mirror)


if __name__ == "__main__":
    reactor.connectTCP(URL.host, URL.port, Factory(Mirror()))
    reactor.run()
