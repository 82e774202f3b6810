"""What may be done with accounts, as verbs."""

PERMISSIONS = {
    "view_accounts": "Look up accounts, people and places",
    "edit_accounts": "Change addresses, phones, roles and agreements of an account",
    "write_notes": "Write notes on an account",
    "open_accounts": "Open and close accounts",
}
