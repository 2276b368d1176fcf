"""Mails a customer-care address for every paid order, from the events in Kafka.

A mail leaves before its offset is committed, and the id of the event is written down in SQLite: killed in between, it
mails at most once more, under the same Message-ID. What comes twice is mailed once.

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
AGAIN_S = 1.0


def mail_for(event: dict) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "shop@shop.example", TO
    mail["Subject"] = f"Order {event['subject']} is paid"
    mail["Message-ID"] = f"<{event['id'].replace('/', '.')}@mailer.shop.example>"
    mail.set_content("It can be packed.\n")
    return mail


async def send(event: dict) -> None:
    """Until the mail server takes it."""
    while True:
        try:
            await aiosmtplib.send(mail_for(event), hostname=HOST, port=PORT, start_tls=False)
            return
        except (aiosmtplib.SMTPException, OSError) as error:
            print(f"{event['id']}: {type(error).__name__}, again", flush=True)
            await asyncio.sleep(AGAIN_S)


async def follow(seen: sqlite3.Connection) -> None:
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
    following = asyncio.create_task(follow(seen))
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, following.cancel)
    try:
        await following
    except asyncio.CancelledError:
        pass
    finally:
        seen.close()


if __name__ == "__main__":
    asyncio.run(main())
