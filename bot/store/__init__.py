"""What must survive a worker: one database for conversations, Telegram updates and counts."""
