"""A storefront that places orders through RabbitMQ.

Reads orders as JSON lines, {"id": "...", "order": {...}}, and prints each id once RabbitMQ has it safely. What is not
confirmed is sent again under the same id, so it may be killed, and RabbitMQ too, at any time: the id of a message is its
idempotency key, and twice is once.

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
AGAIN_S = 0.5


def command(order_id: str, order: dict) -> bytes:
    """A CloudEvent in structured mode."""
    return json.dumps(
        {"specversion": "1.0", "id": order_id, "source": "/storefront", "type": PLACE, "data": order}
    ).encode()


class Publisher:
    """One channel with confirms, made anew whenever it breaks."""

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
        """Returns when the message is safe; tries until then."""
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
                print(f"{order_id}: {type(error).__name__}, again", file=sys.stderr, flush=True)
                self._channel = None
                time.sleep(AGAIN_S)

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
