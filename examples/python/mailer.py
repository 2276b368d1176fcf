"""Sends a mail to customer care for every paid order, from the events in Kafka.

For each event it sends the mail, stores the id of the event in SQLite, and then commits the offset. If it is killed in
between, it sends the mail at most once more, with the same Message-ID. An event that is delivered twice is mailed once.

    KAFKA_BROKERS=127.0.0.1:9092 SMTP_HOST=127.0.0.1 SMTP_PORT=4025 python mailer.py
"""

import asyncio
import json
import os
import signal
import sqlite3
from email.message import EmailMessage

import aiosmtplib
from aiokafka import AIOKafkaConsumer

BROKERS = os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092")
HOST, PORT = os.environ.get("SMTP_HOST", "127.0.0.1"), int(os.environ.get("SMTP_PORT", "4025"))
TO = os.environ.get("MAIL_TO", "care@shop.example")
DATABASE = os.environ.get("DATABASE", "mailer.sqlite")
PAID = "com.durable-checkout.order.paid.v1"
RETRY_DELAY_S = 1.0


def mail_for(event: dict) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "shop@shop.example", TO
    mail["Subject"] = f"Order {event['subject']} is paid"
    mail["Message-ID"] = f"<{event['id'].replace('/', '.')}@mailer.shop.example>"
    mail.set_content("It can be packed.\n")
    return mail


async def send(event: dict) -> None:
    """Sends the mail; tries again until the mail server accepts it."""
    while True:
        try:
            await aiosmtplib.send(mail_for(event), hostname=HOST, port=PORT, start_tls=False)
            return
        except (aiosmtplib.SMTPException, OSError) as error:
            print(f"{event['id']}: {type(error).__name__}, trying again", flush=True)
            await asyncio.sleep(RETRY_DELAY_S)


async def consume(seen: sqlite3.Connection) -> None:
    consumer = AIOKafkaConsumer(
        "checkout.events",
        bootstrap_servers=BROKERS,
        group_id="mailer",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        async for message in consumer:
            event = json.loads(message.value)
            known = seen.execute("select 1 from seen where id = ?", (event["id"],)).fetchone()
            if event["type"] == PAID and not known:
                await send(event)
                with seen:
                    seen.execute("insert or ignore into seen values (?)", (event["id"],))
                print(event["id"], flush=True)
            await consumer.commit()
    finally:
        await consumer.stop()


async def main() -> None:
    seen = sqlite3.connect(DATABASE)
    seen.execute("create table if not exists seen (id text primary key)")
    consuming = asyncio.create_task(consume(seen))
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, consuming.cancel)
    try:
        await consuming
    except asyncio.CancelledError:
        pass
    finally:
        seen.close()


if __name__ == "__main__":
    asyncio.run(main())
