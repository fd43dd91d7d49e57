"""The part of Shopify's Admin GraphQL schema that the sandbox answers.

As https://shopify.dev/docs/api/admin-graphql has it.

What is not in it is refused as the real API refuses an unknown field.
"""

from graphql import build_schema

SCHEMA = build_schema("""
directive @idempotent(key: String!) on FIELD

scalar DateTime
scalar Decimal
scalar URL
scalar UnsignedInt64
scalar Money
scalar CurrencyCode

enum OrderSortKeys {
  CREATED_AT CUSTOMER_NAME DESTINATION FINANCIAL_STATUS FULFILLMENT_STATUS ID ORDER_NUMBER PO_NUMBER PROCESSED_AT
  RELEVANCE TOTAL_ITEMS_QUANTITY TOTAL_PRICE UPDATED_AT
}
enum OrderCancelReason { CUSTOMER DECLINED FRAUD INVENTORY OTHER STAFF }
enum RefundLineItemRestockType { CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN }
enum OrderTransactionKind { AUTHORIZATION CAPTURE CHANGE EMV_AUTHORIZATION REFUND SALE SUGGESTED_REFUND VOID }
enum WebhookSubscriptionTopic {
  ORDERS_CREATE ORDERS_UPDATED ORDERS_CANCELLED ORDERS_PAID ORDERS_EDITED ORDERS_FULFILLED ORDERS_DELETE REFUNDS_CREATE
  FULFILLMENTS_CREATE FULFILLMENTS_UPDATE PRODUCTS_CREATE PRODUCTS_UPDATE INVENTORY_LEVELS_UPDATE APP_UNINSTALLED
}

interface Node { id: ID! }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
type UserError { field: [String!] message: String! code: String }
type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type Attribute { key: String! value: String }
type Count { count: Int! precision: String! }

type Query {
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  fulfillment(id: ID!): Fulfillment
  fulfillmentOrder(id: ID!): FulfillmentOrder
  shop: Shop!
  orders(
    first: Int, after: String, last: Int, before: String, query: String, sortKey: OrderSortKeys, reverse: Boolean
  ): OrderConnection!
  ordersCount(query: String, limit: Int): Count
  order(id: ID!): Order
  productVariants(first: Int, after: String, query: String): ProductVariantConnection!
  inventoryItems(first: Int, after: String, query: String): InventoryItemConnection!
  inventoryItem(id: ID!): InventoryItem
  locations(first: Int, after: String): LocationConnection!
}

type Shop { id: ID! name: String! myshopifyDomain: String! currencyCode: CurrencyCode! }
type OrderEdge { cursor: String! node: Order! }
type OrderConnection { edges: [OrderEdge!]! nodes: [Order!]! pageInfo: PageInfo! }
type LineItemEdge { cursor: String! node: LineItem! }
type LineItemConnection { edges: [LineItemEdge!]! nodes: [LineItem!]! pageInfo: PageInfo! }
type ShippingLineConnection { nodes: [ShippingLine!]! pageInfo: PageInfo! }
type FulfillmentOrderConnection { nodes: [FulfillmentOrder!]! edges: [FulfillmentOrderEdge!]! pageInfo: PageInfo! }
type FulfillmentOrderEdge { cursor: String! node: FulfillmentOrder! }
type FulfillmentOrderLineItemConnection {
  nodes: [FulfillmentOrderLineItem!]! edges: [FulfillmentOrderLineItemEdge!]! pageInfo: PageInfo!
}
type FulfillmentOrderLineItemEdge { cursor: String! node: FulfillmentOrderLineItem! }
type ProductVariantConnection { edges: [ProductVariantEdge!]! nodes: [ProductVariant!]! pageInfo: PageInfo! }
type ProductVariantEdge { cursor: String! node: ProductVariant! }
type InventoryItemConnection { edges: [InventoryItemEdge!]! nodes: [InventoryItem!]! pageInfo: PageInfo! }
type InventoryItemEdge { cursor: String! node: InventoryItem! }
type InventoryLevelConnection { nodes: [InventoryLevel!]! pageInfo: PageInfo! }
type LocationConnection { nodes: [Location!]! edges: [LocationEdge!]! pageInfo: PageInfo! }
type LocationEdge { cursor: String! node: Location! }

type Order implements Node {
  id: ID! legacyResourceId: UnsignedInt64! name: String! number: Int email: String phone: String note: String
  tags: [String!]!
  createdAt: DateTime! updatedAt: DateTime! processedAt: DateTime! cancelledAt: DateTime cancelReason: String
  closedAt: DateTime test: Boolean! currencyCode: CurrencyCode! presentmentCurrencyCode: CurrencyCode!
  taxesIncluded: Boolean!
  displayFinancialStatus: String displayFulfillmentStatus: String! sourceName: String customAttributes: [Attribute!]!
  subtotalPriceSet: MoneyBag totalPriceSet: MoneyBag! totalTaxSet: MoneyBag totalShippingPriceSet: MoneyBag!
  totalDiscountsSet: MoneyBag currentTotalPriceSet: MoneyBag! totalRefundedSet: MoneyBag!
  paymentGatewayNames: [String!]!
  shippingAddress: MailingAddress billingAddress: MailingAddress customer: Customer
  lineItems(first: Int, after: String): LineItemConnection!
  shippingLines(first: Int, after: String): ShippingLineConnection!
  fulfillmentOrders(first: Int, after: String, query: String): FulfillmentOrderConnection!
  fulfillments(first: Int): [Fulfillment!]!
  refunds(first: Int): [Refund!]!
  transactions(first: Int): [OrderTransaction!]!
}
type OrderTransaction {
  id: ID! kind: OrderTransactionKind! status: String! gateway: String amountSet: MoneyBag!
  parentTransaction: OrderTransaction
}
type Customer { id: ID! email: String firstName: String lastName: String }
type MailingAddress {
  firstName: String lastName: String name: String company: String address1: String address2: String city: String
  province: String provinceCode: String zip: String country: String countryCodeV2: String phone: String
}
type LineItem {
  id: ID! title: String! name: String! sku: String quantity: Int! currentQuantity: Int! requiresShipping: Boolean!
  taxable: Boolean! isGiftCard: Boolean! variant: ProductVariant customAttributes: [Attribute!]!
  originalUnitPriceSet: MoneyBag! discountedTotalSet: MoneyBag! originalTotalSet: MoneyBag! totalDiscountSet: MoneyBag!
}
type ShippingLine { id: ID title: String! code: String originalPriceSet: MoneyBag! discountedPriceSet: MoneyBag! }
type FulfillmentOrder implements Node {
  id: ID! status: String! requestStatus: String! assignedLocation: AssignedLocation!
  lineItems(first: Int, after: String): FulfillmentOrderLineItemConnection!
}
type AssignedLocation { name: String location: Location }
type FulfillmentOrderLineItem { id: ID! sku: String totalQuantity: Int! remainingQuantity: Int! lineItem: LineItem! }
type FulfillmentTrackingInfo { company: String number: String url: URL }
type Fulfillment {
  id: ID! name: String! status: String! createdAt: DateTime! trackingInfo(first: Int): [FulfillmentTrackingInfo!]!
  fulfillmentLineItems(first: Int, after: String): FulfillmentLineItemConnection!
}
type FulfillmentLineItem { id: ID! quantity: Int lineItem: LineItem! }
type FulfillmentLineItemConnection { nodes: [FulfillmentLineItem!]! pageInfo: PageInfo! }
type Refund { id: ID! note: String createdAt: DateTime totalRefundedSet: MoneyBag! order: Order! }
type ProductVariant implements Node {
  id: ID! sku: String title: String! inventoryQuantity: Int inventoryItem: InventoryItem!
}
type InventoryItem implements Node {
  id: ID! sku: String tracked: Boolean! variant: ProductVariant
  inventoryLevel(locationId: ID!): InventoryLevel
  inventoryLevels(first: Int, after: String): InventoryLevelConnection!
}
type InventoryQuantity { name: String! quantity: Int! }
type InventoryLevel {
  id: ID! location: Location! item: InventoryItem! quantities(names: [String!]!): [InventoryQuantity!]!
}
type Location implements Node { id: ID! name: String! isActive: Boolean! }

type Mutation {
  inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
  fulfillmentCreate(fulfillment: FulfillmentInput!, message: String): FulfillmentCreatePayload
  fulfillmentTrackingInfoUpdate(
    fulfillmentId: ID!, trackingInfoInput: FulfillmentTrackingInput!, notifyCustomer: Boolean
  ): FulfillmentCreatePayload
  refundCreate(input: RefundInput!): RefundCreatePayload
  orderCancel(
    orderId: ID!, reason: OrderCancelReason!, refund: Boolean, refundMethod: OrderCancelRefundMethodInput,
    restock: Boolean!,
    notifyCustomer: Boolean, staffNote: String
  ): OrderCancelPayload
  webhookSubscriptionCreate(
    topic: WebhookSubscriptionTopic!, webhookSubscription: WebhookSubscriptionInput!
  ): WebhookSubscriptionCreatePayload
}

input InventoryQuantityInput {
  inventoryItemId: ID! locationId: ID! quantity: Int! compareQuantity: Int changeFromQuantity: Int
}
input InventorySetQuantitiesInput {
  name: String! reason: String! referenceDocumentUri: String ignoreCompareQuantity: Boolean
  quantities: [InventoryQuantityInput!]!
}
type InventoryAdjustmentGroup { id: ID! createdAt: DateTime! reason: String! changes: [InventoryChange!]! }
type InventoryChange { name: String! delta: Int! quantityAfterChange: Int item: InventoryItem }
type InventorySetQuantitiesPayload { inventoryAdjustmentGroup: InventoryAdjustmentGroup userErrors: [UserError!]! }
input FulfillmentOrderLineItemInput { id: ID! quantity: Int! }
input FulfillmentOrderLineItemsInput {
  fulfillmentOrderId: ID! fulfillmentOrderLineItems: [FulfillmentOrderLineItemInput!]
}
input FulfillmentTrackingInput { company: String number: String numbers: [String!] url: URL urls: [URL!] }
input FulfillmentInput {
  lineItemsByFulfillmentOrder: [FulfillmentOrderLineItemsInput!]! trackingInfo: FulfillmentTrackingInput
  notifyCustomer: Boolean
}
type FulfillmentCreatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }
input RefundLineItemInput { lineItemId: ID! quantity: Int! restockType: RefundLineItemRestockType locationId: ID }
input OrderTransactionInput { amount: Money! gateway: String! kind: OrderTransactionKind! orderId: ID! parentId: ID }
input ShippingRefundInput { amount: Money fullRefund: Boolean }
input RefundInput {
  orderId: ID! note: String notify: Boolean currency: CurrencyCode refundLineItems: [RefundLineItemInput!]
  shipping: ShippingRefundInput transactions: [OrderTransactionInput!] allowOverRefunding: Boolean
}
type RefundCreatePayload { refund: Refund order: Order userErrors: [UserError!]! }
input OrderCancelRefundMethodInput { originalPaymentMethodsRefund: Boolean }
type Job { id: ID! done: Boolean! }
type OrderCancelPayload { job: Job orderCancelUserErrors: [UserError!]! userErrors: [UserError!]! }
input WebhookSubscriptionInput { uri: String callbackUrl: URL format: String }
type WebhookSubscription { id: ID! topic: WebhookSubscriptionTopic! }
type WebhookSubscriptionCreatePayload { webhookSubscription: WebhookSubscription userErrors: [UserError!]! }
""")
"""Compiled once."""
