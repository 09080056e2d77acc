"""Recognises topics; the only place that knows Rasa's engine."""
