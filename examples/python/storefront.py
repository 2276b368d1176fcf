"""A storefront that places orders through RabbitMQ.

Reads orders as JSON lines, {"id": "...", "order": {...}}, and prints each id when RabbitMQ has confirmed the message. A
message that is not confirmed is sent again with the same id, which is its idempotency key: the order is placed once. This
program and RabbitMQ can therefore be killed at any time.

    AMQP_URL=amqp://guest:guest@127.0.0.1:5672 python storefront.py < orders.jsonl
"""

import json
import os
import sys
import time

import pika
from pika.exceptions import AMQPError, NackError, UnroutableError

URL = os.environ.get("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672")
QUEUE = "checkout.commands"
PLACE = "com.durable-checkout.order.place.v1"
RETRY_DELAY_S = 0.5


def command(order_id: str, order: dict) -> bytes:
    """Returns the command as a CloudEvent in structured mode."""
    return json.dumps(
        {"specversion": "1.0", "id": order_id, "source": "/storefront", "type": PLACE, "data": order}
    ).encode()


class Publisher:
    """Publishes with publisher confirms, and opens a new channel whenever the old one is closed."""

    def __init__(self) -> None:
        self._connection = None
        self._channel = None

    def _open(self):
        if self._channel is None or self._channel.is_closed:
            self._connection = pika.BlockingConnection(pika.URLParameters(URL))
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
        return self._channel

    def send(self, order_id: str, order: dict) -> None:
        """Sends the message until RabbitMQ confirms it."""
        while True:
            try:
                self._open().basic_publish(
                    exchange="",
                    routing_key=QUEUE,
                    body=command(order_id, order),
                    properties=pika.BasicProperties(
                        content_type="application/cloudevents+json", delivery_mode=2, message_id=order_id
                    ),
                    mandatory=True,
                )
                return
            except (AMQPError, NackError, UnroutableError, OSError) as error:
                print(f"{order_id}: {type(error).__name__}, trying again", file=sys.stderr, flush=True)
                self._channel = None
                time.sleep(RETRY_DELAY_S)

    def close(self) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.close()


def main() -> None:
    publisher = Publisher()
    for line in sys.stdin:
        if not line.strip():
            continue
        message = json.loads(line)
        publisher.send(message["id"], message["order"])
        print(message["id"], flush=True)
    publisher.close()


if __name__ == "__main__":
    main()
