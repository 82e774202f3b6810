"""What payments may write: drawers and their sessions, receipts, voids."""
