"""What is asked of Shopify's GraphQL Admin API: https://shopify.dev/docs/api/admin-graphql/2026-07.

A query may cost 1,000 points; each of these stays below, at a point for every object that it may bring.
"""

_MONEY = "presentmentMoney { amount currencyCode }"
_WRONG = "userErrors { field message code }"

SHIPPING = """query shipping($id: ID!) { order(id: $id) {
  fulfillments(first: 50) { id status trackingInfo(first: 5) { number } }
  fulfillmentOrders(first: 8) { nodes { id status assignedLocation { location { id } }
    lineItems(first: 30) { nodes { id remainingQuantity lineItem { id } }
      pageInfo { hasNextPage endCursor } } } } } }"""
"""What has left, and what is still to."""

SHIPPED_LINES = """query shippedLines($id: ID!) { fulfillment(id: $id) {
  fulfillmentLineItems(first: 250) { nodes { quantity lineItem { id } } } } }"""

MORE_LINES = """query moreLines($id: ID!, $after: String) { fulfillmentOrder(id: $id) {
  lineItems(first: 250, after: $after) { nodes { id remainingQuantity lineItem { id } }
    pageInfo { hasNextPage endCursor } } } }"""

SHIP = f"""mutation ship($fulfillment: FulfillmentInput!) {{ fulfillmentCreate(fulfillment: $fulfillment) {{
  fulfillment {{ id }} {_WRONG} }} }}"""

PAID = f"""query paid($id: ID!) {{ order(id: $id) {{ cancelledAt
  fulfillments(first: 1) {{ id }}
  refunds(first: 100) {{ id note }}
  transactions(first: 100) {{ id kind status gateway amountSet {{ {_MONEY} }} parentTransaction {{ id }} }} }} }}"""
"""What was paid and paid back, and whether anything is cancelled."""

CANCEL = """mutation cancel($orderId: ID!, $reason: OrderCancelReason!, $refundMethod: OrderCancelRefundMethodInput!,
    $restock: Boolean!, $notifyCustomer: Boolean, $staffNote: String) {
  orderCancel(orderId: $orderId, reason: $reason, refundMethod: $refundMethod, restock: $restock,
    notifyCustomer: $notifyCustomer, staffNote: $staffNote) {
    job { id done } orderCancelUserErrors { field message code } } }"""

CANCELLED = "query cancelled($id: ID!) { order(id: $id) { cancelledAt } }"

REFUND = f"""mutation refund($input: RefundInput!, $key: String!) {{
  refundCreate(input: $input) @idempotent(key: $key) {{ refund {{ id }} {_WRONG} }} }}"""

VARIANTS = """query variants($ids: [ID!]!) { nodes(ids: $ids) {
  ... on ProductVariant { id inventoryItem { id tracked } } } }"""

BY_SKU = """query bySku($query: String!) { productVariants(first: 250, query: $query) {
  nodes { sku inventoryItem { id tracked } } } }"""

SET_STOCK = f"""mutation setStock($input: InventorySetQuantitiesInput!, $key: String!) {{
  inventorySetQuantities(input: $input) @idempotent(key: $key) {{ inventoryAdjustmentGroup {{ id }} {_WRONG} }} }}"""
