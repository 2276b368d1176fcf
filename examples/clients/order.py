import os
import uuid

from durable_checkout_client import AuthenticatedClient
from durable_checkout_client.api.orders import get_order, list_orders, place_order
from durable_checkout_client.api.payments import refund_order
from durable_checkout_client.models import (
    Customer,
    Order,
    OrderLineRequest,
    OrderList,
    OrderRequest,
    PaymentRequest,
    Problem,
    RefundRequest,
    RefundResult,
)

checkout = AuthenticatedClient(
    base_url=os.environ.get("CHECKOUT_URL", "http://127.0.0.1:3000"),
    token=os.environ["CHECKOUT_API_KEY"],
    timeout=30,
)


def expect(kind, answer):
    """The answer, if it is of this kind; an API that refuses a request answers with a Problem."""
    if isinstance(answer, kind):
        return answer
    raise RuntimeError(answer)


order = expect(
    Order,
    place_order.sync(
        client=checkout,
        idempotency_key=str(uuid.uuid4()),
        prefer="wait=20",
        body=OrderRequest(
            customer=Customer(email="grace@example.com", name="Grace"),
            currency="EUR",
            lines=[OrderLineRequest(sku="mug-01", quantity=2)],
            payment=PaymentRequest(method="pm_card_visa"),
            expected_total=2400,
        ),
    ),
)
print(f"placed {order.order_id}: {order.status}, {order.total} {order.currency}")

refund = expect(
    RefundResult,
    refund_order.sync(
        order.order_id,
        client=checkout,
        idempotency_key=str(uuid.uuid4()),
        body=RefundRequest(amount=500, reason="one mug arrived broken"),
    ),
)
print(f"refunded {refund.amount}: {refund.status}")

orders = expect(OrderList, list_orders.sync(client=checkout, email="grace@example.com", limit=5))
for each in orders.data:
    print(f"listed {each.order_id}: {each.status}, {each.payment.refunded} refunded")

problem = expect(Problem, get_order.sync("ord_none", client=checkout))
print(f"refused {problem.status}: {problem.code}")
