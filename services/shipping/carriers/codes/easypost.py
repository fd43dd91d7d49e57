"""EasyPost: status of a tracker, ``/`` its status detail.

https://docs.easypost.com/docs/trackers
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "pre_transit unknown",
        Status.PICKED_UP: "pre_transit/arrived_at_facility in_transit/received_at_origin_facility "
        "in_transit/dropoff_at_facility in_transit/pickup in_transit/accepted",
        Status.IN_TRANSIT: "in_transit in_transit/address_correction",
        Status.IN_CUSTOMS: "in_transit/in_customs in_transit/customs_clearance in_transit/clearance",
        Status.OUT_FOR_DELIVERY: "out_for_delivery",
        Status.TO_BE_COLLECTED: "available_for_pickup",
        Status.DELIVERED: "delivered",
        Status.DELAYED: "in_transit/delayed in_transit/weather_delay in_transit/missorted in_transit/missed_delivery "
        "out_for_delivery/delayed out_for_delivery/weather_delay failure/delayed failure/weather_delay",
        Status.ON_HOLD: "in_transit/held in_transit/on_hold failure/held failure/on_hold",
        Status.CUSTOMS_HELD: "in_transit/held_in_customs failure/held_in_customs failure/customs_delay",
        Status.ATTEMPTED: "in_transit/delivery_exception in_transit/attempted_delivery "
        "out_for_delivery/delivery_exception out_for_delivery/attempted_delivery failure/attempted_delivery "
        "failure/delivery_exception failure/contact_carrier failure/no_access",
        Status.BAD_ADDRESS: "failure/address_correction failure/bad_address failure/insufficient_address",
        Status.REFUSED: "failure/refused return_to_sender/refused in_transit/refused",
        Status.UNDELIVERABLE: "failure failure/undeliverable failure/expired failure/unclaimed error failure/destroyed",
        Status.DAMAGED: "failure/damaged in_transit/damaged return_to_sender/damaged",
        Status.LOST: "failure/lost in_transit/lost failure/missing error/lost",
        Status.RETURNED: "return_to_sender in_transit/return failure/return",
        Status.CANCELLED: "cancelled failure/cancelled",
    }
)
