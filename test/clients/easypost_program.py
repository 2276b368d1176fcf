"""Uses EasyPost's official client. Prints one line of JSON with what it saw.

easypost_program.py ship      verifies an address, buys a label, tracks the parcel, and refunds another label
easypost_program.py validate  reads webhooks from standard input, one {"body", "signature"} a line, and validates each
"""

import json
import os
import sys

import easypost
from easypost.errors import InvalidRequestError, SignatureVerificationError
from easypost.util import validate_webhook

CUSTOMER = {
    "name": "Elizabeth Swan",
    "street1": "179 N Harbor Dr",
    "city": "Redondo Beach",
    "state": "CA",
    "zip": "90277",
    "country": "US",
}
WAREHOUSE = {**CUSTOMER, "name": "Warehouse", "street1": "417 Montgomery Street", "city": "San Francisco"}


def ship() -> dict:
    client = easypost.EasyPostClient("EZTKpython", api_base=os.environ["EASYPOST_API_BASE"])
    address = client.address.create(**CUSTOMER, verify=True)
    try:
        client.address.create(**{**CUSTOMER, "street2": "sandbox_refused"}, verify_strict=True)
        refused = None
    except InvalidRequestError as error:
        refused = [error.code, error.errors[0]["field"]]

    def create(reference: str):
        return client.shipment.create(
            reference=reference, to_address=address, from_address=WAREHOUSE, parcel={"weight": 17}
        )

    shipment = create("python/1")
    bought = client.shipment.buy(shipment.id, rate=shipment.lowest_rate(carriers=["USPS"]))
    try:
        client.shipment.buy(shipment.id, rate=shipment.lowest_rate())
        again = None
    except InvalidRequestError as error:
        again = error.code
    unused = create("python/2")
    client.shipment.buy(unused.id, rate=unused.lowest_rate())
    page = client.shipment.all(page_size=1)
    next_page = client.shipment.get_next_page(page, 1)
    return {
        "verified": [address.zip, address.verifications.delivery.success],
        "refused": refused,
        "bought": [bought.selected_rate.service, bought.selected_rate.rate, bought.postage_label.object],
        "again": again,
        "found": client.shipment.retrieve("python%2F1").id == shipment.id,
        "tracker": client.tracker.retrieve(bought.tracker.id).tracking_code == bought.tracking_code,
        "sameTracker": client.tracker.create(tracking_code=bought.tracking_code, carrier="USPS").id
        == bought.tracker.id,
        "refund": client.shipment.refund(unused.id).refund_status,
        "pages": [page["shipments"][0].id == unused.id, next_page["shipments"][0].id == shipment.id],
        "trackerId": bought.tracker.id,
    }


def validate() -> dict:
    secret = os.environ["EASYPOST_WEBHOOK_SECRET"]
    valid, refused = [], 0
    for line in sys.stdin:
        webhook = json.loads(line)
        body = webhook["body"].encode()
        event = validate_webhook(body, {"X-Hmac-Signature": webhook["signature"]}, secret)
        valid.append([event["description"], event["result"]["status"], event["result"]["weight"]])
        try:
            validate_webhook(body + b" ", {"X-Hmac-Signature": webhook["signature"]}, secret)
        except SignatureVerificationError:
            refused += 1
    return {"valid": valid, "refused": refused}


print(json.dumps({"ship": ship, "validate": validate}[sys.argv[1]]()))
