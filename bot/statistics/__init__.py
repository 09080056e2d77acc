"""What was counted, in words and tables that show no single person."""
