"""Translate between a channel and the assistant, nothing else; channels never import each other."""
