"""What was not understood: kept on request, looked through, learned by two people."""
