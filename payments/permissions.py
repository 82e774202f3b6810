"""The verbs of cash receipting."""

PERMISSIONS = {
    "take_payment": "Take payments at the counter",
    "open_drawer": "Open and close a cash drawer",
    "request_void": "Ask for a receipt to be voided",
    "approve_void": "Approve another person's void, close another person's drawer",
    "view_receipts": "See receipts and print them again",
}
